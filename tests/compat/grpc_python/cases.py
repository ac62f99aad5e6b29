#!/usr/bin/env python3
"""The conformance cases for the gRPC client in Python, through Apache's proxy.
cases.py NAME-SERVER PROXY [CASE...]"""
import os
import sys
import time

from conformance import Inbox, Scene, keys, run_all, unless, unless_equal, unless_same, unless_soon
import remoting
from rocketmq.v5.client import ClientConfiguration, Credentials
from rocketmq.v5.consumer import ConsumeResult, MessageListener, PushConsumer, SimpleConsumer
from rocketmq.v5.exception import InternalErrorException
from rocketmq.v5.model import FilterExpression, Message
from rocketmq.v5.producer import Producer, TransactionChecker
from rocketmq.grpc_protocol import FilterType, TransactionResolution

AWAIT, INVISIBLE = 5, 10  # seconds: the least that the proxy takes
TIMER_TICK = 1  # RocketMQ rounds the time of a timer message down, by a second at most


class Told(TransactionChecker):
    def __init__(self, answer):
        self.asked, self._answer = Inbox(), answer

    def check(self, message):
        self.asked.add(key_of(message))
        return self._answer(key_of(message))


class Listener(MessageListener):
    def __init__(self, inbox, answer):
        self._inbox, self._answer = inbox, answer

    def consume(self, message):
        self._inbox.add(key_of(message), message)
        return self._answer(message)


class GrpcScene(Scene):
    def __init__(self, name_server, proxy, name):
        super().__init__(name_server, name)
        self._configuration = ClientConfiguration(proxy, Credentials(), request_timeout=20)

    def _started(self, client):
        client.startup()
        self.at_end(client.shutdown)
        return client

    def producer(self, topic, checker=None):
        return self._started(Producer(self._configuration, [topic], checker))

    def simple(self, group, topic, selector=None):
        wanted = {topic: selector or FilterExpression()}
        return self._started(SimpleConsumer(self._configuration, group, wanted, AWAIT))

    def push(self, group, topic, inbox, answer=lambda message: ConsumeResult.SUCCESS, selector=None):
        return self._started(PushConsumer(self._configuration, group, Listener(inbox, answer),
                                          {topic: selector or FilterExpression()}))

    def group(self, fifo=False, tries=16):
        """A group with settings of its own."""
        group = self.unique('G')
        remoting.create_group(self.name_server, group, fifo, tries)
        return group


def key_of(message):
    return next(iter(message.keys))


def message(topic, key, body=None):
    made = Message()
    made.topic, made.tag, made.keys, made.body = topic, 'tag', key, body or f'body of {key}'.encode()
    return made


def send_all(producer, topic, wanted):
    return {key: producer.send(message(topic, key)) for key in wanted}


def received(consumer):
    """The client may ask before the proxy has heard of its settings; the proxy fails on that."""
    try:
        return consumer.receive(16, INVISIBLE) or []
    except InternalErrorException as early:
        unless('"settings" is null' in str(early), str(early))
        return []


def receive(consumer, count, acknowledge=True):
    """Until so many have come."""
    found = []

    def enough():
        for one in received(consumer):
            unless(not one.corrupted, f'{key_of(one)} is said to be corrupted')
            found.append(one)
            if acknowledge:
                consumer.ack(one)
        return len(found) >= count

    unless_soon(enough, lambda: f'{len(found)} of {count} came')
    return found


def keys_of(messages):
    return [key_of(one) for one in messages]


def send_sync(scene):
    topic = scene.topic(4, 'NORMAL')
    receipts = send_all(scene.producer(topic), topic, keys(0, 20))
    found = receive(scene.simple(scene.group(), topic), 20)
    unless_same(keys(0, 20), keys_of(found), 'received')
    for one in found:
        unless_equal(receipts[key_of(one)].message_id, one.message_id, 'id')
        unless_equal((f'body of {key_of(one)}'.encode(), 'tag', 1), (one.body, one.tag, one.delivery_attempt),
                     'content')


def send_async(scene):
    topic = scene.topic(4, 'NORMAL')
    producer = scene.producer(topic)
    for answer in [producer.send_async(message(topic, key)) for key in keys(0, 50)]:
        unless(answer.result(60).message_id, 'a receipt without an id')
    unless_same(keys(0, 50), keys_of(receive(scene.simple(scene.group(), topic), 50)), 'received')


