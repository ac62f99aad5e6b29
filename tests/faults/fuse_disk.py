#!/usr/bin/env python3
"""A disk that remembers: one file, served from memory through /dev/fuse, for a loop device to stand on.

  fuse_disk.py MOUNT_POINT BYTES LOG MODE

Every write and every flush goes to LOG in its order; from it any state can be made that a power cut could
have left. MODE is a file of one byte that says how the disk is: 0 healthy, 1 writes fail, 2 flushes fail,
3 reads fail. The protocol is that of linux/fuse.h, so that no library is needed."""
import contextlib
import ctypes
import errno
import mmap
import os
import signal
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
NOSUID_NODEV = 2 | 4
DIE_WITH_PARENT = 1
LOOKUP, FORGET, GETATTR, SETATTR, OPEN, READ, WRITE, STATFS, RELEASE = 1, 2, 3, 4, 14, 15, 16, 17, 18
FSYNC, FLUSH, INIT, OPENDIR, RELEASEDIR, ACCESS, DESTROY, BATCH_FORGET = 20, 25, 26, 27, 29, 34, 38, 42
BIG_WRITES, MAX_PAGES = 1 << 5, 1 << 22
WRITE_MAX = 1 << 20
ROOT, DISK, NAME = 1, 2, 'disk'
FOREVER = 1 << 30
HEALTHY, WRITES_FAIL, FLUSHES_FAIL, READS_FAIL = range(4)
LOGGED_WRITE, LOGGED_FLUSH = 1, 2
RECORD = struct.Struct('=IIQ')  # kind, length, position


class Refused(Exception):
    pass


class Disk:
    def __init__(self, size, log, mode):
        self.content = bytearray(size)
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(mode, 'r+b') as file:
            self.mode = mmap.mmap(file.fileno(), 1)

    def attributes(self, node):
        is_disk = node == DISK
        size = len(self.content) if is_disk else 0
        return struct.pack('=6Q10I', node, size, size // 512, 0, 0, 0, 0, 0, 0,
                           0o100600 if is_disk else 0o40755, 1 if is_disk else 2, 0, 0, 0, 4096, 0)

    def answer(self, code, node, body):
        """The answer's body; a Refused with an errno."""
        mode = self.mode[0]
        if code == INIT:
            return self._init(body)
        if code == LOOKUP:
            if body.rstrip(b'\0').decode() != NAME:
                raise Refused(errno.ENOENT)
            return struct.pack('=4Q2I', DISK, 1, FOREVER, FOREVER, 0, 0) + self.attributes(DISK)
        if code in (GETATTR, SETATTR):
            return struct.pack('=QII', FOREVER, 0, 0) + self.attributes(node)
        if code in (OPEN, OPENDIR):
            return struct.pack('=QII', 1, 0, 0)
        if code == READ:
            if mode == READS_FAIL:
                raise Refused(errno.EIO)
            at, count = struct.unpack_from('=QI', body, 8)
            return bytes(self.content[at:at + count])
        if code == WRITE:
            if mode == WRITES_FAIL:
                raise Refused(errno.EIO)
            return self._write(body)
        if code == FSYNC:
            if mode in (WRITES_FAIL, FLUSHES_FAIL):
                raise Refused(errno.EIO)
            os.write(self.log, RECORD.pack(LOGGED_FLUSH, 0, 0))
            return b''
        if code == STATFS:
            return struct.pack('=5Q10I', len(self.content) // 4096, 0, 0, 2, 0, 4096, 255, 4096, *[0] * 7)
        if code in (RELEASE, RELEASEDIR, FLUSH, ACCESS, DESTROY):
            return b''
        raise Refused(errno.ENOSYS)

    @staticmethod
    def _init(body):
        major, minor, readahead, flags = struct.unpack_from('=4I', body)
        return struct.pack('=4IHHIIHHI7I', major, min(minor, 31), readahead, flags & (BIG_WRITES | MAX_PAGES),
                           12, 9, WRITE_MAX, 1, WRITE_MAX // 4096, 0, 0, *[0] * 7)

    def _write(self, body):
        at, count = struct.unpack_from('=QI', body, 8)
        data = body[40:40 + count]
        os.writev(self.log, [RECORD.pack(LOGGED_WRITE, count, at), data])
        self.content[at:at + count] = data
        return struct.pack('=II', count, 0)


def serve(device, disk):
    while True:
        try:
            request = os.read(device, WRITE_MAX + (1 << 16))
        except OSError as error:
            if error.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                continue
            return  # unmounted
        _, code, unique, node = struct.unpack_from('=IIQQ', request)
        if code in (FORGET, BATCH_FORGET):
            continue
        try:
            failed, body = 0, disk.answer(code, node, request[40:])
        except Refused as refused:
            failed, body = -refused.args[0], b''
        with contextlib.suppress(OSError):  # who asked may be gone
            os.write(device, struct.pack('=IiQ', 16 + len(body), failed, unique) + body)


def main():
    mount_point, size, log, mode = sys.argv[1:]
    LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL)
    disk = Disk(int(size), log, mode)
    device = os.open('/dev/fuse', os.O_RDWR)
    options = f'fd={device},rootmode=40000,user_id=0,group_id=0'
    if LIBC.mount(b'sluice-faults', mount_point.encode(), b'fuse', NOSUID_NODEV, options.encode()) != 0:
        sys.exit(f'fuse_disk: mount: {os.strerror(ctypes.get_errno())}')
    serve(device, disk)


if __name__ == '__main__':
    main()
