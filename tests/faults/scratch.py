"""A folder in memory when there is room, because the tests here do not ask what a disk keeps but what the
broker gave it. What a killed run left is removed by the next one."""
import contextlib
import os
import shutil
import subprocess
import tempfile

MEMORY = '/dev/shm'
ROOM = 1 << 30
NAME = 'sluice-faults-'


def _base():
    with contextlib.suppress(OSError):
        space = os.statvfs(MEMORY)
        if space.f_bavail * space.f_frsize > ROOM and os.access(MEMORY, os.W_OK):
            return MEMORY
    return tempfile.gettempdir()


def alive(pid):
    return os.path.exists(f'/proc/{pid}')


def detach_below(folder):
    """Unmounts what is mounted below the folder, newest first, and frees the loop devices of its files."""
    with open('/proc/self/mounts', encoding='utf-8') as mounts:
        places = [line.split(' ')[:2] for line in mounts]
    ours = [(device, place) for device, place in places if place.startswith(folder + '/')]
    for device, place in reversed(ours):
        subprocess.run(['umount', '-l', place], capture_output=True, check=False)
        if device.startswith('/dev/loop'):
            subprocess.run(['losetup', '-d', device], capture_output=True, check=False)


def _remove_leftovers(base):
    for name in os.listdir(base):
        pid = name.removeprefix(NAME).split('-')[0]
        if name.startswith(NAME) and pid.isdigit() and not alive(pid):
            detach_below(os.path.join(base, name))
            shutil.rmtree(os.path.join(base, name), ignore_errors=True)


@contextlib.contextmanager
def scratch():
    base = _base()
    _remove_leftovers(base)
    folder = tempfile.mkdtemp(dir=base, prefix=f'{NAME}{os.getpid()}-')
    try:
        yield folder
    finally:
        detach_below(folder)
        shutil.rmtree(folder, ignore_errors=True)
