"""Name servers and brokers of both makes in one cluster, and restarts while messages flow."""
import contextlib
import functools
import json
import os
import shutil
import subprocess
import tempfile
import time

from brokers import LOOPBACK, genuine_broker, genuine_name_server
from processes import PATIENCE, CannotRun, Child, free_port, java
from remoting import CREATE_TOPIC, GET_ROUTE, ask

CONSUMER_CONNECTIONS = 203
TOPIC, GROUP = 'Traffic', 'traffic-group'
# Enough to send, consume and administrate through a name server; what brokers do is judged elsewhere.
CASES = ['send.sync', 'send.async', 'send.new-topic', 'send.batch', 'consume.concurrent', 'consume.orderly',
         'group.share-and-take-over', 'heartbeat.several-groups', 'heartbeat.changed-subscription',
         'tools.running-info']
SUITES = 'Send.*:Consume.*:AdminCalls.*'


class Wrong(Exception):
    """What a scenario found."""


class Ours:
    """A sluice-mq that can be ended and started again at the same ports."""

    def __init__(self, build, scratch, name, *arguments):
        self.name, self.log = name, os.path.join(scratch, f'{name}.log')
        self.command = [os.path.join(build, 'bin', 'sluice-mq'), '--metrics-enabled=false', '--data',
                        os.path.join(scratch, name), *arguments]
        self.child, self.ready = None, None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.child:
            self.child.stop()

    def start(self):
        self.child = Child(self.name, self.command, self.log)
        self.ready = json.loads(self.child.wait_for('"ready"'))

    def end(self):
        """In order; every request in flight is answered."""
        self.child.process.terminate()
        try:
            code = self.child.process.wait(10)
        except subprocess.TimeoutExpired as late:
            raise Wrong(f'{self.name} did not end within 10 s') from late
        if code != 0:
            raise Wrong(f'{self.name} ended with {code}: {self.child.output()[-600:]}')

    def kill(self):
        self.child.process.kill()
        self.child.process.wait()

    def port(self, service):
        return int(self.ready[service].rsplit(':', 1)[1])


def our_name_server(build, scratch, name='names'):
    return Ours(build, scratch, name, '--role', 'namesrv', '--namesrv-port', str(free_port()))


def our_broker(build, scratch, name, names):
    return Ours(build, scratch, name, '--role', 'broker', '--broker', name, '--namesrv-addr', names,
                '--port', str(free_port(-2)))


