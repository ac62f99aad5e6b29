#!/usr/bin/env python3
"""The conformance cases for the stock C++ client (librocketmq.so). cases.py NAME-SERVER [CASE...]"""
import os
import random
import subprocess
import sys
import time

from conformance import (Failed, Inbox, Scene, keys, run_apart, run_one, unless, unless_equal, unless_same,
                         unless_soon)
from library import (FOUND, NO_NEW_MESSAGE, AsyncSends, Producer, Puller, message, set_instance_name)
from rocketmq.client import ConsumeStatus, PushConsumer, SendStatus, TransactionMQProducer, TransactionStatus
from rocketmq.exceptions import ProducerSendOrderlyFailed, RocketMQException
from rocketmq.ffi import MessageModel

CALL_MILLIS = 20_000


class CppScene(Scene):
    """Adds the client's producers and consumers, started. They end with the process."""

    def __init__(self, name_server, name):
        super().__init__(name_server, name)
        self._kept = []  # the library calls back what would otherwise be collected

    def _started(self, client):
        client.set_namesrv_addr(self.name_server)
        client.start()
        self._kept.append(client)
        return client

    def producer(self, **options):
        made = Producer(self.unique('P'), timeout=CALL_MILLIS, **options)
        set_instance_name(made, self.unique('I'))
        return self._started(made)

    def transactional(self, check, group=None):
        made = TransactionMQProducer(group or self.unique('P'), check, timeout=CALL_MILLIS)
        set_instance_name(made, self.unique('I'))
        return self._started(made)

    def consumer(self, group, topic, handle, tags='*', **options):
        made = PushConsumer(group, **options)
        made.set_instance_name(self.unique('I'))
        made.set_message_batch_max_size(1)  # one that is turned down takes its batch with it
        made.subscribe(topic, handle, tags)
        return self._started(made)

    def collector(self, group, topic, inbox, **options):
        return self.consumer(group, topic, collecting(inbox), **options)

    def read(self, topic, queues, count):
        """Everything in a topic, by a group of its own."""
        inbox, group = Inbox(), self.unique('G')
        self.collector(group, topic, inbox)
        unless_soon(lambda: len(inbox.keys()) >= count, lambda: f'{len(inbox.keys())} of {count} came')
        self.wait_for_commits(group, topic, queues)
        unless_equal(count, len(inbox.keys()), 'messages')
        return inbox


def noted(one):
    """What is kept of a message: its memory is the client's."""
    return {'id': one.id, 'topic': one.topic, 'tags': one.tags, 'body': one.body, 'queue': one.queue_id,
            'offset': one.queue_offset, 'times': one.reconsume_times, 'property': one.get_property('größe')}


def collecting(inbox, answer=lambda one: ConsumeStatus.CONSUME_SUCCESS):
    def handle(one):
        inbox.add(one.keys.decode(), noted(one))
        return answer(one)
    return handle


def accepted(result):
    unless_equal(SendStatus.OK, result.status, 'status of a send')
    return result


def send_orderly(producer, one, order):
    """The client looks for a route in two threads; the one that comes second takes what the first has not."""
    def sent():
        try:
            accepted(producer.send_orderly_with_sharding_key(one, order))
            return True
        except ProducerSendOrderlyFailed as failure:
            unless('No route info' in str(failure), str(failure))
            return False
    unless_soon(sent, lambda: 'the route does not become known')


def send_all(producer, topic, wanted):
    return {key: accepted(producer.send_sync(message(topic, key))) for key in wanted}


def send_sync(scene):
    topic = scene.topic(4)
    receipts = send_all(scene.producer(), topic, keys(0, 40))
    found = scene.read(topic, 4, 40)
    unless_same(keys(0, 40), found.keys(), 'stored')
    for key, one, _ in found.entries():
        unless_equal(receipts[key].offset, one['offset'], 'offset')
        unless_equal(receipts[key].msg_id, one['id'], 'id')
        unless_equal(f'body of {key}'.encode(), one['body'], 'body')
    unless_equal({0, 1, 2, 3}, {one['queue'] for _, one, _ in found.entries()}, 'queues that took turns')


