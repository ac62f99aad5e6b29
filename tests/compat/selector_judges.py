"""Random SQL92 selectors, right and wrong: our parser and the genuine broker's must agree on each."""
import os
import random
import subprocess

from processes import CannotRun, java

CASES, LIMIT = 100_000, 300
NAMES = ['a', 'b', 'c', 'TAGS', '_x$1']
NUMBERS = ['0', '1', '3', '007', '10', '2147483647', '2147483648', '9223372036854775807',
           '9223372036854775808', '3L', '3.0', '3.5', '0.0', '5.', '.5', '1e2', '1E400', '1e-400', '.5e1',
           '0123.5', '4.9E-324']
TEXTS = ["''", "'x'", "'3'", "'abc'", "'a''b'", "'TRUE'", "'b'", "'中文'"]
VALUES = ['', '3', '3.0', '3.5', 'x', 'abc', 'true', 'TRUE', 'False', '-1', '+3', ' 3', '3 ', '1e2', 'NaN',
          'Infinity', '-Infinity', '0x1p3', '3d', '3f', '2147483648', '9223372036854775808', "a'b", 'b',
          '0', '-0', '-0.0', '0.0', '中文', '3L', '.5', '5.', '--3', '+', '1e400', '1e-400']
NOISE = [*"()'=<>,+-*/.0123eEL# \"!;$_ab", '--', '/*', '*/', ' NOT ', "''"]


class Writer:
    """Writes selectors along the grammar, and now and then spoils one."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, share):
        return self.random.random() < share

    def word(self, word):
        return self.random.choice([word, word.lower(), word.capitalize()])

    def primary(self, depth):
        kind = self.random.random()
        if depth <= 0 or kind < .45:
            return self.random.choice(NAMES)
        if kind < .62:
            return self.random.choice(NUMBERS)
        if kind < .74:
            return self.random.choice(TEXTS)
        if kind < .8:
            return self.random.choice(['TRUE', 'false', 'NULL'])
        return '(' + self.any_of(depth - 1) + ')'

    def sign(self, depth):
        if self.chance(.82):
            return self.primary(depth)
        return self.random.choice(['+', '-', '- ', 'NOT ', 'not ']) + self.sign(depth)

    def comparison(self, depth):
        left, kind = self.sign(depth), self.random.random()
        inverse = self.word('NOT') + ' ' if self.chance(.4) else ''
        if kind < .35:
            return left
        if kind < .55:
            blank = self.random.choice(['', ' '])
            order = self.random.choice(['<', '<=', '>', '>='])
            return left + blank + order + blank + self.sign(depth)
        if kind < .7:
            test = self.word(self.random.choice(['CONTAINS', 'STARTSWITH', 'ENDSWITH']))
            return f'{left} {inverse}{test} {self.random.choice(TEXTS)}'
        if kind < .85:
            ends = self.sign(depth - 1), self.sign(depth - 1)
            return f'{left} {inverse}{self.word("BETWEEN")} {ends[0]} {self.word("AND")} {ends[1]}'
        texts = ','.join(self.random.choice(TEXTS) for _ in range(self.random.randint(1, 6)))
        return f'{left} {inverse}{self.word("IN")} ({texts})'

    def equality(self, depth):
        text = self.comparison(depth)
        while self.chance(.4):
            kind = self.random.random()
            if kind < .7:
                text += self.random.choice(['=', ' = ', '<>', ' <> ']) + self.comparison(depth)
            else:
                inverse = self.word('NOT') + ' ' if kind < .85 else ''
                text += f' {self.word("IS")} {inverse}{self.word("NULL")}'
        return text

    def chain(self, word, part, depth):
        text = part(depth)
        while self.chance(.3):
            text += f' {self.word(word)} {part(depth)}'
        return text

    def all_of(self, depth):
        return self.chain('AND', self.equality, depth)

    def any_of(self, depth):
        return self.chain('OR', self.all_of, depth)

    def spoiled(self, text):
        text = list(text)
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randrange(len(text) + 1)
            if self.chance(.5) and text:
                del text[min(at, len(text) - 1)]
            else:
                text.insert(at, self.random.choice(NOISE))
        return ''.join(text)

    def line(self):
        selector = self.any_of(self.random.randrange(4))
        if self.chance(.25):
            selector = self.spoiled(selector)
        properties = [f'{name}={self.random.choice(VALUES)}' for name in NAMES if self.chance(.8)]
        return '\t'.join([selector, *properties])


def _answers(command, lines):
    done = subprocess.run(command, input='\n'.join(lines) + '\n', capture_output=True, text=True,
                          encoding='utf-8', timeout=LIMIT, check=False)
    answers = done.stdout.split()
    if done.returncode != 0 or len(answers) != len(lines):
        raise CannotRun(f'{command[0]} judged {len(answers)} of {len(lines)} selectors: {done.stderr[-600:]}')
    return answers


def agree(build, scratch, seed=None):
    """Prints where the two differ; true when nowhere, and when the selectors were worth the asking."""
    seed = random.randrange(1 << 32) if seed is None else seed
    writer = Writer(seed)
    lines = [writer.line() for _ in range(CASES)]
    ours = _answers([os.path.join(build, 'bin', 'mq_filter_judge')], lines)
    folder = os.path.join(build, 'compat', 'java')
    classes = os.path.join(folder, 'classes') + ':' + os.path.join(folder, 'dependency', '*')
    theirs = _answers([*java(classes, scratch), 'sluice.compat.SelectorJudge'], lines)
    counts = {word: theirs.count(word) for word in ('invalid', 'false', 'true')}
    differing = [(line, a, b) for line, a, b in zip(lines, ours, theirs) if a != b]
    print(f'seed {seed}: {CASES} selectors, the genuine broker says {counts}, {len(differing)} differ')
    for line, a, b in differing[:20]:
        print(f'  we say {a}, it says {b}: {line!r}')
    return not differing and min(counts.values()) > CASES // 50
