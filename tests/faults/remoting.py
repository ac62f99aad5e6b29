"""RocketMQ's remoting protocol over one blocking socket, as far as the tests of this folder need it.

Written from the protocol's description and not from mq/protocol: what the broker says is read by somebody
else than who wrote it."""
import json
import socket
import struct
import zlib

SEND, PULL, QUERY_OFFSET, COMMIT_OFFSET, CREATE_TOPIC = 10, 11, 14, 15, 17
MAX_OFFSET, MIN_OFFSET, HEARTBEAT, SEND_BACK, END_TRANSACTION = 30, 31, 34, 36, 37
CREATE_GROUP, DELETE_GROUP, DELETE_TOPIC, RESET_OFFSET, DELETE_EXPIRED = 200, 207, 215, 222, 329
SEND_BATCH = 320
SUCCESS, SYSTEM_ERROR, SYSTEM_BUSY, TOPIC_NOT_EXIST, PULL_NOT_FOUND, OFFSET_MOVED = 0, 1, 2, 17, 19, 21
QUERY_NOT_FOUND = 22
COMMIT, ROLLBACK = 8, 12
HALF_FLAG, COMMITTED_FLAG = 4, 8
MAGIC_V1, MAGIC_V2 = 0xdaa320a7, 0xdaa320ab
PATIENCE = 30
FRAME_MAX = 64 << 20


class Gone(Exception):
    """The connection ended, or there was no answer in time: nobody knows what became of the request."""


class Answer:
    def __init__(self, header, body):
        self.code = header['code']
        self.remark = header.get('remark') or ''
        self.fields = header.get('extFields') or {}
        self.body = body

    def number(self, name):
        return int(self.fields[name])


class Connection:
    def __init__(self, port, host='127.0.0.1', patience=PATIENCE):
        self.opaque = 0
        try:
            self.socket = socket.create_connection((host, port), timeout=patience)
        except OSError as error:
            raise Gone(str(error)) from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, code, fields=None, body=b''):
        """Sends a request and waits for its answer; requests of the server's own are overheard."""
        self.opaque += 1
        texts = {key: str(value) for key, value in (fields or {}).items()}
        header = json.dumps({'code': code, 'flag': 0, 'language': 'OTHER', 'opaque': self.opaque,
                             'version': 513, 'extFields': texts}).encode()
        frame = struct.pack('>II', 4 + len(header) + len(body), len(header)) + header + body
        try:
            self.socket.sendall(frame)
            while True:
                header, body = self._frame()
                if header['flag'] & 1 and header['opaque'] == self.opaque:
                    return Answer(header, body)
        except OSError as error:
            raise Gone(str(error)) from error

    def _frame(self):
        size, = struct.unpack('>I', self._read(4))
        if size > FRAME_MAX:
            raise Gone(f'a frame of {size} bytes')
        frame = self._read(size)
        mark, = struct.unpack('>I', frame[:4])
        end = 4 + (mark & 0xffffff)
        return json.loads(frame[4:end]), frame[end:]

    def _read(self, count):
        parts = []
        while count:
            part = self.socket.recv(count)
            if not part:
                raise Gone('the broker closed the connection')
            parts.append(part)
            count -= len(part)
        return b''.join(parts)


def checksum(body):
    """As the protocol has it: 31 bits of the CRC-32."""
    return zlib.crc32(body) & 0x7fffffff


def properties_text(properties):
    return ''.join(f'{key}\x01{value}\x02' for key, value in properties.items())


def send_fields(group, topic, queue, born_ms, properties, sys_flag=0, batch=False):
    return {'producerGroup': group, 'topic': topic, 'defaultTopic': 'TBW102', 'defaultTopicQueueNums': 4,
            'queueId': queue, 'sysFlag': sys_flag, 'bornTimestamp': born_ms, 'flag': 0,
            'properties': properties_text(properties), 'reconsumeTimes': 0, 'unitMode': 'false',
            'batch': 'true' if batch else 'false'}


def batch_send_fields(group, topic, queue, born_ms):
    return {'a': group, 'b': topic, 'c': 'TBW102', 'd': 4, 'e': queue, 'f': 0, 'g': born_ms, 'h': 0, 'i': '',
            'j': 0, 'k': 'false', 'm': 'true'}


def batch_body(messages):
    """Of (body, properties)."""
    out = []
    for body, properties in messages:
        text = properties_text(properties).encode()
        rest = struct.pack('>III', checksum(body), 0, len(body)) + body
        rest += struct.pack('>H', len(text)) + text
        out.append(struct.pack('>II', 8 + len(rest), MAGIC_V1) + rest)
    return b''.join(out)


class Record:
    """A message as a pull answer carries it."""
    __slots__ = ('topic', 'queue', 'offset', 'position', 'body', 'properties', 'stored_ms', 'sys_flag',
                 'whole')

    def __init__(self, record):
        magic, crc, self.queue, _, self.offset, self.position, self.sys_flag, _ = struct.unpack_from(
            '>IIiiqqiq', record, 4)
        at = 48 + (20 if self.sys_flag & 16 else 8)
        self.stored_ms, = struct.unpack_from('>q', record, at)
        at += 8 + (20 if self.sys_flag & 32 else 8) + 12
        length, = struct.unpack_from('>I', record, at)
        self.body = record[at + 4:at + 4 + length]
        at += 4 + length
        width = 2 if magic == MAGIC_V2 else 1
        length = int.from_bytes(record[at:at + width], 'big')
        at += width
        self.topic = record[at:at + length].decode(errors='replace')
        at += length
        length, = struct.unpack_from('>H', record, at)
        text = record[at + 2:at + 2 + length].decode(errors='replace')
        self.properties = dict(item.split('\x01', 1) for item in text.split('\x02') if '\x01' in item)
        self.whole = magic in (MAGIC_V1, MAGIC_V2) and checksum(self.body) == crc


def records(body):
    at, found = 0, []
    while at < len(body):
        size, = struct.unpack_from('>I', body, at)
        found.append(Record(body[at:at + size]))
        at += size
    return found


def pull_fields(group, topic, queue, offset, most=1000):
    return {'consumerGroup': group, 'topic': topic, 'queueId': queue, 'queueOffset': offset,
            'maxMsgNums': most, 'sysFlag': 4, 'commitOffset': 0, 'suspendTimeoutMillis': 0,
            'subscription': '*', 'subVersion': 1, 'expressionType': 'TAG'}
