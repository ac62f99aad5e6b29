"""The order system on a genuine RocketMQ: the story of `sluice demo`, with Apache's name server and broker in
the place of sluice-mq."""
import contextlib
import glob
import json
import os
import shutil
import signal
import stat
import sys

from brokers import LOOPBACK, genuine_broker, genuine_name_server
from processes import Child, free_port, run

LIMIT = 300
ADMIN_PORTS = 6
PORTS = ['order-api', 'payment-callback', 'coupon-api', 'warehouse-callback', 'push-api', 'warehouse-api',
         'sandbox', 'postgres']
STARTER = '''#!{python} -B
import sys
sys.path.insert(0, {here!r})
import services
services.stand_in({build!r}, sys.argv[1:])
'''


def stand_in(build, arguments):
    """What `sluice up` starts as sluice-mq: takes its settings, and says in its way that it is ready."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that every `with` ends its process
    settings = dict(argument.removeprefix('--').split('=', 1) for argument in arguments)
    scratch = settings['data']
    os.makedirs(scratch, exist_ok=True)
    names, port = int(settings['namesrv-port']), int(settings['port'])
    with genuine_name_server(build, scratch, names), genuine_broker(build, scratch, names, port):
        print(json.dumps({'ready': True, 'namesrv': f'{LOOPBACK}:{names}', 'broker': f'{LOOPBACK}:{port}'}),
              flush=True)
        while True:
            signal.pause()


def _programs(build, folder):
    """Copies of all programs, but for the queue's: `sluice up` starts what lies beside it."""
    os.makedirs(folder)
    for name in ('sluice', 'order-service', 'coupon-service', 'push-service', 'warehouse-service', 'sandbox'):
        shutil.copy(os.path.join(build, 'bin', name), folder)
    queue = os.path.join(folder, 'sluice-mq')
    with open(queue, 'w', encoding='utf-8') as file:
        file.write(STARTER.format(python=sys.executable, here=os.path.dirname(os.path.abspath(__file__)),
                                  build=build))
    os.chmod(queue, os.stat(queue).st_mode | stat.S_IXUSR)


def _ports():
    chosen = {name: free_port() for name in PORTS}
    chosen['name-server'], chosen['broker'] = free_port(), free_port(-2)
    chosen['admin'] = free_port(*range(1, ADMIN_PORTS))
    return [f'--ports-{name}={port}' for name, port in chosen.items()]


@contextlib.contextmanager
def _system(scratch):
    """Gives the beginning of a command about a system that is up."""
    sluice = os.path.join(scratch, 'bin', 'sluice')
    home = os.path.join(scratch, 'home')
    log = os.path.join(scratch, 'up.log')
    with Child('sluice up', [sluice, 'up', '--dir', home, *_ports()], log, cwd=scratch) as system:
        try:
            system.wait_for('Sluice is up')
            yield lambda *words: [sluice, *words, '--dir', home]
        finally:
            for words in (['down'], ['reset', '--yes']):  # its database may lie elsewhere
                run('sluice', [sluice, *words, '--dir', home], os.path.join(scratch, 'end.log'), LIMIT)


def judge(build, scratch):
    """The story, printed; whether its books agree, and its events lie in a genuine broker's log."""
    _programs(build, os.path.join(scratch, 'bin'))
    log = os.path.join(scratch, 'demo.log')
    with _system(scratch) as command:
        code = run('the story', command('demo'), log, LIMIT, cwd=scratch)
        with open(log, encoding='utf-8', errors='replace') as file:
            story = file.read()
        events = 0
        for path in glob.glob(os.path.join(scratch, 'home', 'data', 'sluice-mq', 'store', 'commitlog', '*')):
            with open(path, 'rb') as file:
                events += file.read().count(b'OrderShipped')
    print(f'{story}\nThe log of the genuine broker names the shipped order\'s event {events} times.')
    return code == 0 and 'They agree.' in story and events > 0
