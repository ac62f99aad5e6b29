"""The remoting protocol, as far as tests need it beside the clients: a question and its answer."""
import json
import re
import socket
import ssl
import struct
import time

GET_ROUTE, CREATE_TOPIC, CREATE_GROUP = 105, 17, 200
DEFAULT_TOPIC = 'TBW102'
PATIENCE = 60


def _connected(address, tls):
    """tls: without a look at the certificate."""
    host, port = address.rsplit(':', 1)
    connection = socket.create_connection((host, int(port)), 10)
    if not tls:
        return connection
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


def ask(address, code, fields, body=b'', tls=False):
    """The header of the answer, and its body."""
    header = json.dumps({'code': code, 'language': 'JAVA', 'version': 479, 'opaque': 1, 'flag': 0,
                         'extFields': fields, 'serializeTypeCurrentRPC': 'JSON'}).encode()
    with _connected(address, tls) as connection, connection.makefile('rb') as answers:
        connection.sendall(struct.pack('>II', 4 + len(header) + len(body), len(header)) + header + body)
        size, mark = struct.unpack('>II', answers.read(8))
        length = mark & 0xffffff
        return json.loads(answers.read(length)), answers.read(size - 4 - length)


def broker_of(name_server, topic=DEFAULT_TOPIC, tls=False):
    """The address of the topic's broker; None as long as the name server knows none."""
    header, body = ask(name_server, GET_ROUTE, {'topic': topic}, tls=tls)
    found = header['code'] == 0 and re.search(rb'"brokerAddrs":\{"?0"?:"([^"]+)"', body)
    return found.group(1).decode() if found else None


def create_topic(name_server, topic, queues, kind=None):
    """A topic that the name server knows. kind: what clients of the proxy may send, such as FIFO."""
    fields = {'topic': topic, 'defaultTopic': DEFAULT_TOPIC, 'readQueueNums': str(queues),
              'writeQueueNums': str(queues), 'perm': '6', 'topicFilterType': 'SINGLE_TAG',
              'topicSysFlag': '0', 'order': 'false', 'attributes': f'+message.type={kind}' if kind else ''}
    header, _ = ask(broker_of(name_server), CREATE_TOPIC, fields)
    assert header['code'] == 0, f'{topic}: {header}'
    deadline = time.monotonic() + PATIENCE
    while not broker_of(name_server, topic):
        assert time.monotonic() < deadline, f'{topic} does not become known'
        time.sleep(0.05)


def create_group(name_server, group, fifo, tries):
    """tries: retries before a message is a dead letter."""
    settings = {'groupName': group, 'consumeEnable': True, 'consumeFromMinEnable': True,
                'consumeBroadcastEnable': True,
                'consumeMessageOrderly': fifo, 'retryQueueNums': 1, 'retryMaxTimes': tries, 'brokerId': 0,
                'whichBrokerWhenConsumeSlowly': 1, 'notifyConsumerIdsChangedEnable': True}
    header, _ = ask(broker_of(name_server), CREATE_GROUP, {}, json.dumps(settings).encode())
    assert header['code'] == 0, f'{group}: {header}'
