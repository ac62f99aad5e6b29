"""Delayed messages while time jumps and the broker dies: none early, none lost, none twice.

Three scenes: the broker is dead while its timers fall due; it dies, or the power goes, again and again while
it delivers; the wall clock of the machine jumps by an hour and a day, both ways."""
import os
import random
import struct
import time

import checker
import client as clients
import ledger as ledgers
import remoting
import sweep
from broker import Broker, ClockPage, DidNotStart
from remoting import Gone

TOPIC, QUEUES = 'Later', 4
HOUR, DAY = 3600_000, 24 * 3600_000
PER_100K_S = 60
PATIENCE = 120
FLAGS = ('--retention-size', '0', '--segment-size', '4MiB')


class WrongClock:
    """What the shim adds to the wall clock."""

    def __init__(self, path):
        self.path = path
        self.set(0)

    def set(self, wrong_ms):
        self.wrong_ms = wrong_ms
        if not os.path.exists(self.path):
            with open(self.path, 'wb') as file:
                file.write(bytes(8))
        with open(self.path, 'r+b') as file:
            file.write(struct.pack('=q', wrong_ms))

    def now_ms(self):
        return int(time.time() * 1000) + self.wrong_ms


class Scene:
    def __init__(self, bench, folder, name, page=True):
        self.bench, self.home, self.name = bench, os.path.join(folder, name), name
        os.makedirs(os.path.join(self.home, 'graveyard'))
        self.ledger, self.count = ledgers.Ledger(), 0
        self.clock = ClockPage(os.path.join(self.home, 'clock')) if page else \
            WrongClock(os.path.join(self.home, 'clock'))
        self.flags = (*FLAGS, '--test-clock', self.clock.path) if page else FLAGS

    def broker(self, **orders):
        environment = None
        if orders:
            environment = self.bench.environment(self.home, {k: str(v) for k, v in orders.items()})
        return Broker(self.bench.program, f'{self.home}/data', *self.flags, environment=environment)

    def client(self, connection):
        return clients.Client(connection, self.ledger, now_ms=self.clock.now_ms)

    def schedule(self, client, delay_ms):
        self.count += 1
        client.send_later(f'{self.name}-{self.count}', TOPIC, self.count % QUEUES, delay_ms,
                          size=(60, 1000)[self.count % 2])

    def delivered(self, connection):
        return sum(clients.number_of(connection, remoting.MAX_OFFSET, TOPIC, queue)
                   for queue in range(QUEUES))

    def wait_for(self, connection, count):
        """Seconds until so many are delivered."""
        began = time.monotonic()
        while self.delivered(connection) < count:
            if time.monotonic() - began > PATIENCE:
                raise RuntimeError(f'{self.delivered(connection)} of {count} timers after {PATIENCE} s')
            time.sleep(0.005)
        return time.monotonic() - began

    def judge(self, connection):
        return checker.judge(self.ledger, clients.look(connection, self.ledger))


def downtime(scene, count):
    """All fall due while nobody runs."""
    with scene.broker() as broker, broker.connect() as connection:
        client = scene.client(connection)
        client.create_topic(TOPIC, QUEUES)
        for number in range(count):
            scene.schedule(client, 60_000 + number * 37 % (20 * 60_000))
        broker.kill()
    scene.clock.advance(HOUR)
    with scene.broker() as broker, broker.connect() as connection:
        seconds = scene.wait_for(connection, count)
        verdict = scene.judge(connection)
    bound = max(PER_100K_S * count / 100_000, 5)
    if seconds > bound:
        verdict.add('late', f'{count} overdue timers took {seconds:.1f} s; {bound:.1f} s are allowed')
    return verdict, f'{count} overdue after a downtime, all there {seconds * 1000:.0f} ms after the start'


