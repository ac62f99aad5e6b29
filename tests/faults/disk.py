"""The disk fails: what each error does to clients, and that nothing acknowledged is lost.

What may pass (a full disk, a quota, too many open files) is refused in words while reads go on, and service
returns alone. What leaves the log's state unknown (a failed write or sync) ends the process with code 74
and a sentence, at once; no sync is tried twice. Trouble of the upkeep beside the log disturbs nobody."""
import contextlib
import errno
import os
import re
import resource
import subprocess
import time

import checker
import client as clients
import fuse_disk
import ledger as ledgers
import remoting
import rig as rigs
import sweep
from broker import Broker, DidNotStart
from remoting import Gone
from workload import TOPIC

DISK_FAILED = 74
PATIENCE = 30
SIZE = 20_000
BEFORE, TRIES = 20, 120  # together more than a segment
NO_RESERVE = ('--segment-reserve', '0')

# What is called, on files with this in their name, and what it answers.
REFUSED = [('openat', '.tmp', error) for error in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE,
                                                   errno.EROFS)]
REFUSED += [('fallocate', '', error) for error in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM)]
FATAL = [('pwrite', '.log', error) for error in (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS)]
FATAL += [('fdatasync', '.log', error) for error in (errno.EIO, errno.ENOSPC, errno.EDQUOT)]
FATAL += [('fsync', '', errno.EIO), ('fallocate', '', errno.EIO), ('renameat', '.log', errno.EIO)]
HARMLESS = [('pwrite', 'idx.tmp', errno.ENOSPC), ('fdatasync', 'idx.tmp', errno.EIO),
            ('renameat', '.idx', errno.EIO), ('openat', 'idx.tmp', errno.EMFILE)]


class Wrong(Exception):
    pass


class Scene:
    """A broker with some messages, a client, and a ledger that outlives both."""

    def __init__(self, bench, home, name):
        self.bench, self.home, self.name = bench, os.path.join(home, name), name
        self.ledger, self.count = ledgers.Ledger(), 0
        os.makedirs(self.home)

    @contextlib.contextmanager
    def broker(self, *flags, environment=None):
        with Broker(self.bench.program, os.path.join(self.home, 'data'), *NO_RESERVE, '--retention-size', '0',
                    *flags, environment=environment) as broker, broker.connect() as connection:
            self.client = clients.Client(connection, self.ledger)
            if TOPIC not in self.ledger.topics:
                self.client.create_topic(TOPIC, 1)
            yield broker

    def send(self, count, until=lambda answer: False):
        """The answers; ends early when one is what was waited for."""
        answers = []
        for _ in range(count):
            self.count += 1
            answers.append(self.client.send(f'{self.name}-{self.count}', TOPIC, 0, SIZE))
            if until(answers[-1]):
                break
        return answers

    def check_reads(self):
        found, at = 0, 0
        end = clients.number_of(self.client.connection, remoting.MAX_OFFSET, TOPIC, 0)
        while at < end:
            records, at = self.client.pull('look', TOPIC, 0, at)
            if not records:
                break
            found += len(records)
        if found != end:
            raise Wrong(f'{found} of {end} messages can be read')

    def check_resumes(self):
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            if self.send(1)[0].code == remoting.SUCCESS:
                return time.monotonic() - began
            time.sleep(0.01)
        raise Wrong(f'sends are refused {PATIENCE} s after the reason went')

    def check_kept(self):
        """A later life of the broker has all that was acknowledged; how many."""
        with self.broker():
            found = clients.look(self.client.connection, self.ledger)
            verdict = checker.judge(self.ledger, found)
            if not verdict:
                raise Wrong(verdict.text())
            self.send(1)
        return sum(m.outcome == ledgers.ACKED for m in self.ledger.messages.values())


def check_refused(scene):
    """Until a send is refused, in words; the time that took."""
    began = time.monotonic()
    answer = scene.send(TRIES, lambda a: a.code != remoting.SUCCESS)[-1]
    if answer.code == remoting.SUCCESS:
        raise Wrong('nothing was refused')
    if not answer.remark:
        raise Wrong(f'refused with code {answer.code} and no word')
    return answer, time.monotonic() - began


