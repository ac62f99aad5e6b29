"""The power goes under a real file system.

The workload runs on an ext4 whose disk logs every write and flush. Then the states are made that a cut at
some moment could have left: everything up to the last flush, and of what came later half of the writes, a
third of them torn. Each is mounted (the journal is replayed), the broker started, and judged by what had
been acknowledged at that moment."""
import contextlib
import os
import random
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import client as clients
import kills
import ledger as ledgers
import rig as rigs
import sweep
from broker import Broker, ClockPage, DidNotStart
from remoting import Gone

ALL, SAMPLE, CONTROL = 320, 14, 3
WORKERS = 2
CROWD = 'Crowd'
NO_ORDERS = {}
AHEAD = 4  # images that wait for a worker
ROUNDS = 2


class Cut:
    def __init__(self, number, cut, seed):
        self.number, self.cut, self.seed = number, cut, seed


@contextlib.contextmanager
def crowd(broker, ledger, name):
    """Producers beside the workload: one sync covers the messages of several, and some are large."""
    world = kills.World(ledger)
    world.port = broker.port
    with broker.connect() as connection:
        clients.Client(connection, ledger).create_topic(CROWD, 1)

    def sender(number):
        count = 0

        def send(client):
            nonlocal count
            count += 1
            client.send(f'{name}-crowd{number}-{count}', CROWD, 0, (200, 9_000, 30_000)[count % 3])
            time.sleep(0.002)
        return send

    threads = [threading.Thread(target=kills.while_alive, args=(world, f'crowd{number}', sender(number)))
               for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        world.stopping.set()
        for thread in threads:
            thread.join()


def record(bench, folder, rounds, orders=NO_ORDERS, flags=(), end_of_life=Broker.stop):
    """A workload on the rig; (ledger, path of the log, mark of the beginning)."""
    with rigs.Rig(folder) as rig:
        ledger = ledgers.Ledger(rig.mark)
        os.mkdir(os.path.join(rig.path, 'data'))
        clock = ClockPage(os.path.join(folder, 'clock'))
        os.sync()
        begin = rig.mark()
        for number in range(rounds):
            bench.live(rig.path, ledger, clock, f'r{number}', orders, flags, beside=crowd, end=end_of_life)
        end = rig.mark()
    return ledger, rig.log, begin, end


def judge(bench, image, place, ledger):
    """Mounts the image, starts the broker on it and looks."""
    subprocess.run(['mount', '-o', 'loop', image, place], capture_output=True, check=True)
    try:
        clock = ClockPage(image + '.clock')
        return bench.judge(place, ledger, clock)
    finally:
        subprocess.run(['umount', place], capture_output=True, check=False)


_WORLD = None


def _in_worker(task):
    cut, image = task
    bench, ledger, folder = _WORLD
    outcome = sweep.Outcome(cut)
    place = os.path.join(folder, f'crash-{os.getpid()}')
    os.makedirs(place, exist_ok=True)
    past = ledger.as_of(cut.cut)
    outcome.acked = sum(m.outcome == ledgers.ACKED for m in past.messages.values())
    try:
        verdict, outcome.seconds = judge(bench, image, place, past)
        outcome.violations, outcome.counts = verdict.violations, verdict.counts
    except (DidNotStart, Gone, RuntimeError, subprocess.CalledProcessError) as error:
        outcome.counts['unmountable'] += 1
        outcome.violations.append(f'unmountable: {getattr(error, "stderr", None) or error}')
    os.remove(image)
    return outcome


def run_states(bench, folder, ledger, log, cuts, seed):
    global _WORLD  # forked workers see it
    _WORLD = bench, ledger, folder
    states = rigs.States(log)
    outcomes, running = [], []
    with ProcessPoolExecutor(WORKERS) as pool:
        for number, cut in enumerate(cuts):
            image = os.path.join(folder, f'image-{number}')
            with open(image, 'wb') as file:
                file.write(states.image(cut, seed + number))
            running.append(pool.submit(_in_worker, (Cut(number, cut, seed + number), image)))
            if len(running) > AHEAD:
                outcomes.append(running.pop(0).result())
        outcomes += [task.result() for task in running]
    return outcomes, states


def summary(outcomes, states, seconds):
    counts = sum((outcome.counts for outcome in outcomes), Counter())
    starts = sorted(outcome.seconds for outcome in outcomes)
    acked = sum(outcome.acked for outcome in outcomes)
    print(f'{len(outcomes)} power cuts under ext4: {states.dropped} writes dropped, {states.torn} torn; '
          f'{acked} acknowledged messages looked for')
    print('  ' + ', '.join(f'{kind} {counts[kind]}' for kind in sweep.CLASSES))
    print(f'  start after it: median {starts[len(starts) // 2] * 1000:.0f} ms, '
          f'max {starts[-1] * 1000:.0f} ms; {seconds:.0f} s')
    wrong = [outcome for outcome in outcomes if outcome.violations]
    if not wrong:
        print(f'  with 95 % certainty fewer than {3 / len(outcomes):.2%} of such states lose something')
    for outcome in wrong[:8]:
        point = outcome.point
        print(f'WRONG in state {point.number}, cut at {point.cut}, seed {point.seed}\n  '
              + '\n  '.join(outcome.violations[:6]))
    return not wrong


def control(bench, folder, seed, what, orders, flags):
    """Cut at the end, every state must have lost something, or the rig cannot see a loss."""
    home = os.path.join(folder, what.split('=')[-1])
    os.mkdir(home)
    ledger, log, _, end = record(bench, home, 1, orders, flags, Broker.kill)
    outcomes, _ = run_states(bench, home, ledger, log, [end] * CONTROL, seed)
    wrong = sum(1 for outcome in outcomes if outcome.counts['lost'])
    lost, acked = sum(o.counts['lost'] for o in outcomes), sum(o.acked for o in outcomes)
    print(f'control, {what}: {lost} of {acked} acknowledged messages lost, '
          f'in {wrong} of {len(outcomes)} states')
    return wrong == len(outcomes)


def run(program, shim, folder, sample, seed):
    rigs.check_machine()
    began = time.monotonic()
    bench = sweep.Bench(program, shim, folder)
    ledger, log, begin, end = record(bench, folder, 1 if sample else ROUNDS)
    cuts = rigs.moments(log, begin, end, SAMPLE if sample else ALL, random.Random(seed))
    outcomes, states = run_states(bench, folder, ledger, log, cuts, seed)
    fine = summary(outcomes, states, time.monotonic() - began)
    sees = [control(bench, folder, seed, 'syncs do nothing', {'FAULT_LIE': '1'}, ()),
            control(bench, folder, seed, 'flush=async', {}, ('--flush', 'async'))]
    return fine and all(sees)
