"""A client that writes into the ledger what it asks for, before it asks, and what it was told."""
import json
import time

import remoting
from checker import Observation, Seen
from ledger import ACKED, REFUSED, UNKNOWN, Message, OffsetMove, Step, body_of, key_of
from remoting import COMMIT

STORED_BUT = (10, 11, 12)  # FLUSH_DISK_TIMEOUT and its like: stored, perhaps not safely
PATIENCE = 60
SETTLE_MS = 3 * 3600 * 1000  # later than any delay of the workloads


def outcome_of(answer):
    if answer.code == remoting.SUCCESS:
        return ACKED
    return UNKNOWN if answer.code in STORED_BUT else REFUSED


class Client:
    def __init__(self, connection, ledger, group='producers', now_ms=lambda: int(time.time() * 1000)):
        self.connection, self.ledger, self.group, self.now_ms = connection, ledger, group, now_ms

    def _call(self, steps, code, fields, body=b''):
        answer = self.connection.call(code, fields, body)
        for step in steps:
            self.ledger.settle(step, outcome_of(answer))
        return answer

    def _message(self, key, topic, queue, **more):
        return self.ledger.add(Message(self.ledger.mark(), key, topic, queue, **more))

    def _send(self, message, size, properties, sys_flag=0):
        fields = remoting.send_fields(self.group, message.topic, message.queue, self.now_ms(),
                                      {'KEYS': message.key, 'UNIQ_KEY': message.key, **properties}, sys_flag)
        answer = self.connection.call(remoting.SEND, fields, body_of(message.key, size))
        if answer.code == remoting.SUCCESS:
            message.position = int(answer.fields['msgId'][-16:], 16)
            message.half_offset = answer.number('queueOffset')
            if message.due_ms is None and not message.half:
                message.offset, message.queue = answer.number('queueOffset'), answer.number('queueId')
        self.ledger.settle(message, outcome_of(answer))
        return answer

    def send(self, key, topic, queue, size=60, producer=None):
        return self._send(self._message(key, topic, queue, producer=producer), size, {})

    def send_later(self, key, topic, queue, delay_ms, level=None, size=60):
        wish = {'DELAY': level} if level else {'TIMER_DELAY_MS': delay_ms}
        return self._send(self._message(key, topic, queue, due_ms=self.now_ms() + delay_ms), size, wish)

    def send_half(self, key, topic, queue, size=60):
        message = self._message(key, topic, queue, half=True)
        self._send(message, size, {'TRAN_MSG': 'true', 'PGROUP': self.group}, remoting.HALF_FLAG)
        return message

    def decide(self, message, decision):
        """Once more, when the first time was not answered."""
        if not message.decision:
            message.decision = (decision, Step(self.ledger.mark()))
        step = message.decision[1]
        answer = self.connection.call(remoting.END_TRANSACTION, {
            'topic': message.topic, 'producerGroup': self.group, 'tranStateTableOffset': message.half_offset,
            'commitLogOffset': message.position, 'commitOrRollback': decision,
            'fromTransactionCheck': 'false', 'msgId': message.key, 'transactionId': message.key})
        # Refused as decided before: the first time did it, and there is no other decision.
        again = answer.code != remoting.SUCCESS and 'decided before' in answer.remark
        self.ledger.settle(step, ACKED if again else outcome_of(answer))
        return answer

    def send_batch(self, keys, topic, queue):
        messages = [self._message(key, topic, queue) for key in keys]
        body = remoting.batch_body([(body_of(key, 60), {'KEYS': key, 'UNIQ_KEY': key}) for key in keys])
        fields = remoting.batch_send_fields(self.group, topic, queue, self.now_ms())
        answer = self.connection.call(remoting.SEND_BATCH, fields, body)
        if answer.code == remoting.SUCCESS:
            positions = [int(word[-16:], 16) for word in answer.fields['msgId'].split(',')]
            for number, message in enumerate(messages):
                message.offset = answer.number('queueOffset') + number
                message.position = positions[min(number, len(positions) - 1)]
        for message in messages:
            self.ledger.settle(message, outcome_of(answer))
        return answer

    def _change(self, table, name, exists, code, fields, body=b''):
        step = Step(self.ledger.mark())
        table.setdefault(name, []).append((exists, step))
        return step, self._call([step], code, fields, body)

    def create_topic(self, topic, queues):
        self.ledger.queues[topic] = queues
        return self._change(self.ledger.topics, topic, True, remoting.CREATE_TOPIC, {
            'topic': topic, 'defaultTopic': 'TBW102', 'readQueueNums': queues, 'writeQueueNums': queues,
            'perm': 6, 'topicFilterType': 'SINGLE_TAG', 'topicSysFlag': 0, 'order': 'false'})[1]

    def delete_topic(self, topic):
        step = Step(self.ledger.mark())
        for message in self.ledger.messages.values():
            if message.topic == topic and not message.removal:
                message.removal = step
        self.ledger.topics[topic].append((False, step))
        return self._call([step], remoting.DELETE_TOPIC, {'topic': topic})

    def create_group(self, group):
        return self._change(self.ledger.groups, group, True, remoting.CREATE_GROUP, {},
                            json.dumps({'groupName': group}).encode())[1]

    def delete_group(self, group):
        return self._change(self.ledger.groups, group, False, remoting.DELETE_GROUP, {'groupName': group})[1]

    def _move(self, place, value, durable, code, fields):
        move = OffsetMove(self.ledger.mark(), value, durable)
        self.ledger.moves.setdefault(place, []).append(move)
        return self._call([move], code, fields)

    def commit_offset(self, group, topic, queue, offset):
        return self._move((group, topic, queue), offset, False, remoting.COMMIT_OFFSET, {
            'consumerGroup': group, 'topic': topic, 'queueId': queue, 'commitOffset': offset})

    def reset_offset(self, group, topic, queue, offset):
        return self._move((group, topic, queue), offset, True, remoting.RESET_OFFSET, {
            'topic': topic, 'group': group, 'timestamp': 0, 'isForce': 'true', 'queue': queue,
            'queueId': queue, 'offset': offset})

    def pull(self, group, topic, queue, offset, most=32):
        """What a consumer gets, and the offset to go on at. What it saw is remembered."""
        answer = self.connection.call(remoting.PULL, remoting.pull_fields(group, topic, queue, offset, most))
        if answer.code != remoting.SUCCESS:
            return [], int(answer.fields.get('nextBeginOffset', offset))
        found = remoting.records(answer.body)
        for record in found:
            self.ledger.saw(topic, queue, record.offset, key_of(record.body) if record.whole else None)
        return found, answer.number('nextBeginOffset')


