"""Stock clients and our own on clusters where one has to log in, in the clear and where TLS is enforced: the
same accounts and certificate on ours and on a genuine one."""
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time

from brokers import LOOPBACK, PACKAGE, await_registered
from processes import PATIENCE, Child, free_port, java, run
from verdicts import judged

HERE = os.path.dirname(os.path.abspath(__file__))
ACCOUNTS = os.path.join(HERE, 'accounts.yml')
LIMIT = 600
ACL = ['acl.allowedSendsAndConsumes', 'acl.unsignedIsRefused', 'acl.wrongSecretIsRefused',
       'acl.unknownKeyIsRefused', 'acl.otherTopicIsRefused', 'acl.consumerMayNotSend',
       'acl.otherTopicIsNotRead', 'acl.otherGroupIsNotUsed', 'acl.administrationIsRefused',
       'acl.administratorAdministers', 'acl.mqadminReadsItsToolsFile']
TLS = ['tls.signedClientsSendAndConsume', 'tls.clearTextIsRefused']
NAME_SERVER_ASKS = {'sluice-mq': 'yes', 'rocketmq': 'no'}


def _certificate(scratch, name):
    """Paths of a certificate for the loopback address, which is its own authority, and of its key."""
    certificate, key = (os.path.join(scratch, f'{name}-{part}.pem') for part in ('certificate', 'key'))
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                    '-nodes', '-days', '1', '-subj', f'/CN={name}', '-addext',
                    f'subjectAltName=IP:{LOOPBACK}', '-keyout', key, '-out', certificate],
                   check=True, capture_output=True)
    return certificate, key


@contextlib.contextmanager
def sluice_mq(build, scratch, tls):
    """Gives name server and broker. tls: certificate and key where TLS is enforced."""
    command = [os.path.join(build, 'bin', 'sluice-mq'), '--ephemeral', '--port', '0', '--acl', ACCOUNTS]
    if tls:
        command += ['--tls-mode', 'enforcing', '--tls-cert', tls[0], '--tls-key', tls[1]]
    with Child('sluice-mq', command, os.path.join(scratch, 'sluice-mq.log')) as broker:
        ready = json.loads(broker.wait_for('"ready"'))
        yield ready['namesrv'], ready['broker']


def _settings(path, settings):
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(f'{key}={value}\n' for key, value in settings.items())
    return path


@contextlib.contextmanager
def rocketmq(build, scratch, tls):
    """Accounts come from the same file, by upstream's own migration of plain_acl.yml."""
    jars = os.path.join(build, 'compat', 'rocketmq', 'dependency', '*')
    names, port = free_port(), free_port(-2)
    conf = os.path.join(scratch, 'conf')
    os.makedirs(conf)
    shutil.copy(ACCOUNTS, os.path.join(conf, 'plain_acl.yml'))
    enforced = ['-Dtls.server.mode=enforcing', '-Dtls.test.mode.enable=false',
                f'-Dtls.server.certPath={tls[0]}', f'-Dtls.server.keyPath={tls[1]}',
                '-Dtls.server.need.client.auth=none', '-Dtls.client.authServer=false'] if tls else []
    base = java(jars, os.path.join(scratch, 'home'), '-Xmx512m', '-XX:MaxDirectMemorySize=512m', *enforced,
                f'-Drocketmq.home.dir={scratch}', '--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED',
                '--add-opens=java.base/java.nio=ALL-UNNAMED')
    store = os.path.join(scratch, 'store')
    authentication = f'{PACKAGE}.auth.authentication.provider'
    authorization = f'{PACKAGE}.auth.authorization.provider'
    boss = {'username': 'boss', 'password': 'boss-secret'}
    inner = {'accessKey': 'boss', 'secretKey': 'boss-secret'}
    settings = {
        'brokerClusterName': 'DefaultCluster', 'brokerName': 'broker-a', 'brokerId': 0, 'brokerIP1': LOOPBACK,
        'bindAddress': LOOPBACK, 'listenPort': port, 'haListenPort': free_port(), 'diskMaxUsedSpaceRatio': 99,
        'namesrvAddr': f'{LOOPBACK}:{names}', 'storePathRootDir': store, 'mappedFileSizeCommitLog': 64 << 20,
        'storePathCommitLog': os.path.join(store, 'commitlog'),
        'waitTimeMillsInSendQueue': PATIENCE * 1000, 'osPageCacheBusyTimeOutMills': PATIENCE * 1000,
        'authConfigPath': os.path.join(scratch, 'auth'), 'migrateAuthFromV1Enabled': 'true',
        'authenticationEnabled': 'true', 'authorizationEnabled': 'true',
        'authenticationProvider': f'{authentication}.DefaultAuthenticationProvider',
        'authenticationMetadataProvider': f'{authentication}.LocalAuthenticationMetadataProvider',
        'authorizationProvider': f'{authorization}.DefaultAuthorizationProvider',
        'authorizationMetadataProvider': f'{authorization}.LocalAuthorizationMetadataProvider',
        'initAuthenticationUser': json.dumps(boss),
        'innerClientAuthenticationCredentials': json.dumps(inner)}
    namesrv_conf = _settings(os.path.join(scratch, 'namesrv.conf'),
                             {'listenPort': names, 'bindAddress': LOOPBACK})
    broker_conf = _settings(os.path.join(scratch, 'broker.conf'), settings)
    with Child('the genuine name server', [*base, f'{PACKAGE}.namesrv.NamesrvStartup', '-c', namesrv_conf],
               os.path.join(scratch, 'namesrv.log')) as namesrv:
        namesrv.wait_for('boot success')
        with Child('the genuine broker', [*base, f'{PACKAGE}.broker.BrokerStartup', '-c', broker_conf],
                   os.path.join(scratch, 'broker.log')) as broker:
            broker.wait_for('boot success')
            await_registered(f'{LOOPBACK}:{names}', tls=bool(tls))
            yield f'{LOOPBACK}:{names}', f'{LOOPBACK}:{port}'


