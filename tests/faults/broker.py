"""The real sluice-mq as a child process that can be killed, and looked at afterwards."""
import ctypes
import json
import mmap
import os
import select
import signal
import struct
import subprocess
import tempfile
import time

import remoting

LIBC = ctypes.CDLL(None)
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
START_PATIENCE = 60
STOP_PATIENCE = 60
SEGMENT = 1 << 20
FLAGS = ('--port', '0', '--segment-size', '1MiB', '--segment-reserve', '1', '--retention-size', '8MiB',
         '--transaction-timeout', '1h')  # nobody here answers checks; where one asks, it says so


class DidNotStart(Exception):
    def __init__(self, code, said):
        super().__init__(f'sluice-mq did not start: exit code {code}: {said.strip()[-1500:]}')
        self.code, self.said = code, said


def _die_with_parent():
    LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL)


class Broker:
    """One life of the process. `environment` is added to ours: the shim's orders, a false clock."""

    def __init__(self, program, data, *flags, environment=None):
        self.errors = tempfile.TemporaryFile()
        began = time.monotonic()
        self.process = subprocess.Popen(
            [program, '--data', data, *FLAGS, *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.errors, env={**os.environ, **(environment or {})}, preexec_fn=_die_with_parent)
        line = self._first_line()
        if not line:
            code = self.wait()
            raise DidNotStart(code, self.said())
        self.seconds_to_start = time.monotonic() - began
        ready = json.loads(line)
        self.port, self.name_port = (int(ready[key].rsplit(':', 1)[1]) for key in ('broker', 'namesrv'))
        self.metrics_url = ready['metrics']

    def _first_line(self):
        out, line = self.process.stdout, b''
        deadline = time.monotonic() + START_PATIENCE
        while not line.endswith(b'\n'):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                self.process.kill()
                break
            part = os.read(out.fileno(), 4096)
            if not part:
                return b''  # it ended
            line += part
        return line if line.endswith(b'\n') else b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.errors.close()

    def connect(self, patience=remoting.PATIENCE):
        return remoting.Connection(self.port, patience=patience)

    def alive(self):
        return self.process.poll() is None

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors='replace')

    def kill(self):
        self.process.kill()
        return self.wait()

    def stop(self):
        """As an operator does; its exit code."""
        self.process.terminate()
        return self.wait()

    def wait(self, patience=STOP_PATIENCE):
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        self.process.stdout.close()
        return code


class ClockPage:
    """The page of the business clock (mq/base/clock_page.hpp)."""

    def __init__(self, path, fresh=True):
        self.path = path
        if not fresh:
            return
        with open(path, 'wb') as page:
            page.write(struct.pack('=Qqq', 0x534c55434c4b3031, 0, 0).ljust(4096, b'\0'))

    @classmethod
    def existing(cls, path):
        return cls(path, fresh=False)

    def advance(self, by_ms):
        with open(self.path, 'r+b') as page, mmap.mmap(page.fileno(), 4096) as mapped:
            _, durable, offset = struct.unpack_from('=Qqq', mapped, 0)
            struct.pack_into('=qq', mapped, 8, durable + by_ms, offset + by_ms)

    def now_ms(self):
        with open(self.path, 'rb') as page:
            return struct.unpack('=Qqq', page.read(24))[2] + int(time.time() * 1000)
