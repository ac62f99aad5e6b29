#!/usr/bin/env python3
"""The story of `sluice demo`, told while processes are killed in the middle of it (kill -9).

  story.py BIN                each process dies once, at a step of the story of its own
  story.py BIN --every-step   each process dies at every step
  story.py BIN NAME STEP      one process dies at one step, as its line in the two above says

The story ends right, or the exit code is 1."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from leftovers import processes_below

SLUICE = os.path.join(sys.argv[1], 'sluice')
PATIENCE = 60
STORY_MAX = 180

# What the demo prints when it comes to a step, in the order of the story.
STEPS = ['1. An order is placed', 'OrderCreated', 'pay page', 'OrderPaid', 'OrderFulfilling',
         'OrderShipped', '3. An order whose buyer', 'A day passes', 'it is', 'OrderClosed',
         'The third buyer pays', 'LatePayment', 'PaymentRefunded', 'Do the database']


def loopback():
    """An address of this run's own, so that it runs beside others."""
    pid = os.getpid()
    return f'127.{128 + pid // 62500 % 64}.{1 + pid // 250 % 250}.{1 + pid % 250}'


def sluice(folder, *words, check=True):
    done = subprocess.run([SLUICE, *words, '--dir', folder], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=240, check=False)
    if check and done.returncode != 0:
        said = f'{done.stdout}\n{done.stderr}'
        raise RuntimeError(f'sluice {" ".join(words)}: exit code {done.returncode}\n{said}')
    return done


def processes(folder):
    status = json.loads(sluice(folder, 'status', '--json', check=False).stdout)
    return {p['name']: p for p in status['processes']}


def wait_until_all_are_ready(folder, killed, old_pid):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        now = processes(folder)
        if now.get(killed, {}).get('pid') != old_pid and all(p['state'] == 'ready' for p in now.values()):
            return
        time.sleep(0.2)
    now = processes(folder)
    raise RuntimeError(f'{killed} was killed, and after {PATIENCE} s not everything is ready: {now}')


def tell(folder, step=None, pid=None):
    """Tells the story, kills `pid` when it comes to `step`, and returns what it said."""
    said = []
    with subprocess.Popen([SLUICE, 'demo', '--dir', folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as demo:
        too_long = threading.Timer(STORY_MAX, demo.kill)
        too_long.start()
        for line in demo.stdout:
            said.append(line)
            if pid is not None and step in line:
                os.kill(pid, signal.SIGKILL)
                pid = None
        too_long.cancel()
    story = ''.join(said)
    if demo.returncode != 0 or 'They agree.' not in story:
        raise RuntimeError(f'the story ended with exit code {demo.returncode}:\n{story}')
    if pid is not None:
        raise RuntimeError(f'the story never came to "{step}", nothing was killed:\n{story}')


def kill_at(folder, name, step):
    pid = processes(folder)[name]['pid']
    started = time.monotonic()
    try:
        tell(folder, step, pid)
    except RuntimeError as error:
        raise RuntimeError(f'{name} killed at "{step}": {error}') from error
    print(f'{name} killed at "{step}": the books agree, {time.monotonic() - started:.1f} s', flush=True)
    wait_until_all_are_ready(folder, name, pid)


def interrupt_a_start(folder, ip):
    """Ctrl-C at the terminal, while the database is made."""
    with subprocess.Popen([SLUICE, 'up', '--detach', '--dir', folder, '--ip', ip], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as starting:
        said = starting.stdout.readline()
        starting.send_signal(signal.SIGINT)
        said += starting.communicate(timeout=PATIENCE)[0]
    assert starting.returncode == 1, f'{starting.returncode}: {said}'
    assert 'Stopped before everything was ready.' in said, said
    assert sluice(folder, 'status', check=False).returncode == 1, f'it came up all the same: {said}'
    assert processes_below(folder) == [], f'left behind: {processes_below(folder)}'


def plan(names, asked):
    """Step by step, so that one process does not die too often in a minute."""
    if asked == ['--every-step']:
        return [(name, step) for step in STEPS for name in names]
    if asked:
        return [tuple(asked)]
    return [(name, STEPS[(2 * i + 1) % len(STEPS)]) for i, name in enumerate(names)]


def main():
    folder = tempfile.mkdtemp(prefix='sluice-story.')
    os.chmod(folder, 0o711)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` cleans up
    try:
        interrupt_a_start(folder, loopback())
        sluice(folder, 'up', '--detach', '--ip', loopback())
        # What others left unpaid, and a story that broke off: the passing day closes it and frees its stock.
        sluice(folder, 'order', 'place')
        sluice(folder, 'order', 'place', '--user', 'demo', '--sku', 'SKU-1015')
        tell(folder)
        for name, step in plan(list(processes(folder)), sys.argv[2:]):
            kill_at(folder, name, step)
    finally:
        sluice(folder, 'down', check=False)
        sluice(folder, 'reset', '--yes', check=False)  # its database may lie elsewhere
        shutil.rmtree(folder, ignore_errors=True)
    left = processes_below(folder)
    assert not left, f'still running after sluice down: {left}'


main()