def send_async(scene):
    topic, sends = scene.topic(4), AsyncSends(scene.producer())
    for key in keys(0, 100):
        sends.send(message(topic, key))
    unless_soon(lambda: len(sends.accepted) + len(sends.refused) >= 100,
                lambda: 'not every send was answered')
    unless_equal([], sends.refused, 'refused')
    unless_same(keys(0, 100), scene.read(topic, 4, 100).keys(), 'stored')


def send_oneway(scene):
    topic, producer = scene.topic(4), scene.producer()
    for key in keys(0, 50):
        producer.send_oneway(message(topic, key))
    unless_same(keys(0, 50), scene.read(topic, 4, 50).keys(), 'stored')


def send_selector(scene):
    topic, producer = scene.topic(4), scene.producer(orderly=True)
    for step in range(6):
        for order in range(8):
            one = message(topic, f'{order}-{step}')
            send_orderly(producer, one, f'order{order}')
    entries = sorted(scene.read(topic, 4, 48).entries(), key=lambda entry: entry[1]['offset'])
    for order in range(8):
        mine = [(key, one['queue']) for key, one, _ in entries if key.startswith(f'{order}-')]
        unless_equal([f'{order}-{step}' for step in range(6)], [key for key, _ in mine], 'steps of an order')
        unless_equal(1, len({queue for _, queue in mine}), 'queues of an order')


def send_too_large(scene):
    topic, producer = scene.topic(1), scene.producer(max_message_size=8 << 20)
    try:
        producer.send_sync(message(topic, 'large', body=os.urandom((4 << 20) + 1)))
        raise Failed('a body of 4 MiB and a byte was accepted')
    except RocketMQException:
        send_all(producer, topic, ['after'])
    unless_equal(['after'], scene.read(topic, 1, 1).keys(), 'stored')


def content_properties(scene):
    topic = scene.topic(1)
    one = message(topic, 'schlüssel', '标签', 'größer als 大'.encode())
    one.set_property('größe', 'très grand')
    accepted(scene.producer().send_sync(one))
    key, found, _ = scene.read(topic, 1, 1).entries()[0]
    unless_equal('schlüssel', key, 'key')
    unless_equal(('标签'.encode(), 'größer als 大'.encode(), 'très grand'.encode(), topic),
                 (found['tags'], found['body'], found['property'], found['topic']), 'content')


def content_bodies(scene):
    """Larger ones than 4 KiB are compressed by the client, as far as that makes them smaller."""
    topic, producer = scene.topic(1), scene.producer(max_message_size=4 << 20)
    letters = random.Random(4)
    bodies = {'blanks': b'  ', 'compressible': b'compressible ' * 20_000,
              'incompressible': bytes(letters.randrange(1, 256) for _ in range(2_000_000))}
    for key, body in bodies.items():
        accepted(producer.send_sync(message(topic, key, body=body)))
    for key, one, _ in scene.read(topic, 1, 3).entries():
        unless(bodies[key] == one['body'], f'{key} came with another body of {len(one["body"])} bytes')


def consume_concurrent(scene):
    topic, group, inbox, producer = scene.topic(4), scene.unique('G'), Inbox(), scene.producer()
    send_all(producer, topic, keys(0, 50))
    scene.collector(group, topic, inbox)
    send_all(producer, topic, keys(50, 50))
    inbox.wait_for(keys(0, 100))
    scene.wait_for_commits(group, topic, 4)
    unless_same(keys(0, 100), inbox.keys(), 'received')


def consume_orderly(scene):
    """In order, one at a time, and what was turned down again before its successor."""
    topic, group, inbox = scene.topic(2), scene.unique('G'), Inbox()
    producer, refused = scene.producer(orderly=True), set()

    def once(one):
        key = one.keys.decode()
        if not key.endswith('-3') or key in refused:
            return ConsumeStatus.CONSUME_SUCCESS
        refused.add(key)
        return ConsumeStatus.RECONSUME_LATER

    wanted = {}
    for step in range(6):
        for order in range(4):
            key = f'{order}-{step}'
            send_orderly(producer, message(topic, key), f'order{order}')
            wanted.setdefault(order, []).extend([key, key] if step == 3 else [key])
    scene.consumer(group, topic, collecting(inbox, once), orderly=True)
    inbox.wait_for([key for steps in wanted.values() for key in steps])
    scene.wait_for_commits(group, topic, 2)
    for order, steps in wanted.items():
        unless_equal(steps, [key for key in inbox.keys() if key.startswith(f'{order}-')], 'steps of an order')