def check_dies(scene, broker, words):
    try:
        scene.send(TRIES)
    except Gone:
        pass
    else:
        raise Wrong('it goes on')
    code, said = broker.wait(), broker.said()
    if code != DISK_FAILED or not re.search(words, said):
        raise Wrong(f'exit code {code}, and it said: {said.strip()[-300:]}')


def orders(scene, call, part, error):
    switch = os.path.join(scene.home, 'switch')
    return switch, scene.bench.environment(scene.home, {'FAULT_ERROR': f'{call}:{error}:{part}',
                                                        'FAULT_SWITCH': switch})


def call_refused(scene, call, part, error):
    switch, environment = orders(scene, call, part, error)
    with scene.broker(environment=environment) as broker:
        scene.send(BEFORE)
        open(switch, 'w', encoding='utf-8').close()
        answer, refused_after = check_refused(scene)
        scene.check_reads()
        os.remove(switch)
        resumed = scene.check_resumes()
        if broker.stop() != 0:
            raise Wrong(f'it did not stop well: {broker.said()}')
    return (f'refused with {answer.code} "{answer.remark}" after {refused_after * 1000:.0f} ms, '
            f'resumed after {resumed * 1000:.0f} ms')


def call_fatal(scene, call, part, error):
    switch, environment = orders(scene, call, part, error)
    with scene.broker(environment=environment) as broker:
        scene.send(BEFORE)
        open(switch, 'w', encoding='utf-8').close()
        with open(os.path.join(scene.home, 'report'), encoding='utf-8') as report:
            before = len(report.read().splitlines())
        check_dies(scene, broker, r'cannot be (written|synced).*Nothing acknowledged is lost')
    with open(os.path.join(scene.home, 'report'), encoding='utf-8') as report:
        after = [line.split(' ')[1:3] for line in report.read().splitlines()[before:]]
    failed = [place for place, (name, file) in enumerate(after) if name == call and part in file]
    if 'sync' in call and len(failed) != 1:
        raise Wrong(f'{len(failed)} calls of {call} after the first failed')
    return 'ended with 74 and a sentence' + (', not tried again' if 'sync' in call else '')


def call_harmless(scene, call, part, error):
    switch, environment = orders(scene, call, part, error)
    with scene.broker(environment=environment) as broker:
        open(switch, 'w', encoding='utf-8').close()
        if any(answer.code != remoting.SUCCESS for answer in scene.send(TRIES)):
            raise Wrong('a send was refused')
        deadline = time.monotonic() + PATIENCE
        while 'upkeep of the log failed' not in broker.said():
            if time.monotonic() > deadline:
                raise Wrong('nobody speaks of it')
            time.sleep(0.05)
        os.remove(switch)
    return 'served on, and said so in the log'


def short_writes(scene):
    environment = scene.bench.environment(scene.home, {'FAULT_SHORT': '1'})
    with scene.broker(environment=environment) as broker:
        if any(answer.code != remoting.SUCCESS for answer in scene.send(TRIES)):
            raise Wrong('a send was refused')
        broker.kill()
    return 'every write in halves and interrupted: nobody noticed'


def descriptor_limit(scene):
    """Clients take every descriptor; the log needs another one."""
    with scene.broker() as broker:
        scene.send(BEFORE)
        resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, (40, 40))
        with contextlib.ExitStack() as crowd:
            for _ in range(60):
                with contextlib.suppress(Gone):
                    crowd.enter_context(broker.connect(patience=1))
            time.sleep(0.2)
            answer, _ = check_refused(scene)
            scene.check_reads()
        resumed = scene.check_resumes()
        with broker.connect() as another:
            clients.number_of(another, remoting.MAX_OFFSET, TOPIC, 0)
    return f'refused with {answer.code}, resumed {resumed * 1000:.0f} ms after the clients left'


def file_size_limit(scene):
    """In the middle of the segment that is written to: as final as any other failed write."""
    with scene.broker() as broker:
        scene.send(BEFORE)
        resource.prlimit(broker.process.pid, resource.RLIMIT_FSIZE, (1 << 19, resource.RLIM_INFINITY))
        check_dies(scene, broker, 'cannot be written')
    return 'ended with 74 and a sentence, and not by the signal'


