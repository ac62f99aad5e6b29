"""Every folder with sources says in a README.md of one screen what it is, and names only files that exist."""
import glob
import os
import re

import tree

SOURCES = ('.hpp', '.cpp', '.py', '.sh', '.java')
LINES_MAX = 60
NAMED = re.compile(r'`([\w./*-]+\.(?:hpp|cpp|py|sh|sql|md|toml|txt|java|yaml|cmake))`')


def exists(root, folder, name):
    """Beside the README, below it, from the root, or from a folder above."""
    places = [folder, os.path.join(folder, '**'), '', os.path.dirname(folder)]
    return any(glob.glob(os.path.join(root, place, name), recursive=True) for place in places)


def check(root):
    wrong = []
    for folder in sorted({os.path.dirname(p) for p in tree.files(root, SOURCES)}):
        if os.path.basename(folder) in ('aio', 'processors', 'migrations') or '/java/' in folder + '/':
            continue  # told by the folder above
        if not os.path.exists(os.path.join(root, folder, 'README.md')):
            wrong.append(f'{folder}: has no README.md')
    for path in tree.files(root, ('README.md',)):
        folder = os.path.dirname(path)
        text = tree.read(root, path)
        if folder and text.count('\n') > LINES_MAX:
            wrong.append(f'{path}: longer than one screen ({LINES_MAX} lines)')
        for name in NAMED.findall(text):
            if not exists(root, folder, name):
                wrong.append(f'{path}: names {name}, which does not exist')
    return wrong
