"""The two clusters, ours and a genuine one, each as a context that gives its name server's address."""
import contextlib
import json
import os
import time

from processes import PATIENCE, CannotRun, Child, free_port, java
import remoting

ROCKETMQ_VERSION = '5.5.0'
PACKAGE = 'org.apache.rocketmq'
LOOPBACK = '127.0.0.1'


def await_registered(name_server, tls=False):
    """A genuine broker says that it is up before the name server knows it for certain."""
    deadline = time.monotonic() + PATIENCE
    while not remoting.broker_of(name_server, tls=tls):
        if time.monotonic() > deadline:
            raise CannotRun(f'the genuine broker did not register in {PATIENCE} s')
        time.sleep(0.1)


@contextlib.contextmanager
def sluice_mq(build, scratch):
    program, data = os.path.join(build, 'bin', 'sluice-mq'), os.path.join(scratch, 'data')
    command = [program, '--port', '0', '--data', data, '--selectors', '--recall',
               '--transaction-timeout', '1s', '--transaction-check-interval', '1s',
               '--transaction-check-max', '6']
    with Child('sluice-mq', command, os.path.join(scratch, 'sluice-mq.log')) as broker:
        yield json.loads(broker.wait_for('"ready"'))['namesrv']


def _settings(path, **settings):
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(f'{key}={value}\n' for key, value in settings.items())
    return path


def _genuine(build, scratch):
    """The beginning of a command that starts a part of a genuine RocketMQ."""
    jars = os.path.join(build, 'compat', 'rocketmq', 'dependency', '*')
    return java(jars, os.path.join(scratch, 'home'), '-Xmx512m', '-XX:MaxDirectMemorySize=512m',
                f'-Drocketmq.home.dir={scratch}', '--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED',
                '--add-opens=java.base/java.nio=ALL-UNNAMED')


@contextlib.contextmanager
def genuine_name_server(build, scratch, names=None):
    """Gives its port."""
    names = names or free_port()
    conf = _settings(os.path.join(scratch, 'namesrv.conf'), listenPort=names, bindAddress=LOOPBACK)
    command = [*_genuine(build, scratch), f'{PACKAGE}.namesrv.NamesrvStartup', '-c', conf]
    with Child('the genuine name server', command, os.path.join(scratch, 'namesrv.log')) as namesrv:
        namesrv.wait_for('boot success')
        yield names


@contextlib.contextmanager
def genuine_broker(build, scratch, names, port=None):
    """Registers at the name server of this port. Default settings but for addresses, sizes, selectors,
    recall, checks and flow control: by default, what waited 200 ms is dropped when it is one-way and else
    refused; a machine with other work is often slower."""
    port = port or free_port(-2)  # and its second listener
    store = os.path.join(scratch, 'store')
    conf = _settings(
        os.path.join(scratch, 'broker.conf'), brokerClusterName='DefaultCluster', brokerName='broker-a',
        brokerId=0, brokerIP1=LOOPBACK, bindAddress=LOOPBACK, listenPort=port, haListenPort=free_port(),
        namesrvAddr=f'{LOOPBACK}:{names}', storePathRootDir=store, mappedFileSizeCommitLog=64 << 20,
        storePathCommitLog=os.path.join(store, 'commitlog'), diskMaxUsedSpaceRatio=99,
        transactionTimeOut=1000, transactionCheckInterval=1000, transactionCheckMax=6,
        transactionOpBatchInterval=100, enablePropertyFilter='true', recallMessageEnable='true',
        waitTimeMillsInSendQueue=PATIENCE * 1000, osPageCacheBusyTimeOutMills=PATIENCE * 1000)
    command = [*_genuine(build, scratch), f'{PACKAGE}.broker.BrokerStartup', '-c', conf]
    with Child('the genuine broker', command, os.path.join(scratch, 'broker.log')) as broker:
        broker.wait_for('boot success')
        await_registered(f'{LOOPBACK}:{names}')
        yield


@contextlib.contextmanager
def rocketmq(build, scratch):
    with genuine_name_server(build, scratch) as names, genuine_broker(build, scratch, names):
        yield f'{LOOPBACK}:{names}'


@contextlib.contextmanager
def proxy(build, scratch, name_server):
    """Apache's proxy before whatever the name server knows; its address for gRPC. By default it tells
    brokers of transactional producers every 20 s: too late for them to be asked."""
    port, home = free_port(), os.path.join(scratch, 'proxy')
    settings = os.path.join(scratch, 'proxy.json')
    with open(settings, 'w', encoding='utf-8') as file:
        json.dump({'rocketMQClusterName': 'DefaultCluster', 'namesrvAddr': name_server,
                   'grpcServerPort': port, 'remotingListenPort': free_port(), 'localServeAddr': LOOPBACK,
                   'transactionHeartbeatPeriodSecond': 1, 'topicRouteServiceCacheRefreshSeconds': 1,
                   'topicConfigCacheRefreshSeconds': 1,
                   'subscriptionGroupConfigCacheRefreshSeconds': 1}, file)
    base = java(os.path.join(build, 'compat', 'rocketmq', 'dependency', '*'), home, '-Xmx512m',
                f'-DRMQ_PROXY_HOME={home}')
    command = [*base, f'{PACKAGE}.proxy.ProxyStartup', '-pm', 'cluster', '-pc', settings]
    with Child('the proxy', command, os.path.join(scratch, 'proxy.log')) as child:
        child.wait_for('rocketmq-proxy startup successfully')
        yield f'{LOOPBACK}:{port}'


CLUSTERS = {'sluice-mq': sluice_mq, 'rocketmq': rocketmq}
TITLES = {'sluice-mq': 'sluice-mq', 'rocketmq': f'Apache RocketMQ {ROCKETMQ_VERSION}'}
