"""The process dies, or the power goes, at every call that changes a file.

A fixed workload runs once to count the calls. Then it runs again for each of them: the broker ends before the
call, or with one, two or three parts of a write done. It is started again, and must have kept its word."""
import contextlib
import os
import pickle
import random
import shutil
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import checker
import client as clients
import ledger as ledgers
from broker import SEGMENT, Broker, ClockPage, DidNotStart
from remoting import Gone
from workload import TOPIC, Workload

WORKERS = 2
SAMPLE = 60
CLASSES = ('lost', 'rollback', 'undecided', 'offset', 'duplicate', 'corrupt', 'misplaced', 'early', 'hole',
           'resurrected', 'missing', 'retired', 'unmountable')
TEARS = (125, 500, 999)  # thousandths of a write
AFTER = 1000             # of a call that cannot be torn
LIVES = ('fresh', 'full', 'crashed')
LIFE_FLAGS = {'fresh': (), 'full': ('--retention-size', '2MiB'), 'crashed': ()}
KILLED = -9


class Point:
    """Where and how a life ends."""

    def __init__(self, life, kill_at, torn=None, power=None, lie=False, flags=()):
        self.life, self.kill_at, self.torn, self.power = life, kill_at, torn, power
        self.lie, self.flags = lie, flags

    def __str__(self):
        how = 'before it' if self.torn is None else f'{self.torn}/1000 done'
        what = 'the process dies' if self.power is None else f'the power goes (seed {self.power})'
        return f'{self.life}: call {self.kill_at}, {how}, {what}'

    def orders(self, folder):
        named = {'FAULT_KILL_AT': self.kill_at, 'FAULT_TORN': self.torn, 'FAULT_POWER': self.power,
                 'FAULT_LIE': 1 if self.lie else None}
        return {name: str(value) for name, value in named.items() if value is not None}


class Outcome:
    def __init__(self, point):
        self.point, self.kind, self.violations = point, 'none', []
        self.acked, self.seconds, self.counts = 0, 0.0, Counter()


@contextlib.contextmanager
def no_one(*_):
    yield


class Bench:
    """The programs, and stores that lives begin with."""

    def __init__(self, program, shim, folder):
        self.program, self.shim, self.folder = program, shim, folder

    def environment(self, home, orders):
        return {'LD_PRELOAD': self.shim, 'FAULT_DIR': f'{home}/data', 'FAULT_REPORT': f'{home}/report',
                'FAULT_GRAVEYARD': f'{home}/graveyard', **orders}

    def home(self, name, life):
        home = os.path.join(self.folder, name)
        shutil.rmtree(home, ignore_errors=True)
        if life == 'fresh':
            os.makedirs(os.path.join(home, 'data'))
        else:
            shutil.copytree(os.path.join(self.folder, life), home)
        os.makedirs(os.path.join(home, 'graveyard'))
        return home

    def ledger(self, home):
        with open(os.path.join(home, 'ledger'), 'rb') as file:
            return pickle.load(file)

    def prepare(self):
        """`full`: two workloads, settled and stopped. `crashed`: the power went in the middle of one."""
        cut = {'FAULT_KILL_AT': '300', 'FAULT_POWER': '5'}
        for life, rounds, orders in (('full', 2, {}), ('crashed', 1, cut)):
            home = self.home(life, 'fresh')
            ledger, clock = ledgers.Ledger(), ClockPage(os.path.join(home, 'clock'))
            for number in range(rounds):
                self.live(home, ledger, clock, f'{life}{number}', orders)
                if life == 'full':
                    self.judge(home, ledger, clock)
            shutil.rmtree(os.path.join(home, 'graveyard'))
            os.remove(os.path.join(home, 'report'))
            with open(os.path.join(home, 'ledger'), 'wb') as file:
                pickle.dump(ledger, file)

    def live(self, home, ledger, clock, name, orders, flags=(), beside=no_one, end=Broker.stop):
        """A workload, to its end or to the broker's; the broker's exit code."""
        try:
            broker = Broker(self.program, f'{home}/data', '--test-clock', clock.path, *flags,
                            environment=self.environment(home, orders))
        except DidNotStart as ended:
            if ended.code != KILLED:
                raise
            return ended.code
        with broker:
            try:
                with broker.connect() as connection, beside(broker, ledger, name):
                    Workload(clients.Client(connection, ledger, now_ms=clock.now_ms), name).run()
            except Gone:
                return broker.wait()
            return end(broker)

    def judge(self, home, ledger, clock, flags=()):
        """Starts it again, lets everything come that has to, and looks; (verdict, seconds to start)."""
        with Broker(self.program, f'{home}/data', '--test-clock', clock.path, *flags) as broker:
            with broker.connect() as connection:
                before = clients.look(connection, ledger)
                client = clients.Client(connection, ledger, now_ms=clock.now_ms)
                verdict = checker.names(ledger, before)
                client.create_topic(TOPIC, 2)  # the broker may have died before it was made
                clients.settle_transactions(client)
                clients.settle_timers(client, TOPIC, clock.advance)
                found = clients.look(connection, ledger)
            found.offsets = before.offsets
            code = broker.stop()
            checker.judge(ledger, found, verdict)
            if code != 0:
                verdict.add('stop', f'exit code {code}: {broker.said()}')
            return verdict, broker.seconds_to_start


