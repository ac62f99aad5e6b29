"""Child processes that cannot outlive the run."""
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time

PATIENCE = 120
GRACE = 15
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
LIBC = ctypes.CDLL(None)


class CannotRun(Exception):
    """A sentence for people."""


def free_port(*others):
    """A port that nobody listens on, nor on those at these distances from it."""
    while True:
        with contextlib.ExitStack() as probes:
            port = _bound(probes, 0)
            with contextlib.suppress(OSError):
                for distance in others:
                    _bound(probes, port + distance)
                return port


def _bound(probes, port):
    probe = probes.enter_context(socket.socket())
    probe.bind(('', port))
    return probe.getsockname()[1]


def _die_with_parent():
    LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL)


class Child:
    """A process with its output in a file; ends with the `with` statement, or with us at the latest."""

    def __init__(self, name, command, log, **options):
        self.name, self.log = name, log
        with open(log, 'w', encoding='utf-8') as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT,
                                            preexec_fn=_die_with_parent,
                                            **{'stdin': subprocess.DEVNULL, **options})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def output(self):
        with open(self.log, encoding='utf-8', errors='replace') as said:
            return said.read()

    def wait_for(self, text):
        """The first line of its output with this text."""
        deadline = time.monotonic() + PATIENCE
        while True:
            ended = self.process.poll() is not None  # asked first: its last words count
            for line in self.output().splitlines():
                if text in line:
                    return line
            if ended or time.monotonic() > deadline:
                what = f'ended with {self.process.returncode}' if ended else f'was not ready in {PATIENCE} s'
                raise CannotRun(f'{self.name} {what}; its last words: {self.output()[-600:].strip()}')
            time.sleep(0.1)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


def run(name, command, log, limit, **options):
    """Runs to the end; its exit code."""
    with Child(name, command, log, **options) as child:
        try:
            return child.process.wait(limit)
        except subprocess.TimeoutExpired as late:
            raise CannotRun(f'{name} did not end in {limit} s; its output is in {log}') from late


def java(classpath, home, *options):
    """The beginning of a Java command that leaves its files in `home` only."""
    os.makedirs(home, exist_ok=True)
    return ['java', '-XX:+UseSerialGC', f'-Duser.home={home}', f'-Djava.io.tmpdir={home}', *options,
            '-cp', classpath]