def content_properties(scene):
    topic = scene.topic(1, 'NORMAL')
    one = message(topic, 'schlüssel', os.urandom(1_000_000))
    one.add_property('größe', 'très grand 大')
    scene.producer(topic).send(one)
    found = receive(scene.simple(scene.group(), topic), 1)[0]
    unless_equal(('schlüssel', 'très grand 大'), (key_of(found), found.properties.get('größe')), 'content')
    unless(found.body == one.body, f'another body of {len(found.body)} bytes')


def send_fifo(scene):
    topic, group = scene.topic(4, 'FIFO'), scene.group(fifo=True)
    producer = scene.producer(topic)
    for step in range(5):
        for order in range(4):
            one = message(topic, f'{order}-{step}')
            one.message_group = f'order{order}'
            producer.send(one)
    found = keys_of(receive(scene.simple(group, topic), 20))
    for order in range(4):
        unless_equal([f'{order}-{step}' for step in range(5)],
                     [key for key in found if key.startswith(f'{order}-')], 'steps of an order')


def delay_timers(scene):
    topic, inbox = scene.topic(2, 'DELAY'), Inbox()
    scene.push(scene.group(), topic, inbox)
    producer, due = scene.producer(topic), {}
    for number, later in enumerate((3, 4, 6)):
        one = message(topic, f'key{number}')
        one.delivery_timestamp = due[f'key{number}'] = int(time.time()) + later
        producer.send(one)
    inbox.wait_for(due)
    unless_same(due, inbox.keys(), 'received')
    unless_equal([], [key for key, _, came in inbox.entries() if came < due[key] - TIMER_TICK], 'came early')


def delay_recall(scene):
    topic, inbox = scene.topic(1, 'DELAY'), Inbox()
    scene.push(scene.group(), topic, inbox)
    producer = scene.producer(topic)
    for key in ('before', 'recalled', 'after'):
        one = message(topic, key)
        one.delivery_timestamp = int(time.time()) + (10 if key == 'after' else 7)
        receipt = producer.send(one)
        if key == 'recalled':
            recalled = producer.recall_message(topic, receipt.recall_handle)
            unless_equal(receipt.message_id, recalled, 'recalled id')
    inbox.wait_for(['before', 'after'])
    unless_same(['before', 'after'], inbox.keys(), 'received')


def even(wanted):
    return [key for key in wanted if int(key[3:]) % 2 == 0]


def send_in_transaction(producer, topic, wanted, decide):
    for key in wanted:
        transaction = producer.begin_transaction()
        producer.send(message(topic, key), transaction)
        if decide:
            (transaction.commit if even([key]) else transaction.rollback)()


def transaction_decided(scene):
    topic, inbox = scene.topic(2, 'TRANSACTION'), Inbox()
    scene.push(scene.group(), topic, inbox)
    undecided = TransactionResolution.TRANSACTION_RESOLUTION_UNSPECIFIED
    producer = scene.producer(topic, Told(lambda key: undecided))
    send_in_transaction(producer, topic, keys(0, 10), True)
    inbox.wait_for(even(keys(0, 10)))
    unless_same(even(keys(0, 10)), inbox.keys(), 'received')


def transaction_checked(scene):
    """Orphans: the broker asks, through the proxy."""
    topic, inbox = scene.topic(1, 'TRANSACTION'), Inbox()
    scene.push(scene.group(), topic, inbox)
    told = Told(lambda key: TransactionResolution.COMMIT if even([key]) else TransactionResolution.ROLLBACK)
    send_in_transaction(scene.producer(topic, told), topic, keys(0, 4), False)
    told.asked.wait_for(keys(0, 4))
    inbox.wait_for(even(keys(0, 4)))
    unless_equal(set(even(keys(0, 4))), set(inbox.keys()), 'received')


def receive_again(scene):
    """What is not acknowledged comes again, with its number of tries; what is, does not."""
    topic = scene.topic(1, 'NORMAL')
    send_all(scene.producer(topic), topic, keys(0, 4))
    consumer = scene.simple(scene.group(), topic)
    first = receive(consumer, 4, acknowledge=False)
    unless_same(keys(0, 4), keys_of(first), 'first')
    for one in first:
        if key_of(one) in ('key0', 'key1'):
            consumer.ack(one)
    second = receive(consumer, 2)
    unless_same(['key2', 'key3'], keys_of(second), 'came again')
    unless_equal([2, 2], [one.delivery_attempt for one in second], 'tries')
    unless_equal([], keys_of(received(consumer)), 'came after all')


