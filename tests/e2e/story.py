#!/usr/bin/env python3
"""The story of `sluice demo`, told before and after each process was killed once."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SLUICE = os.path.join(sys.argv[1], 'sluice')
PATIENCE = 60


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


def wait_ready(folder, name, not_pid):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        now = processes(folder).get(name, {})
        if now.get('state') == 'ready' and now.get('pid') != not_pid:
            return
        time.sleep(0.2)
    raise RuntimeError(f'{name} was killed and did not come back in {PATIENCE} s')


def tell(folder, what):
    started = time.monotonic()
    story = sluice(folder, 'demo')
    print(f'{what}: the books agree, {time.monotonic() - started:.1f} s', flush=True)
    assert 'They agree.' in story.stdout


def main():
    folder = tempfile.mkdtemp(prefix='sluice-story.')
    os.chmod(folder, 0o711)
    pids = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` cleans up
    try:
        sluice(folder, 'up', '--detach', '--ip', loopback())
        tell(folder, 'fresh')
        for name, process in processes(folder).items():
            os.kill(process['pid'], signal.SIGKILL)
            wait_ready(folder, name, process['pid'])
            tell(folder, f'{name} killed')
        pids = [p['pid'] for p in processes(folder).values()]
    finally:
        sluice(folder, 'down', check=False)
        shutil.rmtree(folder, ignore_errors=True)
    left = [pid for pid in pids if os.path.exists(f'/proc/{pid}')]
    assert not left, f'still running after sluice down: {left}'


main()