CLUSTERS = {'sluice-mq': sluice_mq, 'rocketmq': rocketmq}


def _stock(build, scratch, cluster, addresses, cases):
    """The cases of the stock clients."""
    folder, home = os.path.join(build, 'compat', 'java'), os.path.join(scratch, 'client')
    classpath = os.path.join(folder, 'classes') + ':' + os.path.join(folder, 'dependency', '*')
    tools, log = os.path.join(scratch, 'tools.yml'), os.path.join(scratch, 'security.log')
    with open(tools, 'w', encoding='utf-8') as file:
        file.write('accessKey: boss\nsecretKey: boss-secret\n')
    command = [*java(classpath, home, '-Xmx512m', f'-Drocketmq.home.dir={home}'), 'sluice.compat.Security',
               *addresses, tools, NAME_SERVER_ASKS[cluster], *cases]
    code = run('the security cases', command, log, LIMIT, cwd=home)
    with open(log, encoding='utf-8', errors='replace') as file:
        return judged('the program of the security cases', code, file.read(), cases)


class Operator:
    """`sluice mq`, signed by the administrator."""

    def __init__(self, build, name_server):
        self.command = [os.path.join(build, 'bin', 'sluice'), 'mq']
        self.environment = {**os.environ, 'NAMESRV_ADDR': name_server, 'SLUICE_MQ_ACCESS_KEY': 'boss',
                            'SLUICE_MQ_SECRET_KEY': 'boss-secret'}

    def asks(self, *words, **environment):
        """Exit code and words of one command."""
        done = subprocess.run([*self.command, *words], env={**self.environment, **environment}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout

    def administers(self, *options):
        """What is wrong; nothing when a topic can be made and is then listed."""
        code, said = self.asks('topic', 'create', 'MadeByUs', '--queues', '3', *options)
        if code == 0:
            code, said = self.asks('topics', *options)
        return '' if code == 0 and 'MadeByUs' in said else f'ended with {code}: {said[-300:]}'

    def is_refused(self, *options, **environment):
        code, said = self.asks('topics', *options, **environment)
        return '' if code != 0 else f'was let in: {said[-300:]}'


def _ours(build, scratch, name_server, tls, run_suite):
    """Our own client and `sluice mq`: name, and what found out what is wrong."""
    operator = Operator(build, name_server)
    login = {'SLUICE_SUITE_ACCESS_KEY': 'boss', 'SLUICE_SUITE_SECRET_KEY': 'boss-secret'}

    def suite(only='*', **more):
        results = run_suite(build, scratch, name_server, only, {**login, **more})
        return ' '.join(f'{name}: {one["reason"]}' for name, one in results.items() if not one['passed'])

    if not tls:
        return {'acl.ourClientSendsAndConsumes': lambda: suite('Send.*:Consume.*'),
                'acl.sluiceMqAdministers': operator.administers,
                'acl.sluiceMqWithAWrongSecretIsRefused':
                    lambda: operator.is_refused(SLUICE_MQ_SECRET_KEY='guessed')}
    other, _ = _certificate(scratch, 'other')
    return {'tls.ourClientPassesItsSuite': lambda: suite(SLUICE_SUITE_TLS='1'),
            'tls.sluiceMqBelievesTheAuthority': lambda: operator.administers('--tls', '--tls-ca', tls[0]),
            'tls.sluiceMqRefusesAnotherAuthority': lambda: operator.is_refused('--tls', '--tls-ca', other),
            'tls.sluiceMqInClearTextIsRefused': operator.is_refused}


def judge(build, cluster, run_suite):
    """The result of each case, on a cluster in the clear and on one where TLS is enforced."""
    results = {}
    for enforced in (False, True):
        with tempfile.TemporaryDirectory(prefix='sluice-compat.') as scratch:
            tls = _certificate(scratch, 'sluice') if enforced else None
            with CLUSTERS[cluster](build, scratch, tls) as addresses:
                results |= _stock(build, scratch, cluster, addresses, TLS if tls else ACL)
                for name, case in _ours(build, scratch, addresses[0], tls, run_suite).items():
                    begun = time.monotonic()
                    wrong = ' '.join(case().split())
                    seconds = time.monotonic() - begun
                    results[name] = {'passed': not wrong, 'seconds': seconds, 'reason': wrong}
    return results
