"""clang-format 19 has nothing to change."""
import re
import shutil
import subprocess

import tree

BATCH = 40


def check(root):
    if not shutil.which('clang-format-19'):
        return ['clang-format-19 is not installed; tools/install-packages test brings it']
    paths, wrong = tree.files(root, tree.CPP), []
    for first in range(0, len(paths), BATCH):
        done = subprocess.run(['clang-format-19', '--dry-run', '--Werror', *paths[first:first + BATCH]],
                              cwd=root, capture_output=True, text=True, check=False)
        places = dict(reversed(re.findall(r'^(\S+?):(\d+):\d+: error', done.stderr, re.M)))  # first of a file
        wrong += [f'{path}:{line}: clang-format-19 would change this' for path, line in places.items()]
        if done.returncode and not places:
            wrong.append(done.stderr.strip())
    return wrong
