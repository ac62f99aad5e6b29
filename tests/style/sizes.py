"""Lines, functions and files stay small enough to be read."""
import re

import tree

LINE_MAX = 110
FILE_MAX = 400
FUNCTION_MAX = 70
TEXT = tree.CPP + ('.py', '.sh', '.cmake', '.sql', '.java')
NOT_A_FUNCTION = re.compile(r'\b(namespace|class|struct|enum|union|concept)\b[^()]*$|=\s*$|\bextern\s*$')


def opens_function(head):
    """Whether the text before a `{` is the head of a function, outside of any other."""
    return ')' in head and not NOT_A_FUNCTION.search(head)


def functions(text):
    """(first line, last line) of every outermost function body, by counting braces."""
    code = re.sub(r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', lambda m: re.sub(r'[^\n]', ' ', m.group()),
                  tree.code_only(text), flags=re.M)
    depth, start, start_depth, head = 0, None, 0, 0
    for at, letter in enumerate(code):
        if letter == '{':
            if start is None and opens_function(code[head:at]):
                start, start_depth = code.count('\n', 0, at) + 1, depth
            depth += 1
            head = at + 1
        elif letter == '}':
            depth -= 1
            head = at + 1
            if start is not None and depth == start_depth:
                yield start, code.count('\n', 0, at) + 1
                start = None
        elif letter == ';':
            head = at + 1


def check(root):
    wrong = []
    for path in tree.files(root, TEXT):
        text = tree.read(root, path)
        lines = text.rstrip('\n').split('\n')
        if len(lines) > FILE_MAX:
            wrong.append(f'{path}: {len(lines)} lines; the limit is {FILE_MAX}')
        for number, line in enumerate(lines, 1):
            is_row = path.endswith('.sql') and line.lstrip().startswith('(')  # seed data, one row a line
            if len(line) > LINE_MAX and not is_row:
                wrong.append(f'{path}:{number}: {len(line)} columns; the limit is {LINE_MAX}')
        if path.endswith(tree.CPP):
            for first, last in functions(text):
                if last - first + 1 > FUNCTION_MAX:
                    wrong.append(f'{path}:{first}: a function of {last - first + 1} lines; '
                                 f'the limit is {FUNCTION_MAX}')
    return wrong
