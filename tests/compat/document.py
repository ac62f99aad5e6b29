"""The tables of docs/compatibility.md, held to the results of a run. A comment before a table says what its
last columns are; the case and what it shows are written by hand:

    <!-- matrix: CLIENT... -->     a column for each client, with what a case came to on both clusters
    <!-- clusters: RESULTS -->     a column for each cluster
    <!-- counts: RESULTS -->       the same, with how many tests of a suite passed

A row may name several cases, which then must have come to the same."""
import difflib
import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'compatibility.md')
MARK = re.compile(r'<!-- (matrix|clusters|counts): (.+) -->$')
NONE, UNKNOWN = '–', 'not described'


def word(found, titles):
    """What a case came to on the clusters; found: its result on each, or None."""
    if not any(found):
        return NONE
    if not all(found):
        return 'not run'
    passed = [title for title, one in zip(titles, found) if one['passed']]
    return 'both' if len(passed) == len(titles) else f'only {passed[0]}' if passed else 'neither'


class Table:
    """results: a function from a name and a cluster to the results of each case."""

    def __init__(self, kind, names, results, clusters):
        self.kind, self.names, self.results, self.clusters = kind, names, results, clusters

    def cases(self):
        everything = {case for name in self.names for cluster in self.clusters
                      for case in self.results(name, cluster)}
        return {case.split('.')[0] for case in everything} if self.kind == 'counts' else everything

    def cells(self, case):
        if self.kind == 'matrix':
            return [word([self.results(name, cluster).get(case) for cluster in self.clusters],
                         list(self.clusters.values())) for name in self.names]
        own = [self.results(self.names[0], cluster) for cluster in self.clusters]
        if self.kind == 'counts':
            suites = [[one['passed'] for name, one in results.items() if name.split('.')[0] == case]
                      for results in own]
            return [f'{sum(suite)} of {len(suite)}' if suite else 'not run' for suite in suites]
        found = [results.get(case) for results in own]
        return [NONE if one is None else 'pass' if one['passed'] else 'FAIL' for one in found]


def _row(line, table, left):
    """The line with the cells of this run; None when no case of it exists any more."""
    first, shows = [cell.strip() for cell in line.split('|')[1:3]]
    cases = [case for case in re.findall('`([^`]+)`', first) if case in left]
    left.difference_update(cases)
    cells = {tuple(table.cells(case)) for case in cases}
    if len(cells) > 1:
        cells = {tuple(' / '.join(sorted(set(column))) for column in zip(*cells))}
    if not cells:
        return None
    return '| ' + ' | '.join([', '.join(f'`{case}`' for case in cases), shows, *cells.pop()]) + ' |'


def revised(text, results, clusters):
    """The text with its tables as this run found them. A case without a row gets one at the table's end."""
    lines, table, left = [], None, set()
    for line in text.split('\n'):
        mark = MARK.match(line)
        if mark:
            table = Table(mark.group(1), mark.group(2).split(), results, clusters)
            left = table.cases()
        elif table and line.startswith('| `'):
            line = _row(line, table, left)
        elif table and not line.startswith('|') and lines[-1].startswith('|'):
            lines += [_row(f'| `{case}` | {UNKNOWN} |', table, left) for case in sorted(left)]
            table = None
        if line is not None:
            lines.append(line)
    return '\n'.join(lines)


def agrees(results, clusters, sentences, write=False):
    """Whether the document says what this run found; prints where it does not. sentences: must be in it."""
    with open(PATH, encoding='utf-8') as file:
        said = file.read()
    found = revised(said, results, clusters)
    missing = [sentence for sentence in sentences if sentence not in ' '.join(said.split())]
    for sentence in missing:
        print(f'docs/compatibility.md does not say: {sentence}')
    if write:
        with open(PATH, 'w', encoding='utf-8') as file:
            file.write(found)
    elif found != said:
        print('docs/compatibility.md says (-), but this run found (+):')
        print('\n'.join(difflib.unified_diff(said.splitlines(), found.splitlines(), lineterm='', n=0)))
    if UNKNOWN in found:
        print(f'docs/compatibility.md: some case is {UNKNOWN}')
    return not missing and UNKNOWN not in found and (write or found == said)
