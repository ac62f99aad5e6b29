"""What the clients asked for and what they were told: the memory that no crash of the broker touches.

An entry is made before its request leaves. Afterwards it is `acked`, `refused` (certainly not done), or stays
`unknown`. `mark()` says where the world stands (the disk's write log, for a power cut), so that a ledger can
be read as of a moment in the past."""
import copy
import threading
import zlib

ACKED, UNKNOWN, REFUSED = 'acked', 'unknown', 'refused'


def body_of(key, size=0):
    text = f'{key} '.encode()
    text += b'x' * max(0, size - len(text))
    return text + b' %08x' % zlib.crc32(text)


def key_of(body):
    """Nothing when the body is not what some client made."""
    text, _, crc = body.rpartition(b' ')
    if len(crc) != 8 or crc != b'%08x' % zlib.crc32(text):
        return None
    return text.split(b' ', 1)[0].decode()


class Step:
    """One request whose outcome matters."""

    def __init__(self, begun):
        self.outcome, self.begun, self.ended = UNKNOWN, begun, None

    def as_of(self, cut):
        if self.ended is not None and self.ended > cut:
            self.outcome = UNKNOWN


class Message(Step):
    def __init__(self, begun, key, topic, queue, *, due_ms=None, half=False, producer=None):
        super().__init__(begun)
        self.key, self.topic, self.queue = key, topic, queue
        self.due_ms, self.half, self.producer = due_ms, half, producer
        self.offset = None     # in its queue, when the answer said so
        self.position = None   # in the log
        self.decision = None   # (COMMIT or ROLLBACK, Step), for a half message
        self.removal = None    # Step of the topic's deletion

    def as_of(self, cut):
        super().as_of(cut)
        if self.decision:
            self.decision[1].as_of(cut)
            if self.decision[1].begun > cut:
                self.decision = None
        if self.removal:
            self.removal.as_of(cut)
            if self.removal.begun > cut:
                self.removal = None


class OffsetMove(Step):
    """A commit is remembered up to half a second later; what is `durable` is when it is answered."""

    def __init__(self, begun, value, durable):
        super().__init__(begun)
        self.value, self.durable = value, durable


class Ledger:
    def __init__(self, mark=lambda: 0):
        self.mark = mark
        self.messages = {}      # key -> Message
        self.topics = {}        # name -> [(exists afterwards, Step)]
        self.queues = {}        # name -> how many
        self.groups = {}        # name -> [(exists afterwards, Step)]
        self.moves = {}         # (group, topic, queue) -> [OffsetMove]
        self.seen = {}          # (topic, queue, offset) -> (key, mark)
        self.complaints = []    # (class, sentence): what the clients saw go wrong
        self.retention = None   # bytes of log that are kept for certain, when not everything
        self.lock = threading.Lock()

    def __getstate__(self):
        return {k: v for k, v in self.__dict__.items() if k not in ('lock', 'mark')}

    def __setstate__(self, state):
        self.__dict__.update(state, lock=threading.Lock(), mark=lambda: 0)

    def add(self, message):
        with self.lock:
            self.messages[message.key] = message
        return message

    def settle(self, step, outcome):
        step.ended = self.mark()
        step.outcome = outcome

    def saw(self, topic, queue, offset, key):
        """A consumer got this message from this place."""
        with self.lock:
            before = self.seen.setdefault((topic, queue, offset), (key, self.mark()))[0]
        if before != key:
            self.complaints.append(
                ('rollback', f'{topic}/{queue} offset {offset} held {before}, and now {key}'))

    def as_of(self, cut):
        past = copy.deepcopy(self)
        past.messages = {k: m for k, m in past.messages.items() if m.begun <= cut}
        for message in past.messages.values():
            message.as_of(cut)
        for table in (past.topics, past.groups):
            for name, changes in table.items():
                table[name] = [change for change in changes if change[1].begun <= cut]
                for _, step in table[name]:
                    step.as_of(cut)
        for place, moves in past.moves.items():
            past.moves[place] = [move for move in moves if move.begun <= cut]
            for move in past.moves[place]:
                move.as_of(cut)
        past.seen = {place: seen for place, seen in past.seen.items() if seen[1] <= cut}
        return past


def may_exist(changes):
    """(may, must) for a topic or group after these changes."""
    may = must = False
    for exists, step in changes:
        if step.outcome == ACKED:
            may = must = exists
        elif step.outcome == UNKNOWN:
            may, must = may or exists, must and exists
    return may, must
