"""A real ext4 on a disk whose power can be cut: a loop device over fuse_disk.py, and what it can leave."""
import os
import random
import shutil
import subprocess
import sys
import time

import fuse_disk
from scratch import detach_below

DISK_SIZE = 40 << 20
PATIENCE = 30
SECTOR = 512
DROPPED, TORN = 0.5, 0.3


class CannotRunHere(Exception):
    """A sentence: what this machine lacks."""


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'{" ".join(command)}: {done.stderr.strip() or done.returncode}')
    return done.stdout.strip()


def check_machine():
    if os.geteuid() != 0:
        raise CannotRunHere('mounting needs root')
    for path in ('/dev/fuse', '/dev/loop-control'):
        if not os.access(path, os.R_OK | os.W_OK):
            raise CannotRunHere(f'there is no {path} to use')
    for tool in ('mkfs.ext4', 'losetup', 'mount', 'umount'):
        if not shutil.which(tool):
            raise CannotRunHere(f'{tool} is not installed')


class Rig:
    """With the `with` statement; `path` is the file system."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, 'rig')
        self.path, self.fuse = (os.path.join(self.folder, name) for name in ('ext4', 'fuse'))
        self.log, self.mode_file = (os.path.join(self.folder, name) for name in ('log', 'mode'))
        self.server = None

    def __enter__(self):
        os.makedirs(self.path)
        os.makedirs(self.fuse)
        with open(self.mode_file, 'wb') as mode:
            mode.write(b'\0')
        try:
            self._mount()
        except RuntimeError as error:
            self.__exit__()
            raise CannotRunHere(f'no loop device over a file of our own: {error}') from error
        return self

    def _mount(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fuse_disk.py')
        self.server = subprocess.Popen([sys.executable, '-B', script, self.fuse, str(DISK_SIZE), self.log,
                                        self.mode_file])
        disk, deadline = os.path.join(self.fuse, fuse_disk.NAME), time.monotonic() + PATIENCE
        while not os.path.exists(disk):
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError('the disk does not appear')
            time.sleep(0.01)
        self.loop = run('losetup', '--direct-io=on', '--show', '-f', disk)
        run('mkfs.ext4', '-q', '-F', '-J', 'size=4', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0',
            self.loop)
        # The kernel syncs nothing by itself while a test runs, however slow the machine is.
        run('mount', '-t', 'ext4', '-o', 'commit=300', self.loop, self.path)

    def __exit__(self, *_):
        self.set_mode(fuse_disk.HEALTHY)
        detach_below(self.folder)
        if self.server:
            self.server.kill()
            self.server.wait()

    def set_mode(self, mode):
        with open(self.mode_file, 'r+b') as file:
            file.write(bytes([mode]))

    def mark(self):
        """How much has been written and flushed until now."""
        return os.stat(self.log).st_size


def moments(log, begin, end, count, dice):
    """Marks to cut at, rising: half of them anywhere, half right before a flush, where most is at stake."""
    flushes, at = [], 0
    with open(log, 'rb') as file:
        while at < end:
            kind, length, _ = fuse_disk.RECORD.unpack(file.read(fuse_disk.RECORD.size))
            if kind == fuse_disk.LOGGED_FLUSH and at >= begin:
                flushes.append(at)
            file.seek(length, os.SEEK_CUR)
            at += fuse_disk.RECORD.size + length
    return sorted(dice.choice(flushes) if flushes and number % 2 else dice.randint(begin, end)
                  for number in range(count))


class States:
    """Makes images of the disk as of growing marks."""

    def __init__(self, log):
        self.log = open(log, 'rb')
        self.flushed = bytearray(DISK_SIZE)
        self.since = []  # (position, bytes), not flushed
        self.at = 0
        self.dropped = self.torn = 0

    def image(self, cut, seed):
        """What a power cut at this mark could leave; marks must not fall."""
        self._read_up_to(cut)
        dice, image = random.Random(seed), bytearray(self.flushed)
        for position, data in self.since:
            if dice.random() < DROPPED:
                self.dropped += 1
                continue
            if len(data) > SECTOR and dice.random() < TORN:
                data = data[:dice.randrange(len(data) // SECTOR) * SECTOR]
                self.torn += 1
            image[position:position + len(data)] = data
        return image

    def _read_up_to(self, cut):
        header_size = fuse_disk.RECORD.size
        while self.at + header_size <= cut:
            self.log.seek(self.at)
            kind, length, position = fuse_disk.RECORD.unpack(self.log.read(header_size))
            if self.at + header_size + length > cut:
                return
            self.at += header_size + length
            if kind == fuse_disk.LOGGED_WRITE:
                self.since.append((position, self.log.read(length)))
                continue
            for position, data in self.since:
                self.flushed[position:position + len(data)] = data
            self.since.clear()
