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
SMALL = ['--rounds', '1', '--seconds', '1', '--starts', '1', '--backlog', '20000', '--reserve', '0',
         '--rate', '1000', '--timers', '2000', '--delay-seconds', '1', '--burst', '5000',
         '--connections', '100', '--restarts', '1000,20000', '--pin=false', '--json']
MQ_WORKLOADS = ['sync-64x1', 'batch-32', 'drain-32', 'drain-cold', 'end-to-end', 'delay', 'delay-burst',
                'transactions', 'connections', 'start', 'restart']
SHORT = {
    'mq': ['sluice-bench-mq', *SMALL, '--goals', '--only', ','.join(MQ_WORKLOADS)],
    'ladder': ['sluice-bench-mq', *SMALL, '--ladder', 'timers', '--top', '10000'],
    'callback': ['sluice-bench-callback', '--rates', '20', '--seconds', '2', '--json'],
}
SENDS = ['broker.messages_per_second', 'broker.p50_us', 'broker.p99_us', 'broker.p999_us',
         'broker.cpu_seconds_per_million', 'echo.messages_per_second', 'raw.messages_per_second',
         'of_echo.median', 'of_raw.median']
POSITIVE = {
    'sync-64x1': [*SENDS, 'messages_per_sync'],
    'batch-32': SENDS,
    'drain-32': ['broker.messages_per_second', 'broker.cpu_seconds_per_million', 'echo.messages_per_second',
                 'raw.messages_per_second', 'of_echo.median'],
    'drain-cold': ['broker.messages_per_second', 'broker.cpu_seconds_per_million'],
    'end-to-end': ['rate', 'arrival_p50_ms', 'arrival_p99_ms', 'answer_p50_ms', 'echo_p50_ms',
                   'cpu_seconds_per_million'],
    'delay': ['sent', 'late_p50_ms', 'late_p99_ms', 'sleep_p50_ms', 'send_rate', 'cpu_seconds_per_million'],
    'delay-burst': ['sent', 'late_p99_ms', 'last_s'],
    'transactions': ['transactions_per_second', 'of_plain_sends', 'whole_p50_ms', 'cpu_seconds_per_million'],
    'connections': ['idle_resident_mb', 'resident_mb'],
    'start': ['ready_ms', 'idle_resident_bytes', 'idle_anonymous_bytes'],
    'restart': ['messages', 'first_answer_ms', 'again_ms'],
    'ladder-timers': ['cpu_10000', 'ratio_10000'],
    'goals': [],
    'callback': ['answer.p50_ms', 'answer.p99_ms', 'rewards.p99_ms', 'push.p99_ms', 'ship.p99_ms'],
}
NAMES = {'mq': {*MQ_WORKLOADS, 'goals'}, 'ladder': {'ladder-timers'}, 'callback': {'callback'}}


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
    if report['name'] == 'end-to-end':
        assert report['missing'] == 0, report
    if report['name'].startswith('delay'):
        assert report['received'] == report['sent'] and report['early'] == 0, report
    if report['name'] == 'transactions':
        assert report['refused'] == 0, report
    if report['name'] == 'goals':
        assert {goal['goal'] for goal in report['goals']} >= {'G5', 'G6', 'G7', 'G8', 'G9', 'G10'}, report
    if report['name'] == 'callback':
        assert report['answered'] == report['asked'], report
        assert report['missing'] == 0, report


def check_reports(which, folder):
    done = subprocess.run(command(which, folder), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=200, check=False)
    assert done.returncode == 0, f'exit code {done.returncode}\n{done.stdout}\n{done.stderr}'
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    names = {report['name'] for report in reports}
    assert names == NAMES[which], names
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
    runs = {'mq': ['mq', 'ladder'], 'callback': ['callback']}[which]
    checks = [*((check_reports, run) for run in runs), (check_interrupted, which)]
    with tempfile.TemporaryDirectory(prefix='sluice-smoke.') as folder:
        os.chmod(folder, 0o711)
        for check, run in checks:
            check(run, folder)
            assert not os.listdir(folder), f'{check.__name__}: left {os.listdir(folder)}'
            assert not processes_below(folder), f'{check.__name__}: left {processes_below(folder)}'


main(sys.argv[2])