def settle_transaction(client, message):
    """What had no answer is decided again; what was never decided is committed, which must be possible."""
    if not message.half or message.outcome != ACKED:
        return
    if message.decision and message.decision[1].outcome == ACKED:
        return
    fresh = not message.decision
    answer = client.decide(message, message.decision[0] if message.decision else COMMIT)
    if (fresh and answer.code != remoting.SUCCESS) or message.decision[1].outcome == REFUSED:
        client.ledger.complaints.append(('lost', f'half message {message.key}: {answer.remark}'))


def settle_transactions(client):
    for message in list(client.ledger.messages.values()):
        settle_transaction(client, message)


def settle_timers(client, topic, advance, delay_ms=SETTLE_MS):
    """Timers go out in the order of their time: when a last one has come, all have."""
    key = f'last-timer-{len(client.ledger.messages)}'
    answer = client.send_later(key, topic, 0, delay_ms)
    if answer.code != remoting.SUCCESS:
        raise RuntimeError(f'a timer is refused: {answer.remark}')
    advance(delay_ms + 1000)
    at = number_of(client.connection, remoting.MIN_OFFSET, topic, 0)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found, at = client.pull('look', topic, 0, at)
        if any(record.properties.get('KEYS') == key for record in found):
            return
        if not found:
            time.sleep(0.002)
    raise RuntimeError(f'{key} did not come in {PATIENCE} s')


def number_of(connection, code, topic, queue):
    answer = connection.call(code, {'topic': topic, 'queueId': queue})
    if answer.code != remoting.SUCCESS:
        raise RuntimeError(f'code {code} for {topic}/{queue}: {answer.remark}')
    return answer.number('offset')


def look(connection, ledger):
    """Everything that stands in the broker, of the topics and groups the ledger knows."""
    found = Observation()
    for topic in ledger.topics:
        if connection.call(351, {'topic': topic, 'lo': 'true'}).code != remoting.SUCCESS:
            continue
        found.topics.add(topic)
        for queue in range(ledger.queues[topic]):
            _read_queue(connection, found, topic, queue)
    for group in ledger.groups:
        if connection.call(352, {'group': group}).code == remoting.SUCCESS:
            found.groups.add(group)
    for group, topic, queue in ledger.moves:
        if topic not in found.topics or group not in found.groups:
            continue
        answer = connection.call(remoting.QUERY_OFFSET, {
            'consumerGroup': group, 'topic': topic, 'queueId': queue, 'setZeroIfNotFound': 'false'})
        found.offsets[group, topic, queue] = answer.number('offset') if answer.code == 0 else None
    return found


def _read_queue(connection, found, topic, queue):
    least, end = (number_of(connection, code, topic, queue) for code in (remoting.MIN_OFFSET,
                                                                         remoting.MAX_OFFSET))
    found.bounds[topic, queue] = least, end
    messages = found.queues[topic, queue] = []
    at = least
    while at < end:
        answer = connection.call(remoting.PULL, remoting.pull_fields('look', topic, queue, at))
        if answer.code != remoting.SUCCESS:
            return  # the checker sees that the end was not reached
        for record in remoting.records(answer.body):
            key = key_of(record.body) if record.whole else None
            messages.append(Seen(record.offset, key, record.stored_ms, record.position))
            at = record.offset + 1