def until(condition, otherwise, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise Wrong(otherwise)
        time.sleep(0.1)


def brokers_of(port, topic):
    """The names in a topic's route."""
    with contextlib.suppress(OSError):
        fields = {'topic': topic, 'acceptStandardJsonOnly': 'true'}
        header, body = ask(f'{LOOPBACK}:{port}', GET_ROUTE, fields)
        found = json.loads(body)['brokerDatas'] if header['code'] == 0 else []
        return [broker['brokerName'] for broker in found]
    return []


def knows_subscription(port):
    """Whether the broker knows what the consumers of the traffic want."""
    header, body = ask(f'{LOOPBACK}:{port}', CONSUMER_CONNECTIONS, {'consumerGroup': GROUP})
    return header['code'] == 0 and TOPIC in json.loads(body)['subscriptionTable']


class Traffic:
    """The stock client that sends and consumes all the time."""

    def __init__(self, build, scratch, names, *options):
        folder = os.path.join(build, 'compat', 'java')
        classpath = os.path.join(folder, 'classes') + ':' + os.path.join(folder, 'dependency', '*')
        command = java(classpath, os.path.join(scratch, 'traffic'), '-Xmx256m') + [
            'sluice.compat.Traffic', names, TOPIC, GROUP, *options]
        log = os.path.join(scratch, 'traffic.log')
        self.child = Child('the traffic', command, log, stdin=subprocess.PIPE)

    def __enter__(self):
        self.child.wait_for('ready ')
        return self

    def __exit__(self, *_):
        self.child.stop()

    def goes_on(self):
        """Waits for some more sends and receipts."""
        first = self._counts()
        until(lambda: all(now >= before + 100 for now, before in zip(self._counts(), first)),
              f'the traffic stopped: {self.child.output()[-600:]}')

    def _counts(self):
        lines = len(self.child.output().splitlines())
        self.child.process.stdin.write(b'\n')
        self.child.process.stdin.flush()
        until(lambda: len(self.child.output().splitlines()) > lines, 'the traffic does not answer')
        words = [line for line in self.child.output().splitlines() if line.startswith('sent ')][-1].split()
        return int(words[1]), int(words[3])

    def judge(self):
        self.child.process.stdin.close()
        code = self.child.process.wait(PATIENCE * 2)
        said = self.child.output().splitlines()
        wrong = [line for line in said if line.startswith('error')]
        if code != 0 or wrong:
            raise Wrong(f'the traffic ended with {code}: {wrong[:3]} {said[-1:]}')
        return said[-1]


def create_topic(broker):
    fields = {'topic': TOPIC, 'defaultTopic': 'TBW102', 'readQueueNums': '4', 'writeQueueNums': '4',
              'perm': '6', 'topicFilterType': 'SINGLE_TAG', 'topicSysFlag': '0', 'order': 'false'}
    header, _ = ask(broker.ready['broker'], CREATE_TOPIC, fields)
    if header['code'] != 0:
        raise CannotRun(f'the topic cannot be made: {header}')


def rolling_restart(build, scratch, *_):
    """One of two brokers ends and comes back, then the other; no producer sees an error."""
    with our_name_server(build, scratch) as names, contextlib.ExitStack() as stack:
        address = names.ready['namesrv']
        everyone = ['broker-a', 'broker-b']
        both = [stack.enter_context(our_broker(build, scratch, name, address)) for name in everyone]
        for broker in both:
            create_topic(broker)

        def all_there():
            return brokers_of(names.port('namesrv'), TOPIC) == everyone

        until(all_there, 'the brokers did not register')
        with Traffic(build, scratch, address, 'v2') as traffic:
            for broker in reversed(both):
                broker.end()
                if all_there():
                    raise Wrong(f'{broker.name} ended and still has a route')
                traffic.goes_on()
                broker.start()
                until(all_there, f'{broker.name} did not register again')
                port = broker.port('broker')
                until(functools.partial(knows_subscription, port), 'it never got the subscriptions again')
                traffic.goes_on()
            return traffic.judge()


def name_server_restart(build, scratch, *_):
    """Of two name servers one is killed and comes back, then the other is killed."""
    with our_name_server(build, scratch, 'first') as first, \
            our_name_server(build, scratch, 'second') as second:
        addresses = first.ready['namesrv'] + ';' + second.ready['namesrv']
        with our_broker(build, scratch, 'broker-a', addresses) as broker:
            create_topic(broker)
            for names in (first, second):
                until(functools.partial(brokers_of, names.port('namesrv'), TOPIC), 'it did not register')
            with Traffic(build, scratch, addresses) as traffic:
                first.kill()
                traffic.goes_on()
                first.start()
                until(lambda: brokers_of(first.port('namesrv'), TOPIC), 'the routes did not come back', 30)
                second.kill()
                traffic.goes_on()
                return traffic.judge()


def _passed(results):
    failed = {name: result['reason'] for name, result in results.items() if not result['passed']}
    if failed:
        raise Wrong(str(failed))
    return f'{len(results)} cases'


def our_broker_at_a_genuine_name_server(build, scratch, run_java, _):
    with genuine_name_server(build, scratch) as names:
        with our_broker(build, scratch, 'broker-a', f'{LOOPBACK}:{names}'):
            until(lambda: brokers_of(names, 'TBW102') == ['broker-a'], 'our broker did not register')
            return _passed(run_java(build, scratch, f'{LOOPBACK}:{names}', cases=CASES))


def genuine_broker_at_our_name_server(build, scratch, run_java, run_suite):
    with our_name_server(build, scratch) as names:
        port = names.port('namesrv')
        with genuine_broker(build, scratch, port):
            until(lambda: brokers_of(port, 'TBW102') == ['broker-a'], 'the genuine broker did not register')
            cases = _passed(run_java(build, scratch, names.ready['namesrv'], cases=CASES))
            suite = _passed(run_suite(build, scratch, names.ready['namesrv'], SUITES))
            return f'{cases}, {suite} of our own client'


SCENARIOS = [rolling_restart, name_server_restart, our_broker_at_a_genuine_name_server,
             genuine_broker_at_our_name_server]


def judge(build, run_java, run_suite, only=None):
    good = True
    for scenario in SCENARIOS:
        if only not in (None, scenario.__name__):
            continue
        scratch = tempfile.mkdtemp(prefix='sluice-compat.')
        try:
            print(f'pass  {scenario.__name__}  {scenario(build, scratch, run_java, run_suite)}', flush=True)
        except Wrong as why:
            good = False
            print(f'FAIL  {scenario.__name__}  {why}', flush=True)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return good
