#!/usr/bin/env python3
"""Runs style checks over the tree: style.py CHECK... ROOT. Each check is a module of this folder
with one function, check(root), that gives sentences; none means all is well."""
import importlib
import sys


def main(names, root):
    wrong = 0
    for name in names:
        for sentence in importlib.import_module(name).check(root):
            print(sentence)
            wrong += 1
    return 1 if wrong else 0


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:-1], sys.argv[-1]))