def full_disk(scene):
    """A real one, of 6 MiB."""
    place = os.path.join(scene.home, 'data')
    os.makedirs(place)
    rigs.run('mount', '-t', 'tmpfs', '-o', 'size=6m', 'sluice-faults', place)
    ballast = os.path.join(place, '..', 'data', 'ballast.tmp')
    try:
        with scene.broker():
            with open(ballast, 'wb') as file:
                file.write(b'x' * (3 << 20))
            answer, _ = check_refused(scene) if scene.send(TRIES) else None
            scene.check_reads()
            os.remove(ballast)
            resumed = scene.check_resumes()
        scene.check_kept()
    finally:
        subprocess.run(['umount', '-l', place], check=False)
    scene.ledger = ledgers.Ledger()  # what was on it is checked and gone
    return f'refused with {answer.code}, resumed {resumed * 1000:.0f} ms after there was room'


def broken_device(scene, mode):
    """ext4 on a disk that fails; then the disk is well again, and what it holds is looked at."""
    with rigs.Rig(scene.home) as rig:
        os.symlink(rig.path, os.path.join(scene.home, 'data'))
        with scene.broker() as broker:
            scene.send(BEFORE)
            rig.set_mode(mode)
            check_dies(scene, broker, r'cannot be (written|synced)')
        try:
            with scene.broker():
                pass
            said = 'it started again on the broken disk'
        except DidNotStart as refused:
            said = refused.said.strip().splitlines()[-1]
            if refused.code != 1:
                raise Wrong(f'a start on a broken disk ends with {refused.code}: {said}') from refused
        except Gone:
            said = 'it ended again'
        rig.set_mode(fuse_disk.HEALTHY)
        rigs.run('umount', rig.path)
        rigs.run('mount', '-t', 'ext4', rig.loop, rig.path)
        kept = scene.check_kept()
        os.remove(os.path.join(scene.home, 'data'))
    scene.ledger = ledgers.Ledger()
    return f'ended with 74; {kept} acknowledged messages there; started meanwhile: {said}'


def read_only(scene):
    """A start on a file system that is mounted read-only says so."""
    with rigs.Rig(scene.home) as rig:
        os.symlink(rig.path, os.path.join(scene.home, 'data'))
        with scene.broker():
            scene.send(BEFORE)
        rigs.run('mount', '-o', 'remount,ro', rig.path)
        try:
            with scene.broker():
                raise Wrong('it starts')
        except DidNotStart as refused:
            if refused.code != 1 or 'Read-only file system' not in refused.said:
                raise Wrong(str(refused)) from refused
        rigs.run('mount', '-o', 'remount,rw', rig.path)
        scene.check_kept()
        os.remove(os.path.join(scene.home, 'data'))
    scene.ledger = ledgers.Ledger()
    return 'refuses to start, and names it'


def cases(with_mounts):
    for act, table in ((call_refused, REFUSED), (call_fatal, FATAL), (call_harmless, HARMLESS)):
        for call, part, error in table:
            yield (f'{call} {part or "any file"}: {errno.errorcode[error]}',
                   lambda scene, act=act, row=(call, part, error): act(scene, *row))
    yield 'short and interrupted writes', short_writes
    yield 'no descriptor left', descriptor_limit
    yield 'file size limit', file_size_limit
    if with_mounts:
        yield 'full disk', full_disk
        yield 'device: writes fail', lambda scene: broken_device(scene, fuse_disk.WRITES_FAIL)
        yield 'device: flushes fail', lambda scene: broken_device(scene, fuse_disk.FLUSHES_FAIL)
        yield 'read-only', read_only


def run(program, shim, folder, sample, seed):
    del seed  # nothing is random here
    try:
        rigs.check_machine()
        with_mounts = True
    except rigs.CannotRunHere as lack:
        if not sample:
            raise
        with_mounts = False
        print(f'SKIPPED: full disk, broken device, read-only: {lack}')
    bench, fine = sweep.Bench(program, shim, folder), True
    for number, (name, act) in enumerate(cases(with_mounts)):
        scene = Scene(bench, folder, f'case{number}')
        try:
            said = act(scene)
            print(f'{name}: {said}; {scene.check_kept()} acknowledged messages kept'
                  if scene.ledger.messages else f'{name}: {said}')
        except (Wrong, Gone, DidNotStart, RuntimeError) as wrong:
            fine = False
            print(f'WRONG: {name}: {type(wrong).__name__}: {wrong}')
    return fine
