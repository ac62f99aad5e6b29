"""The verdict: a ledger and what stands in the broker go in, violations by class come out. Nothing else.

  lost        acknowledged (or committed) and not there
  corrupt     a body that no client made
  phantom     a message that no client sent, or that was refused
  duplicate   two copies of one send
  misplaced   acknowledged at one offset, there at another
  rollback    somebody saw (queue, offset, key), and now the offset holds another key or nothing
  reordered   the order of one producer in one queue is broken
  hole        queue offsets that do not follow each other, and nothing that retention took stood between
  early       a delayed message before its time
  undecided   a half message is visible that was rolled back or never committed
  resurrected a message of a deleted topic is visible, or the topic is there
  offset      a group's offset that nobody committed, behind what was durable, or beyond the queue's end
  retired     retention took what it had to keep
  missing     a topic or a group that was acknowledged and is not there
"""
from collections import Counter

import ledger as ledgers
from ledger import ACKED, REFUSED
from remoting import COMMIT, ROLLBACK

EARLY_MS = 10


class Seen:
    __slots__ = ('offset', 'key', 'stored_ms', 'position')

    def __init__(self, offset, key, stored_ms=0, position=0):
        self.offset, self.key, self.stored_ms, self.position = offset, key, stored_ms, position


class Observation:
    """What stands in the broker: read through the protocol, everything, after a restart."""

    def __init__(self):
        self.queues = {}    # (topic, queue) -> [Seen], as far as they can be read
        self.bounds = {}    # (topic, queue) -> (min, max)
        self.topics = set()
        self.groups = set()
        self.offsets = {}   # (group, topic, queue) -> offset or None


class Verdict:
    def __init__(self):
        self.violations = []
        self.counts = Counter()

    def add(self, kind, sentence):
        self.counts[kind] += 1
        self.violations.append(f'{kind}: {sentence}')

    def __bool__(self):
        return not self.violations

    def text(self, most=12):
        rest = len(self.violations) - most
        return '\n'.join(self.violations[:most] + ([f'... and {rest} more'] if rest > 0 else []))


def judge(ledger, found, verdict=None):
    """Adds to the verdict that is given; with none, names are judged too."""
    if verdict is None:
        verdict = names(ledger, found)
    for kind, sentence in ledger.complaints:
        verdict.add(kind, sentence)
    horizon = _horizon(ledger, found)
    places = _queues(ledger, found, horizon, verdict)
    for message in ledger.messages.values():
        _message(message, places, horizon, found, verdict)
    _seen_before(ledger, found, horizon, verdict)
    _offsets(ledger, found, verdict)
    return verdict


def names(ledger, found):
    """Topics and groups alone: a verdict to go on with, for who changes some before the rest is judged."""
    verdict = Verdict()
    _names('topic', ledger.topics, found.topics, verdict)
    _names('group', ledger.groups, found.groups, verdict)
    return verdict


def _queues(ledger, found, horizon, verdict):
    """Where each key stands."""
    places = {}
    present = {seen.key for messages in found.queues.values() for seen in messages}
    for (topic, queue), messages in found.queues.items():
        least, end = found.bounds[topic, queue]
        expected, newest = least, {}
        taken = _taken_of(topic, queue, present, ledger, horizon)
        for seen in messages:
            if seen.offset != expected:
                taken -= seen.offset - expected
                if taken < 0:
                    verdict.add('hole', f'{topic}/{queue}: offset {seen.offset} follows {expected - 1}')
            expected = seen.offset + 1
            if seen.key is None:
                verdict.add('corrupt', f'{topic}/{queue} offset {seen.offset}')
                continue
            places.setdefault(seen.key, []).append((topic, queue, seen))
            message = ledger.messages.get(seen.key)
            if message and message.producer and message.due_ms is None and not message.half:
                producer, number = message.producer
                if number <= newest.get(producer, -1):
                    verdict.add('reordered', f'{topic}/{queue}: {seen.key} after number {newest[producer]}')
                newest[producer] = number
        if expected != end:
            verdict.add('hole', f'{topic}/{queue}: readable up to {expected}, the queue ends at {end}')
    for key in places.keys() - ledger.messages.keys():
        verdict.add('phantom', f'{key} at {_place(places[key][0])}')
    return places


def _place(where):
    return f'{where[0]}/{where[1]} offset {where[2].offset}'


def _may_be_visible(message):
    if message.outcome == REFUSED:
        return False
    if not message.half:
        return True
    return bool(message.decision) and message.decision[0] == COMMIT and message.decision[1].outcome != REFUSED


