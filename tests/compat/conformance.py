"""What cases written in Python have in common: how they are run, how they wait and how they judge."""
import collections
import concurrent.futures
import os
import subprocess
import sys
import threading
import time
import traceback

import remoting

PATIENCE = 100  # for one condition; generous: it decides only how long a failure takes
RUN = f'{int(time.time() * 1000):x}'
QUERY_CONSUMER_OFFSET, GET_MAX_OFFSET, GET_PRODUCER_CONNECTIONS = 14, 30, 204


class Failed(Exception):
    """What a case found."""


def unless(condition, text):
    if not condition:
        raise Failed(text)


def unless_equal(wanted, found, what):
    unless(wanted == found, f'{what}: {str(found)[:400]}, but {str(wanted)[:400]} was expected')


def unless_same(wanted, found, what):
    """The same keys, each as often, in any order."""
    unless_equal(sorted(wanted), sorted(found), what)


def unless_soon(condition, otherwise):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        unless(time.monotonic() < deadline, f'after {PATIENCE} s: {otherwise()}')
        time.sleep(0.02)  # between two looks; nothing is concluded from it


def keys(first, count):
    return [f'key{number}' for number in range(first, first + count)]


class Inbox:
    """What consumers were given, in the order in which they were given it: key, message and time."""

    def __init__(self):
        self._mutex, self._entries = threading.Lock(), []

    def add(self, key, message=None):
        with self._mutex:
            self._entries.append((key, message, time.time()))

    def entries(self):
        with self._mutex:
            return list(self._entries)

    def keys(self):
        return [key for key, _, _ in self.entries()]

    def wait_for(self, wanted):
        """Until every one of these keys came, as often as it stands there."""
        least = collections.Counter(list(wanted))
        unless_soon(lambda: not least - collections.Counter(self.keys()),
                    lambda: f'{len(self.keys())} came, but not {least - collections.Counter(self.keys())}')


class Scene:
    """What one case uses: names nobody else has, and things that end with it."""
    _made, _mutex = 0, threading.Lock()

    def __init__(self, name_server, name):
        self.name_server, self._name = name_server, name.replace('.', '-')
        self.broker = remoting.broker_of(name_server)
        self._endings = []

    def unique(self, what):
        with Scene._mutex:
            Scene._made += 1
            return f'{what}-{self._name}-{RUN}-{Scene._made}'

    def topic(self, queues, kind=None):
        topic = self.unique('T')
        remoting.create_topic(self.name_server, topic, queues, kind)
        return topic

    def at_end(self, action):
        self._endings.append(action)

    def close(self):
        for ending in reversed(self._endings):
            ending()

    def _offset(self, code, group, topic, queue):
        header, _ = remoting.ask(self.broker, code,
                                 {'consumerGroup': group, 'topic': topic, 'queueId': str(queue)})
        return int(header['extFields']['offset']) if header['code'] == 0 else 0

    def length(self, topic):
        """Messages in the first queue."""
        return self._offset(GET_MAX_OFFSET, '', topic, 0)

    def knows_producer(self, group, topic):
        header, _ = remoting.ask(self.broker, GET_PRODUCER_CONNECTIONS,
                                 {'producerGroup': group, 'topic': topic})
        return header['code'] == 0

    def wait_for_commits(self, group, topic, queues):
        """Until the broker has noted that the group is through with the topic."""
        for queue in range(queues):
            end = self._offset(GET_MAX_OFFSET, group, topic, queue)
            unless_soon(lambda: self._offset(QUERY_CONSUMER_OFFSET, group, topic, queue) == end,
                        lambda: f'{group} does not come to {end} in queue {queue} of {topic}')


def _judge(scene, body):
    try:
        try:
            body(scene)
        finally:
            scene.close()
    except Failed as failure:
        return str(failure)
    except Exception as failure:
        place = traceback.extract_tb(failure.__traceback__)[-1]
        return f'{type(failure).__name__} {failure} at {place.filename.rsplit("/", 1)[-1]}:{place.lineno}'
    return ''


def _begun(cases, chosen):
    """The cases that are to run, printed; without a choice, all but the controls."""
    for name in chosen:
        if name not in cases:
            sys.exit(f'there is no case {name}')
    chosen = chosen or [name for name in cases if not name.startswith('control.')]
    print('cases', *chosen, sep='\t', flush=True)
    return chosen


def run_one(name, scene, body):
    """Prints the case's line; whether it passed."""
    begun = time.monotonic()
    reason = ' '.join(_judge(scene, body).split())
    seconds = f'{time.monotonic() - begun:.1f}'
    sys.stdout.write('\t'.join(['fail' if reason else 'pass', name, seconds, reason]) + '\n')
    sys.stdout.flush()
    return not reason


def run_all(cases, make_scene, chosen, at_a_time=12):
    """The cases, several at a time; the exit code."""
    cases = {**cases, 'control.ended': lambda scene: os._exit(0)}
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as threads:
        passed = list(threads.map(lambda name: run_one(name, make_scene(name), cases[name]),
                                  _begun(cases, chosen)))
    return 0 if all(passed) else 1


def run_apart(cases, command, chosen, at_a_time=12):
    """The same with a process for each case, for a client that may take its process with it when it ends."""
    cases = {**cases, 'control.ended': None}

    def one(name):
        if name == 'control.ended':
            os._exit(0)
        said = subprocess.run([*command, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors='replace', check=False).stdout
        line = next((line for line in said.splitlines() if line.split('\t')[0] in ('pass', 'fail')), None)
        line = line or f'fail\t{name}\t0.0\tit ended early: {" ".join(said.split())[-300:]}'
        sys.stdout.write(line + '\n')
        sys.stdout.flush()
        return line.startswith('pass')

    with concurrent.futures.ThreadPoolExecutor(at_a_time) as threads:
        return 0 if all(list(threads.map(one, _begun(cases, chosen)))) else 1
