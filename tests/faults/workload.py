"""The fixed 200 operations of the sweep: everything a client can change."""
from remoting import COMMIT, ROLLBACK

TOPIC, OTHER, PASSING = 'Orders', 'Invoices', 'Passing'
GROUP, PASSING_GROUP = 'readers', 'passing-readers'
BIG = 180_000  # some of them fill a segment
OPERATIONS = 200


class Workload:
    """run() ends, or raises Gone where the broker died."""

    def __init__(self, client, name):
        self.client, self.name = client, name
        self.number, self.halves = 0, []
        self.position = {0: 0, 1: 0}

    def key(self, kind):
        self.number += 1
        return f'{self.name}-{kind}-{self.number}'

    def size(self):
        """A large body is not stored again when its message is delivered, a small one is."""
        return (60, 2_000)[self.number % 2]

    def run(self):
        client = self.client
        client.create_topic(TOPIC, 2)
        client.create_topic(OTHER, 1)
        client.create_group(GROUP)
        for step in range(OPERATIONS - 3):
            self._special(step) or self._usual(step)

    def _usual(self, step):
        kind = step % 9
        if kind in (0, 4):
            self.client.send(self.key('sent'), TOPIC, step % 2, producer=(self.name, self.number))
        elif kind == 1:
            self.client.send_batch([self.key('batch') for _ in range(4)], OTHER, 0)
        elif kind == 2:
            self.client.send_later(self.key('timer'), TOPIC, 0, 60_000 * (1 + step % 7), size=self.size())
        elif kind == 3:
            self.halves.append(self.client.send_half(self.key('half'), TOPIC, 1, self.size()))
        elif kind == 5:
            self._consume(step % 2)
        elif kind == 6:
            self.client.send_later(self.key('level'), OTHER, 0, 60_000, level=5, size=self.size())
        elif kind == 7:
            self.client.send(self.key('big'), OTHER, 0, BIG if step % 4 == 3 else 3_000)
        elif len(self.halves) > 2:  # the newest stay open
            self.client.decide(self.halves.pop(0), ROLLBACK if step % 2 else COMMIT)

    def _consume(self, queue):
        found, self.position[queue] = self.client.pull(GROUP, TOPIC, queue, self.position[queue], 5)
        if found:
            self.client.commit_offset(GROUP, TOPIC, queue, self.position[queue])

    def _special(self, step):
        """Whether this step has a work of its own."""
        client = self.client
        if step in (50, 110):
            client.create_topic(PASSING, 1)
        elif step in (52, 112, 113):
            client.send(self.key('passing'), PASSING, 0)
        elif step == 90:
            client.delete_topic(PASSING)
        elif step in (60, 130):
            client.create_group(PASSING_GROUP)
        elif step == 100:
            client.delete_group(PASSING_GROUP)
        elif step == 120:
            client.reset_offset(GROUP, TOPIC, 0, 1)
            self.position[0] = 1
        else:
            return False
        return True
