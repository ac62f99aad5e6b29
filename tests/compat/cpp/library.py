"""The stock C++ client, through its C functions: those that its Python package shows, and others."""
import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_int, c_longlong, c_void_p

from rocketmq.client import Message, Producer
from rocketmq.exceptions import ffi_check
from rocketmq.ffi import _CMessageQueue, _CMQException, _CSendResult, _CStatus, dll

ON_SENT = CFUNCTYPE(None, _CSendResult)
ON_FAILED = CFUNCTYPE(None, _CMQException)


class PullResult(Structure):
    _fields_ = [('status', c_int), ('next', c_longlong), ('min', c_longlong), ('max', c_longlong),
                ('messages', POINTER(c_void_p)), ('size', c_int), ('data', c_void_p)]


FOUND, NO_NEW_MESSAGE = 0, 1

dll.SendMessageAsync.argtypes = [c_void_p, c_void_p, ON_SENT, ON_FAILED]
dll.SendMessageAsync.restype = _CStatus
dll.CreatePullConsumer.argtypes = [c_char_p]
dll.CreatePullConsumer.restype = c_void_p
dll.StartPullConsumer.argtypes = [c_void_p]
dll.SetPullConsumerNameServerAddress.argtypes = [c_void_p, c_char_p]
dll.FetchSubscriptionMessageQueues.argtypes = [c_void_p, c_char_p, POINTER(POINTER(_CMessageQueue)),
                                               POINTER(c_int)]
dll.ReleaseSubscriptionMessageQueue.argtypes = [POINTER(_CMessageQueue)]
dll.Pull.argtypes = [c_void_p, POINTER(_CMessageQueue), c_char_p, c_longlong, c_int]
dll.Pull.restype = PullResult
dll.ReleasePullResult.argtypes = [PullResult]


def message(topic, key, tag='tag', body=None):
    made = Message(topic)
    made.set_keys(key)
    made.set_tags(tag)
    body = f'body of {key}'.encode() if body is None else body
    ffi_check(dll.SetByteMessageBody(made, body, len(body)))
    return made


class AsyncSends:
    """Answers of sends that nobody waits for one by one."""

    def __init__(self, producer):
        self.producer, self.accepted, self.refused = producer, [], []
        self._on_sent = ON_SENT(lambda result: self.accepted.append(result.msgId.decode()))
        self._on_failed = ON_FAILED(lambda error: self.refused.append(error.msg.decode()))

    def send(self, one):
        ffi_check(dll.SendMessageAsync(self.producer._handle, one, self._on_sent, self._on_failed))


class Puller:
    def __init__(self, group, name_server):
        self._handle = dll.CreatePullConsumer(group.encode())
        ffi_check(dll.SetPullConsumerNameServerAddress(self._handle, name_server.encode()))
        ffi_check(dll.StartPullConsumer(self._handle))

    def queue(self, topic):
        """The first queue of a topic."""
        queues, count = POINTER(_CMessageQueue)(), c_int()
        ffi_check(dll.FetchSubscriptionMessageQueues(self._handle, topic.encode(), ctypes.byref(queues),
                                                     ctypes.byref(count)))
        copied = _CMessageQueue.from_buffer_copy(queues[0])
        dll.ReleaseSubscriptionMessageQueue(queues)
        return copied

    def pull(self, queue, offset, most):
        """Status, next offset, and the keys that were found."""
        result = dll.Pull(self._handle, ctypes.byref(queue), b'*', offset, most)
        found = [dll.GetMessageKeys(result.messages[i]).decode() for i in range(result.size)]
        status, following = result.status, result.next
        dll.ReleasePullResult(result)
        return status, following, found


def set_instance_name(producer, name):
    ffi_check(dll.SetProducerInstanceName(producer._handle, name.encode()))


__all__ = ['AsyncSends', 'FOUND', 'NO_NEW_MESSAGE', 'Producer', 'Puller', 'message', 'set_instance_name']