def run_point(bench, point):
    home = bench.home(f'point-{os.getpid()}', point.life)
    outcome = Outcome(point)
    ledger = ledgers.Ledger() if point.life == 'fresh' else bench.ledger(home)
    if point.life == 'full':
        ledger.retention = SEGMENT  # of 2 MiB; a whole segment goes at a time
    clock = ClockPage(os.path.join(home, 'clock')) if point.life == 'fresh' else \
        ClockPage.existing(os.path.join(home, 'clock'))
    flags = LIFE_FLAGS[point.life] + tuple(point.flags)
    code = bench.live(home, ledger, clock, f'p{point.kill_at}', point.orders(home), flags)
    with open(f'{home}/report', encoding='utf-8') as report:
        calls = report.read().splitlines()
    if code == KILLED:
        outcome.kind = kind_of(calls[point.kill_at - 1])
    elif code != 0:
        outcome.violations.append(f'it ended with {code} by itself')
    if point.power is not None and point.kill_at % 4 == 0:
        interrupt_recovery(bench, home, clock, point, flags)
    outcome.acked = sum(m.outcome == ledgers.ACKED for m in ledger.messages.values())
    try:
        verdict, outcome.seconds = bench.judge(home, ledger, clock, flags)
    except (DidNotStart, Gone, RuntimeError) as error:
        outcome.violations.append(f'unmountable: {error}')
        outcome.counts['unmountable'] += 1
    else:
        outcome.violations += verdict.violations
        outcome.counts += verdict.counts
    return outcome


