"""Words that stand for unfinished work or for a type without a noun."""
import re

import tree

UNFINISHED = re.compile(r'\b(' + '|'.join(('TO' 'DO', 'FIX' 'ME', 'X' 'XX', 'HA' 'CK')) + r')\b')
NOT_A_NOUN = re.compile(r'\b(class|struct|using)\s+(\w*(Manager|Utils?|Helpers?)(Impl)?)\b')
TEXT = tree.CPP + ('.py', '.sh', '.cmake', '.sql', '.md', '.txt', '.toml', '.yaml', '.java')


def check(root):
    wrong = []
    for path in tree.files(root, TEXT):
        for number, line in enumerate(tree.read(root, path).split('\n'), 1):
            found = UNFINISHED.search(line)
            if found:
                wrong.append(f'{path}:{number}: {found.group()}: finish it, or write an issue')
            found = path.endswith(tree.CPP) and NOT_A_NOUN.search(line)
            if found:
                wrong.append(f'{path}:{number}: {found.group(2)}: name what it is, not that it does things')
    return wrong