def consume_tags(scene):
    """ "Aa" and "BB" have the same hash: somebody has to compare the text."""
    topic, group, inbox, producer = scene.topic(1), scene.unique('G'), Inbox(), scene.producer()
    tags = ['Aa', 'BB', 'green', 'blue', 'Aa', 'BB', 'green']
    for number, tag in enumerate(tags):
        accepted(producer.send_sync(message(topic, f'key{number}', tag)))
    scene.collector(group, topic, inbox, tags='Aa || green')
    wanted = [f'key{number}' for number, tag in enumerate(tags) if tag in ('Aa', 'green')]
    inbox.wait_for(wanted)
    scene.wait_for_commits(group, topic, 1)
    unless_same(wanted, inbox.keys(), 'received')


def consume_broadcast(scene):
    topic, group, producer = scene.topic(2), scene.unique('G'), scene.producer()
    send_all(producer, topic, ['first'])
    inboxes = [Inbox(), Inbox()]
    for inbox in inboxes:
        scene.collector(group, topic, inbox, message_model=MessageModel.BROADCASTING)
    send_all(producer, topic, keys(0, 20))
    for inbox in inboxes:
        inbox.wait_for(keys(0, 20))
        unless_same(keys(0, 20), [key for key in inbox.keys() if key != 'first'], 'received by each')


def pull_from(scene):
    topic = scene.topic(1)
    send_all(scene.producer(), topic, keys(0, 20))
    puller = Puller(scene.unique('G'), scene.name_server)
    queue, offset, found = puller.queue(topic), 5, []

    def at_end():
        nonlocal offset
        status, following, some = puller.pull(queue, offset, 4)
        if status == FOUND:
            unless(len(some) <= 4, 'more than was asked for')
            found.extend(some)
            offset = following
        return offset == 20

    unless_soon(at_end, lambda: f'the end was not reached, but {offset}')
    unless_equal(keys(5, 15), found, 'pulled')
    unless_equal((NO_NEW_MESSAGE, 20, []), puller.pull(queue, 20, 4), 'at the end')


def delay_levels(scene):
    topic, group, inbox, producer = scene.topic(2), scene.unique('G'), Inbox(), scene.producer()
    scene.collector(group, topic, inbox)
    seconds, not_before = {0: 0, 1: 1, 2: 5, 3: 10}, {}
    for level, later in seconds.items():
        for number in range(3):
            one = message(topic, f'level{level}-{number}')
            one.set_delay_time_level(level)
            not_before[f'level{level}-{number}'] = time.time() + later
            accepted(producer.send_sync(one))
    inbox.wait_for(not_before)
    scene.wait_for_commits(group, topic, 2)
    unless_same(not_before, inbox.keys(), 'received')
    early = [key for key, _, came in inbox.entries() if came < not_before[key]]
    unless_equal([], early, 'came early')


def retry_later(scene):
    """The client sends back without a level: the broker's first delay is ten seconds."""
    topic, group, inbox, producer = scene.topic(1), scene.unique('G'), Inbox(), scene.producer()

    def once(one):
        first = one.reconsume_times == 0 and one.keys == b'key1'
        return ConsumeStatus.RECONSUME_LATER if first else ConsumeStatus.CONSUME_SUCCESS

    scene.consumer(group, topic, collecting(inbox, once))
    # The one that is turned down comes alone: what this client hands out together goes back together.
    others = ['key0', 'key2', 'key3']
    send_all(producer, topic, others)
    inbox.wait_for(others)
    send_all(producer, topic, ['key1'])
    wanted = keys(0, 4) + ['key1']
    inbox.wait_for(wanted)
    scene.wait_for_commits(group, topic, 1)
    scene.wait_for_commits(group, f'%RETRY%{group}', 1)
    unless_same(wanted, inbox.keys(), 'received')
    repeats = [(key, one) for key, one, _ in inbox.entries() if one['times'] == 1]
    unless_same(['key1'], [key for key, _ in repeats], 'repeats')
    for key, one in repeats:
        unless_equal((topic, f'body of {key}'.encode()), (one['topic'], one['body']), 'content of a repeat')


def even(wanted):
    return [key for key in wanted if int(key[3:]) % 2 == 0]


def decision(one, *_):
    return TransactionStatus.COMMIT if even([one.keys.decode()]) else TransactionStatus.ROLLBACK


