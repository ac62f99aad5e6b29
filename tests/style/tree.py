"""The files of the tree, and C++ text without what is not code."""
import os
import re

SKIPPED = {'build', 'var', '.git', '.cache', '__pycache__', 'node_modules', 'results', 'vectors'}
CPP = ('.hpp', '.cpp')


def files(root, endings):
    """Paths relative to root, sorted, of our own files with one of these endings."""
    found = []
    for where, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED and not f.startswith('build-'))
        found += [os.path.relpath(os.path.join(where, n), root) for n in names if n.endswith(endings)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding='utf-8', errors='replace') as file:
        return file.read()


TOKEN = re.compile(
    r'(?P<raw>R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)")'
    r'|(?P<text>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+')"
    r'|(?P<comment>//[^\n]*|/\*.*?\*/)', re.S)


def _blank(match):
    return re.sub(r'[^\n]', ' ', match.group())


def code_only(text):
    """C++ text with strings and comments blanked; lines stay where they are."""
    return TOKEN.sub(_blank, text)


def strings_only(text):
    """(line number, literal) of every string in C++ text, one entry per line of it."""
    for match in TOKEN.finditer(text):
        literal = match.group('raw') or match.group('text')
        if not literal:
            continue
        first = text.count('\n', 0, match.start()) + 1
        for offset, line in enumerate(literal.split('\n')):
            yield first + offset, line


def is_test(path):
    return bool(re.search(r'(_(test|nettest|pgtest|fuzz|bench)\.cpp|_fixture\.hpp)$', path)) or \
        path.startswith(('tests/', 'bench/'))