def kills(scene, count, lives, dice):
    """Time goes on in jumps; every life ends at some write, by a dying process or by the power."""
    with scene.broker() as broker, broker.connect() as connection:
        client = scene.client(connection)
        client.create_topic(TOPIC, QUEUES)
        for _ in range(count):
            scene.schedule(client, dice.randrange(1, lives + 1) * 1000)
        halves = [client.send_half(f'{scene.name}-half-{n}', TOPIC, n % QUEUES, 60 + n * 100)
                  for n in range(20)]
        broker.stop()
    died = 0
    for life in range(lives):
        orders = {'FAULT_KILL_AT': dice.randrange(1, 60), 'FAULT_TORN': dice.randrange(1001)}
        if life % 2:
            orders['FAULT_POWER'] = life
        died += one_life(scene, orders, halves, dice)
    scene.clock.advance(2 * lives * 1000)
    with scene.broker() as broker, broker.connect() as connection:
        for half in halves:
            clients.settle_transaction(scene.client(connection), half)
        committed = sum(half.decision[0] == remoting.COMMIT for half in halves)
        scene.wait_for(connection, count + committed)
        verdict = scene.judge(connection)
    return verdict, f'{count} timers and 20 transactions over {died} deaths while they were delivered'


def one_life(scene, orders, halves, dice):
    """Whether it died of its orders."""
    try:
        with scene.broker(**orders) as broker, broker.connect() as connection:
            client = scene.client(connection)
            for _ in range(4):
                scene.clock.advance(dice.randrange(700))
                half = dice.choice(halves)
                if not half.decision or half.decision[1].outcome != ledgers.ACKED:
                    decision = dice.choice((remoting.COMMIT, remoting.ROLLBACK))
                    client.decide(half, half.decision[0] if half.decision else decision)
                time.sleep(dice.uniform(0, 0.05))
            broker.kill()
            return False
    except (Gone, DidNotStart) as ended:
        if isinstance(ended, DidNotStart) and ended.code != sweep.KILLED:
            raise
        return True


def wall_clock(scene, jumps):
    """No page: the machine's own clock jumps. What is due by the new time comes, what is not waits."""
    told = []
    with scene.broker(FAULT_CLOCK=scene.clock.path) as broker, broker.connect() as connection:
        client, due = scene.client(connection), 0
        client.create_topic(TOPIC, QUEUES)
        for jump in jumps:
            for _ in range(5):
                scene.schedule(client, 1000)
            scene.schedule(client, abs(jump) + 1000)
            before = scene.clock.wrong_ms
            scene.clock.set(before + jump)
            if jump < 0:  # as early as it may be, and a second later
                time.sleep(1.5)
                early = scene.delivered(connection) - due
                if early:
                    told.append(f'{early} came although the clock went back by {-jump} ms')
                scene.clock.set(before + abs(jump))
            due += 6
            time.sleep(1.1)
            scene.wait_for(connection, due)
            if client.send(f'{scene.name}-plain-{due}', TOPIC, 0).code == remoting.SUCCESS:
                due += 1
            else:
                told.append(f'sends are refused after a jump of {jump} ms')
        verdict = scene.judge(connection)
    for sentence in told:
        verdict.add('clock', sentence)
    return verdict, f'the wall clock jumped by {", ".join(f"{jump // 60_000} min" for jump in jumps)}'


def run(program, shim, folder, sample, seed):
    bench, dice, fine = sweep.Bench(program, shim, folder), random.Random(seed), True
    timers, lives = (200, 15) if sample else (2000, 150)
    scenes = [lambda: downtime(Scene(bench, folder, 'down'), 300 if sample else 20_000),
              lambda: kills(Scene(bench, folder, 'kills'), timers, lives, dice),
              lambda: wall_clock(Scene(bench, folder, 'wall', page=False),
                                 (HOUR, -HOUR) if sample else (HOUR, -HOUR, DAY, -DAY))]
    for scene in scenes:
        began = time.monotonic()
        verdict, what = scene()
        print(f'{what}; lost {verdict.counts["lost"]}, twice {verdict.counts["duplicate"]}, '
              f'early {verdict.counts["early"]}; {time.monotonic() - began:.0f} s')
        if not verdict:
            fine = False
            print(f'WRONG: {verdict.text()}')
    return fine