def interrupt_recovery(bench, home, clock, point, flags):
    """The power goes again while it starts."""
    orders = Point(point.life, 1 + point.kill_at // 4 % 8, torn=500, power=point.power).orders(home)
    try:
        with Broker(bench.program, f'{home}/data', '--test-clock', clock.path, *flags,
                    environment=bench.environment(home, orders)) as broker:
            broker.kill()
    except DidNotStart as ended:
        if ended.code != KILLED:
            raise


def kind_of(line):
    _, call, name, _ = line.split(' ')
    return f'{call} {"." + name.rsplit(".", 1)[1] if "." in name.strip(".") else name.rstrip("0123456789")}'


def count_calls(bench, life):
    home = bench.home('count', life)
    ledger = ledgers.Ledger()
    clock = ClockPage(os.path.join(home, 'clock'))
    code = bench.live(home, ledger, clock, 'count', {}, LIFE_FLAGS[life])
    with open(f'{home}/report', encoding='utf-8') as report:
        calls = report.read().splitlines()
    if code != 0 or any(m.outcome != ledgers.ACKED for m in ledger.messages.values()):
        raise RuntimeError(f'the workload does not run through: exit code {code}')
    return calls


def points_of(life, calls):
    """Every call of a new store; of the others the beginning, which is what differs, and every sixth."""
    for number, line in enumerate(calls, 1):
        if life != 'fresh' and number > 80 and number % 6:
            continue
        is_write = 'write' in line.split(' ')[1]
        yield Point(life, number)
        for torn in TEARS if is_write else (AFTER,):
            yield Point(life, number, torn)
        yield Point(life, number, power=0)
        yield Point(life, number, power=number)
        if is_write:
            yield Point(life, number, 500, power=number)


def all_points(bench):
    return [point for life in LIVES for point in points_of(life, count_calls(bench, life))]


_BENCH = None


def _in_worker(point):
    try:
        return run_point(_BENCH, point)
    except Exception as error:  # noqa: BLE001  a point that cannot be run is a finding, with its name
        outcome = Outcome(point)
        outcome.violations.append(f'{type(error).__name__}: {error}')
        return outcome


def run_points(bench, points):
    """All of them, two at a time."""
    global _BENCH  # forked workers see it
    _BENCH = bench
    with ProcessPoolExecutor(WORKERS) as pool:
        return list(pool.map(_in_worker, points))


def summary(outcomes, began):
    """Prints the figures; whether every state was as it must be."""
    kinds = Counter(outcome.kind for outcome in outcomes)
    seconds = sorted(outcome.seconds for outcome in outcomes)
    counts = sum((outcome.counts for outcome in outcomes), Counter())
    power = sum(outcome.point.power is not None for outcome in outcomes)
    acked = sum(outcome.acked for outcome in outcomes)
    wrong = [outcome for outcome in outcomes if outcome.violations]
    print(f'{len(outcomes)} states: the process died in {len(outcomes) - power}, the power went in {power}; '
          f'{acked} acknowledged messages looked for')
    print('  at: ' + ', '.join(f'{kind} {count}' for kind, count in sorted(kinds.items())))
    print('  ' + ', '.join(f'{kind} {counts[kind]}' for kind in CLASSES))
    print(f'  start after it: median {seconds[len(seconds) // 2] * 1000:.0f} ms, '
          f'max {seconds[-1] * 1000:.0f} ms; all in {time.monotonic() - began:.0f} s')
    if not wrong:
        print(f'  nothing wrong in {len(outcomes)} states: with 95 % certainty fewer than '
              f'{3 / len(outcomes):.2%} of such states are, and fewer than {3 / acked:.4%} of messages')
    for outcome in wrong[:10]:
        print(f'WRONG at {outcome.point}\n  ' + '\n  '.join(outcome.violations[:6]))
    return not wrong


def control(bench, what, points):
    """Every one of these must lose something, or the sweep cannot see a loss."""
    outcomes = run_points(bench, points)
    blind = [str(outcome.point) for outcome in outcomes if not outcome.counts['lost']]
    lost = sum(outcome.counts['lost'] for outcome in outcomes)
    print(f'control, {what}: {lost} of {sum(o.acked for o in outcomes)} acknowledged messages lost in '
          f'{len(points)} states')
    for name in blind:
        print(f'BLIND at {name}')
    return not blind


def controls(bench):
    places = range(40, 170, 13)
    return all([control(bench, 'syncs do nothing and the power goes',
                        [Point('fresh', at, power=0, lie=True) for at in places]),
                control(bench, 'flush=async and the power goes',
                        [Point('fresh', at, power=0, flags=('--flush', 'async')) for at in places])])


def run(program, shim, folder, sample, seed):
    began = time.monotonic()
    bench = Bench(program, shim, folder)
    bench.prepare()
    points = all_points(bench)
    # Nothing acknowledged is lost when only the process dies, however it flushes.
    points += [Point('fresh', at, flags=('--flush', 'async')) for at in range(3, 180, 3)]
    if sample:
        points = random.Random(seed).sample(points, SAMPLE)
    fine = summary(run_points(bench, points), began)
    return controls(bench) and fine
