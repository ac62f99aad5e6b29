"""kill -9 at random moments while producers, consumers, transactions and timers are at work.

Producers and consumers live on, as their programs would: what had no answer stays unknown, they connect again
and go on. In the end everything is drained and judged."""
import os
import random
import threading
import time

import checker
import client as clients
import ledger as ledgers
import remoting
from broker import Broker
from remoting import COMMIT, ROLLBACK, Gone

TOPIC, QUEUES, GROUP = 'Load', 4, 'load-readers'
PRODUCERS, CONSUMERS = 3, 2
ALL, SAMPLE = 500, 6
TIMER_MS = (200, 4000)


class World:
    """What survives the kills: the port of the present broker, the ledger, the wish to stop."""

    def __init__(self, ledger):
        self.ledger, self.port, self.stopping = ledger, None, threading.Event()
        self.repeated = []  # messages a consumer got again after a crash

    def connect(self):
        """A connection to the present broker, when there is one; nothing when it is time to stop."""
        while not self.stopping.is_set():
            try:
                if self.port:
                    return remoting.Connection(self.port, patience=10)
            except Gone:
                pass
            time.sleep(0.005)
        return None


def while_alive(world, name, work):
    """Goes on with `work(client)` over all connections, until it is time to stop."""
    while (connection := world.connect()) is not None:
        with connection:
            client = clients.Client(connection, world.ledger, group=name)
            try:
                while not world.stopping.is_set():
                    work(client)
            except Gone:
                continue


class Producer:
    def __init__(self, name, seed):
        self.name, self.random = name, random.Random(seed)
        self.number, self.open = 0, []

    def size(self):
        return self.random.choice((40, 300, 4000))

    def __call__(self, client):
        self.number += 1
        key = f'{self.name}-{self.number}'
        queue, dice = self.number % QUEUES, self.random.random()
        if dice < 0.6:
            client.send(key, TOPIC, queue, self.size(), producer=(self.name, self.number))
        elif dice < 0.7:
            client.send_batch([f'{key}-{i}' for i in range(5)], TOPIC, queue)
        elif dice < 0.8:
            client.send_later(key, TOPIC, queue, self.random.randint(*TIMER_MS), size=self.size())
        else:
            message = client.send_half(key, TOPIC, queue, self.size())
            if message.outcome == ledgers.ACKED:
                self.open.append(message)
        if len(self.open) > 4:
            client.decide(self.open.pop(0), self.random.choice((COMMIT, COMMIT, ROLLBACK)))


class Consumer:
    """Of its own queues; after a crash it begins where the broker says its group was."""

    def __init__(self, world, queues):
        self.world, self.queues, self.connection = world, queues, None
        self.at, self.furthest = {}, {}

    def __call__(self, client):
        if client.connection is not self.connection:
            self.connection = client.connection
            self.at = {queue: self._begin(client, queue) for queue in self.queues}
        got = 0
        for queue in self.queues:
            found, self.at[queue] = client.pull(GROUP, TOPIC, queue, self.at[queue])
            got += len(found)
            if found:
                self.furthest[queue] = max(self.furthest.get(queue, 0), self.at[queue])
                client.commit_offset(GROUP, TOPIC, queue, self.at[queue])
        if not got:
            time.sleep(0.01)

    def _begin(self, client, queue):
        answer = client.connection.call(remoting.QUERY_OFFSET, {
            'consumerGroup': GROUP, 'topic': TOPIC, 'queueId': queue, 'setZeroIfNotFound': 'false'})
        begin = answer.number('offset') if answer.code == remoting.SUCCESS else 0
        furthest = self.furthest.get(queue, 0)
        if begin > furthest:
            self.world.ledger.complaints.append(
                ('offset', f'{GROUP} at {TOPIC}/{queue} is {begin}; it never came further than {furthest}'))
        self.world.repeated.append(furthest - begin)
        return begin


def run(program, shim, folder, sample, seed):
    del shim  # the process is killed from outside
    kills, dice = SAMPLE if sample else ALL, random.Random(seed)
    world = World(ledgers.Ledger())
    data, starts, began = os.path.join(folder, 'data'), [], time.monotonic()
    flags = ('--retention-size', '0', '--segment-size', '4MiB')
    workers = [threading.Thread(target=while_alive, args=(world, f'producer{i}', Producer(f'p{i}', seed + i)))
               for i in range(PRODUCERS)]
    workers += [threading.Thread(target=while_alive, args=(world, f'c{i}', Consumer(
        world, range(i, QUEUES, CONSUMERS)))) for i in range(CONSUMERS)]
    try:
        for number in range(kills):
            with Broker(program, data, *flags) as broker:
                starts.append(broker.seconds_to_start)
                if number == 0:
                    _prepare(broker, world.ledger)
                    for worker in workers:
                        worker.start()
                world.port = broker.port
                # Some live long enough for the offsets of groups to reach the log.
                time.sleep(dice.uniform(1, 1.5) if number % 4 == 3 else dice.uniform(0.01, 0.4))
                world.port = None
                broker.kill()
    finally:
        world.stopping.set()
        for worker in workers:
            if worker.ident:
                worker.join()
    verdict = _judge(program, data, flags, world.ledger)
    return _summary(world, verdict, kills, starts, time.monotonic() - began)


def _prepare(broker, ledger):
    with broker.connect() as connection:
        client = clients.Client(connection, ledger)
        client.create_topic(TOPIC, QUEUES)
        client.create_group(GROUP)


def _judge(program, data, flags, ledger):
    with Broker(program, data, *flags) as broker, broker.connect() as connection:
        before = clients.look(connection, ledger)
        for message in list(ledger.messages.values()):  # producers ask under names of their own
            if message.half and message.outcome == ledgers.ACKED:
                name = f'producer{message.key[1:].split("-")[0]}'
                clients.settle_transaction(clients.Client(connection, ledger, group=name), message)
        time.sleep(TIMER_MS[1] / 1000 + 0.1)
        client = clients.Client(connection, ledger)
        clients.settle_timers(client, TOPIC, lambda _: None, delay_ms=500)
        found = clients.look(connection, ledger)
        found.offsets = before.offsets
        return checker.judge(ledger, found)


def _summary(world, verdict, kills, starts, seconds):
    messages = world.ledger.messages.values()
    acked = sum(message.outcome == ledgers.ACKED for message in messages)
    unknown = sum(message.outcome == ledgers.UNKNOWN for message in messages)
    halves = [m for m in messages if m.half and m.decision]
    starts.sort()
    again = sorted(world.repeated) or [0]
    print(f'{kills} times kill -9 under load: {acked} acknowledged, {unknown} unknown, '
          f'{len(halves)} transactions decided, {sum(m.due_ms is not None for m in messages)} timers, '
          f'{len(world.ledger.seen)} messages seen by consumers')
    print('  ' + ', '.join(f'{kind} {verdict.counts[kind]}' for kind in (
        'lost', 'rollback', 'undecided', 'offset', 'duplicate', 'corrupt', 'reordered', 'early', 'hole')))
    print(f'  delivered again after a crash: median {again[len(again) // 2]}, most {again[-1]} a queue; '
          f'start: median {starts[len(starts) // 2] * 1000:.0f} ms, max {starts[-1] * 1000:.0f} ms; '
          f'{seconds:.0f} s')
    if verdict:
        print(f'  with 95 % certainty fewer than {3 / kills:.2%} of kills and {3 / max(acked, 1):.4%} of '
              'messages go wrong')
    else:
        print(verdict.text())
    return bool(verdict) and acked > 20 * kills
