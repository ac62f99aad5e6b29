#!/usr/bin/env python3
"""The fixtures for tests of others, each with its example and a stock client, on our broker."""
import os
import shutil
import signal
import sys

from processes import CannotRun, run

HERE = os.path.dirname(os.path.abspath(__file__))
MQ = os.path.join(HERE, '..', '..', 'mq')
GET_LIMIT, TEST_LIMIT = 900, 600
PYTHON_PACKAGES = ['pytest==8.3.4', 'rocketmq-client-python==0.5.0rc2']


def gtest(folder):
    build = os.path.join(folder, *['..'] * 3)
    get = ['cmake', '--install', build, '--component', 'fixture', '--prefix', os.path.join(folder, 'prefix')]
    test = ('cmake -S . -B build -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_PREFIX_PATH=$PWD/prefix'
            ' && cmake --build build && ctest --test-dir build --output-on-failure')
    return 'cmake', get, ['sh', '-c', test]


def junit5(folder):
    maven = ['mvn', '-B', '-ntp', f'-Dfixtures.output={folder}/target']
    return 'mvn', [*maven, 'test-compile'], [*maven, 'test']


def go(folder):
    return 'go', ['go', 'mod', 'download'], ['go', 'test', '-count=1', '-v', './...']


def pytest(folder):
    python = os.path.join(folder, 'venv', 'bin', 'python')
    get = f'python3 -m venv venv && {python} -m pip install --quiet {" ".join(PYTHON_PACKAGES)}'
    return 'python3', ['sh', '-c', get], [python, '-m', 'pytest', '-v', '-p', 'no:cacheprovider']


def node(folder):
    return 'npm', ['npm', 'install', '--no-audit', '--no-fund'], ['node', '--test', 'example.test.js']


FIXTURES = {'gtest': gtest, 'junit5': junit5, 'go': go, 'pytest': pytest, 'node': node}


def step(name, command, log, limit, **options):
    code = run(name, command, log, limit, **options)
    with open(log, encoding='utf-8', errors='replace') as file:
        said = file.read()
    return code, said


def judge(build, name):
    """Whether the example passes in a copy of its folder: what a user does."""
    folder = os.path.join(build, 'compat', 'fixtures', name)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(MQ, 'fixture/example' if name == 'gtest' else f'fixtures/{name}'), folder)
    tool, get, test = FIXTURES[name](folder)
    if not shutil.which(tool):
        raise CannotRun(f'{tool} is not installed; tools/install-packages compat brings it')
    code, said = step(tool, get, os.path.join(folder, 'get.log'), GET_LIMIT, cwd=folder)
    if code != 0:
        raise CannotRun(f'{" ".join(get)} ended with {code}; its last words: {said[-1500:]}')
    environment = {**os.environ, 'SLUICE_MQ': os.path.join(build, 'bin', 'sluice-mq')}
    code, said = step(name, test, os.path.join(folder, 'test.log'), TEST_LIMIT, cwd=folder, env=environment)
    print(said)
    return code == 0


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in FIXTURES:
        sys.exit(f'usage: fixtures.py BUILD-DIRECTORY {"|".join(FIXTURES)}')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        good = judge(os.path.abspath(sys.argv[1]), sys.argv[2])
    except CannotRun as why:
        sys.exit(f'compat: {why}')
    sys.exit(0 if good else 1)


main()
