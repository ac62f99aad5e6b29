"""Business time reaches SQL as a parameter: SQL that asks the database what time it is would
ignore the test clock. `-- real time: why` on the line marks what is meant to."""
import re

import tree

ASKS = re.compile(r'\bnow\s*\(\s*\)|\b(current_timestamp|current_date|current_time|localtimestamp|localtime|'
                  r'clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\b', re.I)
MARKER = '-- real time:'


def check(root):
    wrong = []
    for path in tree.files(root, ('.sql', '.cpp')):
        if path.startswith(('tests/style/', 'mq/')):
            continue
        text = tree.read(root, path)
        lines = enumerate(text.split('\n'), 1) if path.endswith('.sql') else tree.strings_only(text)
        for number, line in lines:
            if ASKS.search(line) and MARKER not in line:
                wrong.append(f'{path}:{number}: SQL asks the database for the time; pass it as a parameter')
    return wrong
