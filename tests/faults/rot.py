"""Bit rot: whatever changes in the files of a store while nobody looks, nothing wrong is ever served.

A store made by the broker is damaged in one place and opened again; everything in it is read and compared
with what it held. Then either all is as it was (harmless), or the damage is spoken of, with file or offset,
and what can be read is right. Of messages, only those whose bytes were hit may be missing."""
import os
import random
import re
import shutil
import struct
import time
from collections import Counter

import client as clients
import ledger as ledgers
import remoting
import sweep
from broker import Broker, ClockPage, DidNotStart
from remoting import Gone
from workload import GROUP, OTHER, PASSING, TOPIC

PAGE = 4096
RECORD_HEAD, RECORD_TAIL = 160, 700  # around a body; ours have few properties
ALL, SAMPLE, CONTROL = 900, 24, 12
FLAGS = ('--retention-size', '0')
NAMED = re.compile(r'\d{20}\.(log|idx|ckp)|FORMAT|log_offset=\d+|position \d+')


class Picture:
    """All that can be read of a store."""

    def __init__(self):
        self.messages = {}    # (topic, queue, offset) -> everything of the record
        self.places = {}      # of a message: the ranges of the log that it lives in
        self.rest = {}        # offsets of groups, names, what keys find


def content_of(record):
    return (record.position, record.body, tuple(sorted(record.properties.items())), record.stored_ms,
            record.sys_flag)


def take_picture(connection):
    picture = Picture()
    for topic, queues in ((TOPIC, 2), (OTHER, 1), (PASSING, 1)):
        for queue in range(queues):
            _read(connection, picture, topic, queue)
        picture.rest['topic', topic] = connection.call(351, {'topic': topic, 'lo': 'true'}).code
    picture.rest['group', GROUP] = connection.call(352, {'group': GROUP}).code
    for queue in range(2):
        answer = connection.call(remoting.QUERY_OFFSET, {
            'consumerGroup': GROUP, 'topic': TOPIC, 'queueId': queue, 'setZeroIfNotFound': 'false'})
        picture.rest['offset', queue] = answer.code, answer.fields.get('offset')
    return picture


def _read(connection, picture, topic, queue):
    bounds = [connection.call(code, {'topic': topic, 'queueId': queue}) for code in (remoting.MIN_OFFSET,
                                                                                     remoting.MAX_OFFSET)]
    at, end = (answer.number('offset') for answer in bounds)
    picture.rest['bounds', topic, queue] = at, end
    while at < end:
        answer = connection.call(remoting.PULL, remoting.pull_fields('look', topic, queue, at))
        if answer.code != remoting.SUCCESS:
            at += 1
            continue
        for record in remoting.records(answer.body):
            picture.messages[topic, queue, record.offset] = content_of(record)
            at = record.offset + 1


