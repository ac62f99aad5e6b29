#!/usr/bin/env python3
"""Runs a benchmark for seconds: does it work, can its output be read, does it leave nothing behind? No number
is judged.

    smoke.py BIN mq | callback
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests'))
from leftovers import processes_below

BIN = sys.argv[1]
SHORT = {
    'mq': ['sluice-bench-mq', '--rounds', '1', '--seconds', '1', '--starts', '1', '--backlog', '20000',
           '--reserve', '0', '--only', 'sync-64x1,drain-32,start,restart', '--pin=false', '--json'],
    'callback': ['sluice-bench-callback', '--rates', '20', '--seconds', '2', '--json'],
}
POSITIVE = {
    'sync-64x1': ['broker.messages_per_second', 'broker.p50_us', 'broker.p99_us', 'broker.p999_us',
                  'broker.cpu_seconds_per_million', 'echo.messages_per_second', 'raw.messages_per_second',
                  'of_echo.median', 'of_raw.median', 'messages_per_sync'],
    'drain-32': ['broker.messages_per_second', 'broker.cpu_seconds_per_million', 'echo.messages_per_second',
                 'raw.messages_per_second', 'of_echo.median'],
    'start': ['ready_ms', 'idle_resident_bytes', 'idle_anonymous_bytes'],
    'restart': ['messages', 'first_answer_ms'],
    'callback': ['answer.p50_ms', 'answer.p99_ms', 'rewards.p99_ms', 'push.p99_ms', 'ship.p99_ms'],
}


def command(which, folder):
    words = SHORT[which]
    return [os.path.join(BIN, words[0]), *words[1:], '--folder', folder]


def at(report, path):
    for name in path.split('.'):
        report = report[name]
    return report


def check_report(report):
    for path in POSITIVE[report['name']]:
        value = at(report, path)
        assert isinstance(value, (int, float)) and value > 0, f'{report["name"]}: {path} is {value}'
    if 'broker' in report:
        assert report['broker']['refused'] == 0, report
        assert report['segments'], report
    if report['name'] == 'callback':
        assert report['answered'] == report['asked'], report
        assert report['missing'] == 0, report


def check_reports(which, folder):
    done = subprocess.run(command(which, folder), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=200, check=False)
    assert done.returncode == 0, f'exit code {done.returncode}\n{done.stdout}\n{done.stderr}'
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    names = {report['name'] for report in reports}
    expected = {'mq': {'sync-64x1', 'drain-32', 'start', 'restart'}, 'callback': {'callback'}}[which]
    assert names == expected, names
    for report in reports:
        check_report(report)


def check_interrupted(which, folder):
    """A folder and processes must have been there, or this would prove nothing."""
    running = subprocess.Popen(command(which, folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(processes_below(folder)) < 3:
        assert running.poll() is None and time.monotonic() < deadline, 'it never started anything'
        time.sleep(0.05)
    assert os.listdir(folder)
    running.send_signal(signal.SIGINT)
    code = running.wait(timeout=100)
    assert code == 128 + signal.SIGINT, code


def main(which):
    with tempfile.TemporaryDirectory(prefix='sluice-smoke.') as folder:
        os.chmod(folder, 0o711)
        for check in (check_reports, check_interrupted):
            check(which, folder)
            assert not os.listdir(folder), f'{check.__name__}: left {os.listdir(folder)}'
            assert not processes_below(folder), f'{check.__name__}: left {processes_below(folder)}'


main(sys.argv[2])
