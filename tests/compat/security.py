"""Stock clients on clusters where one has to log in: the same accounts on both, ours with TLS beside it."""
import contextlib
import json
import os
import re
import shutil
import subprocess
import time

from brokers import LOOPBACK, PACKAGE
from processes import PATIENCE, CannotRun, Child, free_port, java, run

HERE = os.path.dirname(os.path.abspath(__file__))
ACCOUNTS = os.path.join(HERE, 'accounts.yml')
LIMIT = 600
ACL = ['acl.allowedSendsAndConsumes', 'acl.unsignedIsRefused', 'acl.wrongSecretIsRefused',
       'acl.unknownKeyIsRefused', 'acl.otherTopicIsRefused', 'acl.consumerMayNotSend',
       'acl.otherTopicIsNotRead', 'acl.otherGroupIsNotUsed', 'acl.administrationIsRefused',
       'acl.administratorAdministers', 'acl.mqadminReadsItsToolsFile']
NAME_SERVER_ASKS = {'sluice-mq': 'yes', 'rocketmq': 'no'}
CASES = {'sluice-mq': [*ACL, 'tls.signedClientsSendAndConsume'], 'rocketmq': ACL}


@contextlib.contextmanager
def sluice_mq(build, scratch):
    """Gives name server and broker."""
    certificate, key = os.path.join(scratch, 'cert.pem'), os.path.join(scratch, 'key.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                    '-nodes', '-days', '1', '-subj', '/CN=sluice', '-keyout', key, '-out', certificate],
                   check=True, capture_output=True)
    command = [os.path.join(build, 'bin', 'sluice-mq'), '--ephemeral', '--port', '0', '--acl', ACCOUNTS,
               '--tls-cert', certificate, '--tls-key', key]
    with Child('sluice-mq', command, os.path.join(scratch, 'sluice-mq.log')) as broker:
        ready = json.loads(broker.wait_for('"ready"'))
        yield ready['namesrv'], ready['broker']


def _settings(path, settings):
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(f'{key}={value}\n' for key, value in settings.items())
    return path


def _await_broker(child, port):
    """Its second listener and its registration come a moment after its words."""
    child.wait_for('boot success')
    time.sleep(1)
    if child.process.poll() is not None:
        raise CannotRun(f'the genuine broker on port {port} ended: {child.output()[-600:]}')


@contextlib.contextmanager
def rocketmq(build, scratch):
    """Accounts come from the same file, by upstream's own migration of plain_acl.yml."""
    jars = os.path.join(build, 'compat', 'rocketmq', 'dependency', '*')
    names, port = free_port(), free_port(-2)
    conf = os.path.join(scratch, 'conf')
    os.makedirs(conf)
    shutil.copy(ACCOUNTS, os.path.join(conf, 'plain_acl.yml'))
    base = java(jars, os.path.join(scratch, 'home'), '-Xmx512m', '-XX:MaxDirectMemorySize=512m',
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
            _await_broker(broker, port)
            yield f'{LOOPBACK}:{names}', f'{LOOPBACK}:{port}'


CLUSTERS = {'sluice-mq': sluice_mq, 'rocketmq': rocketmq}


def judge(build, scratch, cluster):
    """Each case with its verdict, printed; whether all passed."""
    folder, home = os.path.join(build, 'compat', 'java'), os.path.join(scratch, 'client')
    classpath = os.path.join(folder, 'classes') + ':' + os.path.join(folder, 'dependency', '*')
    tools, log = os.path.join(scratch, 'tools.yml'), os.path.join(scratch, 'security.log')
    with open(tools, 'w', encoding='utf-8') as file:
        file.write('accessKey: boss\nsecretKey: boss-secret\n')
    with CLUSTERS[cluster](build, scratch) as (name_server, broker):
        command = [*java(classpath, home, '-Xmx512m', f'-Drocketmq.home.dir={home}'),
                   'sluice.compat.Security', name_server, broker, tools, NAME_SERVER_ASKS[cluster],
                   *CASES[cluster]]
        code = run('the security cases', command, log, LIMIT, cwd=home)
    with open(log, encoding='utf-8', errors='replace') as file:
        said = file.read()
    found = re.findall(r'^(pass|fail)\t(\S+)\t([\d.]+)\t(.*)$', said, re.M)
    if code not in (0, 1) or len(found) != len(CASES[cluster]):
        raise CannotRun(f'the security cases ended with {code}: {said[-600:].strip()}')
    for verdict, name, seconds, reason in found:
        print(f'{verdict}  {name}  {seconds} s  {reason}'.rstrip())
    return code == 0