def receive_change_invisible(scene):
    """Longer, and what was said first no longer holds."""
    topic = scene.topic(1, 'NORMAL')
    send_all(scene.producer(topic), topic, ['key'])
    consumer = scene.simple(scene.group(), topic)
    one = receive(consumer, 1, acknowledge=False)[0]
    changed = time.time()
    consumer.change_invisible_duration(one, 20)
    again = receive(consumer, 1)[0]
    unless(time.time() - changed >= 19, f'it came {time.time() - changed:.1f} s after it was put off by 20 s')
    unless_equal(('key', 2), (key_of(again), again.delivery_attempt), 'came again')


def consume_push(scene):
    topic, inbox = scene.topic(4, 'NORMAL'), Inbox()
    producer = scene.producer(topic)
    send_all(producer, topic, keys(0, 20))
    scene.push(scene.group(), topic, inbox)
    send_all(producer, topic, keys(20, 20))
    inbox.wait_for(keys(0, 40))
    unless_same(keys(0, 40), inbox.keys(), 'received')


def consume_tags(scene):
    topic = scene.topic(1, 'NORMAL')
    producer = scene.producer(topic)
    for number, tag in enumerate(['Aa', 'BB', 'green', 'blue', 'Aa', 'green']):
        one = message(topic, f'key{number}')
        one.tag = tag
        producer.send(one)
    found = receive(scene.simple(scene.group(), topic, FilterExpression('Aa || green')), 4)
    unless_same(['key0', 'key2', 'key4', 'key5'], keys_of(found), 'received')


def consume_sql(scene):
    topic = scene.topic(1, 'NORMAL')
    producer = scene.producer(topic)
    for number in range(10):
        one = message(topic, f'key{number}')
        one.add_property('price', str(number))
        producer.send(one)
    selector = FilterExpression('price > 4 AND price <> 7', FilterType.SQL)
    found = receive(scene.simple(scene.group(), topic, selector), 4)
    unless_same(['key5', 'key6', 'key8', 'key9'], keys_of(found), 'received')


def retry_later(scene):
    topic, inbox = scene.topic(1, 'NORMAL'), Inbox()

    def once(one):
        refused = one.delivery_attempt == 1 and key_of(one) == 'key1'
        return ConsumeResult.FAILURE if refused else ConsumeResult.SUCCESS

    scene.push(scene.group(), topic, inbox, once)
    send_all(scene.producer(topic), topic, keys(0, 3))
    wanted = keys(0, 3) + ['key1']
    inbox.wait_for(wanted)
    unless_same(wanted, inbox.keys(), 'received')
    unless_equal([1, 2], [one.delivery_attempt for key, one, _ in inbox.entries() if key == 'key1'], 'tries')


def retry_dead_letter(scene):
    topic, group, inbox = scene.topic(1, 'NORMAL'), scene.group(tries=1), Inbox()

    def never(one):
        return ConsumeResult.FAILURE if key_of(one) == 'key1' else ConsumeResult.SUCCESS

    scene.push(group, topic, inbox, never)
    send_all(scene.producer(topic), topic, keys(0, 3))
    inbox.wait_for(keys(0, 3) + ['key1'])
    dead = f'%DLQ%{group}'
    unless_soon(lambda: scene.length(dead) == 1, lambda: f'{scene.length(dead)} dead letters')
    unless_same(keys(0, 3) + ['key1'], inbox.keys(), 'received')


def control_lost(scene):
    """Harm done on purpose: must fail, or the others prove nothing. Run only when named."""
    topic = scene.topic(1, 'NORMAL')
    send_all(scene.producer(topic), topic, keys(0, 9))
    unless_same(keys(0, 10), keys_of(receive(scene.simple(scene.group(), topic), 9)), 'received')


CASES = {
    'send.sync': send_sync, 'send.async': send_async, 'send.fifo': send_fifo,
    'content.properties': content_properties, 'delay.timers': delay_timers, 'delay.recall': delay_recall,
    'transaction.decided': transaction_decided, 'transaction.checked': transaction_checked,
    'receive.again': receive_again, 'receive.change-invisible': receive_change_invisible,
    'consume.concurrent': consume_push, 'consume.tags': consume_tags, 'select.receive': consume_sql,
    'retry.second-time': retry_later, 'retry.dead-letter': retry_dead_letter, 'control.lost': control_lost,
}

if __name__ == '__main__':
    code = run_all(CASES, lambda name: GrpcScene(sys.argv[1], sys.argv[2], name), sys.argv[3:])
    sys.stdout.flush()
    os._exit(code)  # threads of the client may still wait