def transaction_decided(scene):
    topic, group, inbox = scene.topic(2), scene.unique('G'), Inbox()
    scene.collector(group, topic, inbox)
    producer = scene.transactional(lambda one: TransactionStatus.UNKNOWN)
    for key in keys(0, 20):
        accepted(producer.send_message_in_transaction(message(topic, key), decision))
    inbox.wait_for(even(keys(0, 20)))
    scene.wait_for_commits(group, topic, 2)
    unless_same(even(keys(0, 20)), inbox.keys(), 'received')


def transaction_checked(scene):
    """The client tells brokers of a producer that has sent something half a minute after its start."""
    topic, group, inbox, asked = scene.topic(1), scene.unique('G'), Inbox(), Inbox()
    scene.collector(group, topic, inbox)

    def check(one):
        asked.add(one.keys.decode())
        return decision(one)

    group_of_producer = scene.unique('P')
    producer = scene.transactional(check, group_of_producer)
    never, undecided = lambda *_: TransactionStatus.ROLLBACK, lambda *_: TransactionStatus.UNKNOWN
    accepted(producer.send_message_in_transaction(message(topic, 'first'), never))
    unless_soon(lambda: scene.knows_producer(group_of_producer, topic), lambda: 'the producer stays unknown')
    for key in keys(0, 6):
        accepted(producer.send_message_in_transaction(message(topic, key), undecided))
    asked.wait_for(keys(0, 6))
    inbox.wait_for(even(keys(0, 6)))
    scene.wait_for_commits(group, topic, 1)
    # As a set: a genuine broker may ask, and deliver, twice.
    unless_equal(set(even(keys(0, 6))), set(inbox.keys()), 'received')


def group_restart(scene):
    """Two lives, each a process, ended like one that is killed."""
    topic, group, producer, found = scene.topic(2), scene.unique('G'), scene.producer(), []
    for life in range(2):
        send_all(producer, topic, keys(life * 10, 10))
        said = subprocess.run([sys.executable, '-B', __file__, scene.name_server, 'life', group, topic, '10'],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        found += [line for line in said.split() if line.startswith('key')]
    unless_same(keys(0, 20), found, 'received in two lives')


def live(name_server, group, topic, count):
    scene, inbox = CppScene(name_server, 'life'), Inbox()
    scene.collector(group, topic, inbox)
    unless_soon(lambda: len(inbox.keys()) >= count, lambda: f'{len(inbox.keys())} of {count} came')
    scene.wait_for_commits(group, topic, 2)
    print(*inbox.keys())


def group_two_groups(scene):
    topic = scene.topic(2)
    send_all(scene.producer(), topic, keys(0, 10))
    for _ in range(2):
        unless_same(keys(0, 10), scene.read(topic, 2, 10).keys(), 'received by each group')


def control_lost(scene):
    """Harm done on purpose: must fail, or the others prove nothing. Run only when named."""
    topic = scene.topic(1)
    send_all(scene.producer(), topic, keys(0, 9))
    unless_same(keys(0, 10), scene.read(topic, 1, 9).keys(), 'received')


CASES = {
    'send.sync': send_sync, 'send.async': send_async, 'send.oneway': send_oneway,
    'send.selector': send_selector, 'send.too-large': send_too_large,
    'content.properties': content_properties, 'content.bodies': content_bodies,
    'consume.concurrent': consume_concurrent, 'consume.orderly': consume_orderly,
    'consume.tags': consume_tags, 'consume.broadcast': consume_broadcast, 'pull.from': pull_from,
    'delay.levels': delay_levels, 'retry.second-time': retry_later,
    'transaction.decided': transaction_decided, 'transaction.checked': transaction_checked,
    'group.restart': group_restart, 'group.two-groups': group_two_groups, 'control.lost': control_lost,
}


def main(name_server, *words):
    if words[:1] == ('life',):
        live(name_server, *words[1:3], int(words[3]))
    elif words[:1] == ('alone',):
        run_one(words[1], CppScene(name_server, words[1]), CASES[words[1]])
    else:
        return run_apart(CASES, [sys.executable, '-B', __file__, name_server, 'alone'], list(words))
    sys.stdout.flush()
    os._exit(0)  # the client's shutdown may throw in a thread of its own, and end the process


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