def _must_be_visible(message):
    if message.removal and message.removal.outcome != REFUSED:
        return False
    if not message.half:
        return message.outcome == ACKED
    return bool(message.decision) and message.decision[0] == COMMIT and message.decision[1].outcome == ACKED


def _horizon(ledger, found):
    """Where in the log what retention has to keep begins; None: it takes nothing."""
    if ledger.retention is None:
        return None
    return max((s.position for q in found.queues.values() for s in q), default=0) - ledger.retention


def _retired(message, horizon):
    """Whether retention may have taken it: its body lies further back than what is kept."""
    return horizon is not None and message.position is not None and message.position < horizon


def _taken_of(topic, queue, present, ledger, horizon):
    """How many offsets may be missing in a queue: of delivered messages whose bodies were taken, while plain
    ones before and behind stay (mq/storage/FORMAT.md, Delivery)."""
    return sum(_retired(message, horizon) for message in ledger.messages.values()
               if (message.half or message.due_ms is not None) and message.topic == topic
               and message.queue in (queue, -1) and message.key not in present)


def _message(message, all_places, horizon, found, verdict):
    places = all_places.get(message.key, [])
    for topic, queue, seen in places:
        if topic != message.topic or (message.queue >= 0 and queue != message.queue):
            verdict.add('misplaced', f'{message.key} belongs to {message.topic}/{message.queue}, '
                                     f'and stands at {topic}/{queue}')
        if message.due_ms is not None and seen.stored_ms < message.due_ms - EARLY_MS:
            verdict.add('early', f'{message.key} was delivered {message.due_ms - seen.stored_ms} ms early')
    if len(places) > 1:
        verdict.add('duplicate', f'{message.key} at ' + ', '.join(map(_place, places)))
    if places and message.removal and message.removal.outcome == ACKED:
        verdict.add('resurrected', f'{message.key} at {_place(places[0])} of a deleted topic')
    elif places and not _may_be_visible(message):
        verdict.add('undecided' if message.half else 'phantom',
                    f'{message.key} at {_place(places[0])}; it was {_state(message)}')
    if not places and _must_be_visible(message):
        if _retired(message, horizon):
            return
        taken = message.offset is not None and not message.half and message.due_ms is None and \
            message.offset < found.bounds.get((message.topic, message.queue), (0, 0))[0]
        verdict.add('retired' if taken else 'lost', f'{message.key}; it was {_state(message)}')
    if places and message.outcome == ACKED and not message.half and message.due_ms is None:
        if message.offset is not None and places[0][2].offset != message.offset:
            verdict.add('misplaced', f'{message.key} was acknowledged at offset {message.offset}, '
                                     f'and stands at {places[0][2].offset}')


def _state(message):
    if not message.half:
        return message.outcome + (f' at {message.topic}/{message.queue} offset {message.offset}')
    if not message.decision:
        return f'half, {message.outcome}'
    what = {COMMIT: 'commit', ROLLBACK: 'rollback'}[message.decision[0]]
    return f'half, {what} {message.decision[1].outcome}'


def _seen_before(ledger, found, horizon, verdict):
    now = {(t, q, s.offset): s.key for (t, q), messages in found.queues.items() for s in messages}
    for place, (key, _) in ledger.seen.items():
        topic, queue, offset = place
        message = ledger.messages.get(key)
        if message and message.removal and message.removal.outcome != REFUSED:
            continue
        least = found.bounds.get((topic, queue), (0, 0))[0]
        if offset < least and ledger.retention is not None:
            continue
        if place not in now and message and _retired(message, horizon):
            continue
        if now.get(place) != key:
            verdict.add('rollback', f'{topic}/{queue} offset {offset} held {key}, and now {now.get(place)}')


def _names(what, changes, found, verdict):
    for name, steps in changes.items():
        may, must = ledgers.may_exist(steps)
        if must and name not in found:
            verdict.add('missing', f'{what} {name}')
        if not may and name in found:
            verdict.add('resurrected', f'{what} {name}')


def _offsets(ledger, found, verdict):
    for place, moves in ledger.moves.items():
        if place not in found.offsets:
            continue
        value, end = found.offsets[place], found.bounds.get(place[1:], (0, 0))[1]
        last = max((i for i, m in enumerate(moves) if m.durable and m.outcome == ACKED), default=None)
        allowed = {m.value for m in moves[last or 0:] if m.outcome != REFUSED}
        if last is None:
            allowed.add(None)
        if value not in allowed:
            verdict.add('offset', f'{place} is {value}; it may be one of {sorted(allowed, key=str)}')
        elif value is not None and value > end:
            verdict.add('offset', f'{place} is {value}, and the queue ends at {end}')