class Damage:
    """One change of one file; says which of its bytes are hit."""

    def __init__(self, file, kind, at, size=1, other=0):
        self.file, self.kind, self.at, self.size, self.other = file, kind, at, size, other

    def __str__(self):
        return f'{self.file}: {self.kind} at {self.at}'

    def apply(self, folder):
        with open(os.path.join(folder, self.file), 'r+b') as file:
            if self.kind == 'bit':
                file.seek(self.at // 8)
                byte = file.read(1)[0]
                file.seek(self.at // 8)
                file.write(bytes([byte ^ 1 << self.at % 8]))
            elif self.kind == 'zeroed page':
                file.seek(self.at)
                file.write(b'\0' * self.size)
            elif self.kind == 'swapped pages':
                pages = [self._page(file, at) for at in (self.at, self.other)]
                for at, page in zip((self.other, self.at), pages):
                    file.seek(at)
                    file.write(page)
            elif self.kind == 'cut':
                file.truncate(self.at)

    @staticmethod
    def _page(file, at):
        file.seek(at)
        return file.read(PAGE)

    def hits(self, ranges):
        """Whether it touches one of these ranges of the log; only a segment's damage does."""
        return self.file.endswith('.log') and any(self._hits(*place) for place in ranges)

    def _hits(self, start, end):
        base = int(self.file.split('.')[0])
        if self.kind == 'cut':
            return base + self.at < end
        if self.kind == 'bit':
            ranges = [(self.at // 8, 1)]
        else:
            ranges = [(at, PAGE) for at in ((self.at, self.other) if self.kind == 'swapped pages'
                                            else (self.at,))]
        return any(base + at < end and start < base + at + size for at, size in ranges)


def damages(folder, count, dice):
    """Over all files alike, small and large; most are single bits."""
    sizes = {name: os.path.getsize(os.path.join(folder, name)) for name in sorted(os.listdir(folder))}
    names = [name for name in sizes if sizes[name]]
    for number in range(count):
        name = dice.choice(names)
        size = sizes[name]
        kind = ('bit', 'bit', 'bit', 'zeroed page', 'swapped pages', 'cut')[number % 6]
        if kind == 'bit':
            yield Damage(name, kind, dice.randrange(size * 8))
        elif kind == 'cut':
            yield Damage(name, kind, dice.randrange(size))
        else:
            pages = max(1, size // PAGE)
            at = dice.randrange(pages) * PAGE
            yield Damage(name, kind, at, min(PAGE, size - at), dice.randrange(pages) * PAGE)


class Result:
    def __init__(self):
        self.counts, self.wrong = Counter(), []

    def add(self, damage, sentence):
        self.counts['served wrong'] += 1
        self.wrong.append(f'{damage}: {sentence}')


def compare(damage, before, after, said, result):
    for place, content in after.messages.items():
        if before.messages.get(place) != content:
            result.add(damage, f'{place} is served with other content')
    missing = [place for place in before.messages if place not in after.messages]
    beside = [place for place in missing if not damage.hits(before.places[place])]
    for key, value in before.rest.items():
        if key[0] != 'bounds' and after.rest.get(key) != value:
            result.add(damage, f'{key} is {after.rest.get(key)}; it was {value}')
        elif after.rest.get(key) != value and not NAMED.search(said):
            result.add(damage, f'{key} is {after.rest.get(key)}; it was {value}, and nobody says why')
    if not missing:
        result.counts['harmless'] += 1
        return
    result.counts['messages hit'] += len(missing) - len(beside)
    result.counts['messages beside it'] += len(beside)
    if beside:
        result.wrong.append(f'{damage}: {len(beside)} messages beside the damage cannot be read, '
                            f'first {beside[0]}')
    if NAMED.search(said):
        result.counts['detected and named'] += 1
    else:
        result.add(damage, f'{len(missing)} messages cannot be read, and nobody says where the damage is')


def find_places(data, picture):
    """Where in the log each message stands: its record, and its body, which an earlier entry may hold."""
    log, base = b'', None
    for name in sorted(os.listdir(data)):
        if name.endswith('.log'):
            base = int(name.split('.')[0]) if base is None else base
            with open(os.path.join(data, name), 'rb') as file:
                log += file.read()
    for place, (position, body, *_) in picture.messages.items():
        ranges, at = [(position - 48, position + RECORD_HEAD)], log.find(body)
        while at >= 0:
            ranges.append((base + at - RECORD_HEAD - 48, base + at + len(body) + RECORD_TAIL))
            at = log.find(body, at + 1)
        picture.places[place] = ranges


def make_store(bench, home, orders):
    """Two workloads, stopped well, everything decided and delivered; (data, clock)."""
    os.makedirs(os.path.join(home, 'graveyard'))
    ledger, clock = ledgers.Ledger(), ClockPage(os.path.join(home, 'clock'))
    for number in range(2):
        code = bench.live(home, ledger, clock, f's{number}', orders, FLAGS)
        if code != 0:
            raise RuntimeError(f'the store was not made: exit code {code}')
    with Broker(bench.program, f'{home}/data', '--test-clock', clock.path, *FLAGS,
                environment=bench.environment(home, orders)) as broker, broker.connect() as connection:
        client = clients.Client(connection, ledger, now_ms=clock.now_ms)
        clients.settle_transactions(client)
        clients.settle_timers(client, TOPIC, clock.advance)
        picture = take_picture(connection)
        broker.stop()
    data = os.path.join(home, 'data')
    find_places(data, picture)
    return data, clock, picture


def try_damage(bench, data, clock, damage, before, environment, result):
    broken = data + '-broken'
    shutil.rmtree(broken, ignore_errors=True)
    shutil.copytree(data, broken)
    damage.apply(broken)
    try:
        with Broker(bench.program, broken, '--test-clock', clock.path, *FLAGS,
                    environment=environment) as broker:
            with broker.connect() as connection:
                after = take_picture(connection)
            broker.stop()
            compare(damage, before, after, broker.said(), result)
    except DidNotStart as refused:
        result.counts['refused to start'] += 1
        if refused.code != 1 or not NAMED.search(refused.said):
            result.wrong.append(f'{damage}: exit code {refused.code}: {refused.said.strip()[-300:]}')
    except struct.error:
        result.counts['served wrong'] += 1  # lengths within a record, so that nobody can read it
        result.wrong.append(f'{damage}: a record is served that cannot be read')
    except Gone as gone:
        result.wrong.append(f'{damage}: {gone}')


def control(bench, folder, dice):
    """The broker's checksums are made constant, for writing and for reading: now damage must get through."""
    home = os.path.join(folder, 'control')
    orders = {'FAULT_NO_CHECKSUM': '1'}
    data, clock, before = make_store(bench, home, orders)
    result = Result()
    logs = [name for name in sorted(os.listdir(data)) if name.endswith('.log')]
    for _ in range(CONTROL):
        place, content = dice.choice(sorted(before.messages.items()))
        at = before.places[place][-1][0] + RECORD_HEAD + 48 + dice.randrange(len(content[1]))  # in its body
        base = max(int(name.split('.')[0]) for name in logs if int(name.split('.')[0]) <= at)
        damage = Damage(f'{base:020}.log', 'bit', (at - base) * 8 + dice.randrange(8))
        try_damage(bench, data, clock, damage, before, bench.environment(home, orders), result)
    served = result.counts['served wrong']
    print(f'control, no checksums: {served} of {CONTROL} flipped bodies served')
    return served == CONTROL


def run(program, shim, folder, sample, seed):
    began, dice = time.monotonic(), random.Random(seed)
    bench = sweep.Bench(program, shim, folder)
    data, clock, before = make_store(bench, os.path.join(folder, 'store'), {})
    result, kinds = Result(), Counter()
    for damage in damages(data, SAMPLE if sample else ALL, dice):
        kinds[damage.kind] += 1
        try_damage(bench, data, clock, damage, before, None, result)
    print(f'{sum(kinds.values())} damages of {len(before.messages)} messages: '
          + ', '.join(f'{kind} {count}' for kind, count in kinds.items()))
    print('  ' + ', '.join(f'{kind} {result.counts[kind]}' for kind in (
        'harmless', 'detected and named', 'refused to start', 'served wrong', 'messages hit',
        'messages beside it')) + f'; {time.monotonic() - began:.0f} s')
    for wrong in result.wrong[:12]:
        print(f'WRONG: {wrong}')
    return control(bench, folder, dice) and not result.wrong


