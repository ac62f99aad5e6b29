"""Shell scripts parse, and stop at the first error."""
import os
import subprocess

import tree


def scripts(root):
    for path in tree.files(root, ('',)):
        if path.endswith('.sh') or '.' not in os.path.basename(path):
            try:
                with open(os.path.join(root, path), 'rb') as file:
                    first = file.readline(64)
            except OSError:
                continue  # a socket, or gone meanwhile
            if first.startswith(b'#!') and (b'bash' in first or b'/sh' in first):
                yield path


def check(root):
    wrong = []
    for path in scripts(root):
        done = subprocess.run(['bash', '-n', path], cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            wrong.append(done.stderr.strip())
        text = tree.read(root, path)
        if 'set -e' not in text and 'set -u' not in text:
            wrong.append(f'{path}: has neither set -e nor set -u')
        if not os.access(os.path.join(root, path), os.X_OK):
            wrong.append(f'{path}: is a script, but not executable')
    return wrong
