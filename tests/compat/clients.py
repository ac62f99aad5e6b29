"""The programs that hold the cases: how each is made ready, and the command that runs it. Each prints
the lines of verdicts.py."""
import functools
import os
import re
import shutil
import sys

from processes import CannotRun, java, run
import remoting

HERE = os.path.dirname(os.path.abspath(__file__))
DOWNLOAD_LIMIT = 900
GRPC_JAVA = '5.0.8'  # as in java/pom.xml
UNREACHABLE = re.compile(r'could not (be )?(transfer|resolve)|unresolvable|unknown host|PluginResolution'
                         r'|cannot access|offline mode|no such host|dial tcp|i/o timeout', re.I)


def _fetch(tool, registry, command, log, **options):
    """Runs a tool that brings others' programs from its registry, or makes something of them."""
    if not shutil.which(command[0]):
        raise CannotRun(f'{tool} is not installed; tools/install-packages compat brings it')
    if run(tool, command, log, DOWNLOAD_LIMIT, **options) == 0:
        return
    with open(log, encoding='utf-8', errors='replace') as file:
        said = file.read()
    if UNREACHABLE.search(said):
        raise CannotRun(f'{tool} could not get what the cases need: is {registry} reachable? '
                        f'Its own words are in {log}')
    errors = re.findall(r'^\[ERROR\].*', said, re.M)[:20] or said.splitlines()[-20:]
    raise CannotRun(f'{tool} failed:\n' + '\n'.join(errors))


def _maven(folder, project, goals):
    target = os.path.join(folder, project)
    shutil.rmtree(target, ignore_errors=True)  # no class and no jar of another time
    command = ['mvn', '-B', '-ntp', '-f', os.path.join(HERE, project, 'pom.xml'), f'-Dcompat.output={target}',
               *goals, 'dependency:copy-dependencies']
    _fetch('Maven', 'Maven Central', command, os.path.join(folder, f'maven-{project}.log'))


def _go(folder):
    command = ['go', 'build', '-o', os.path.join(folder, 'go', 'cases'), '.']
    _fetch('Go', 'the Go module proxy', command, os.path.join(folder, 'go.log'), cwd=os.path.join(HERE, 'go'))


def _pip(folder, project, package, *options):
    target = os.path.join(folder, project)
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, '-m', 'pip', 'install', *options, '--target', target, package]
    _fetch('pip', 'PyPI', command, os.path.join(folder, f'pip-{project}.log'))


def _npm(folder):
    target = os.path.join(folder, 'node')
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    shutil.copy(os.path.join(HERE, 'node', 'package.json'), target)
    command = ['npm', 'install', '--prefix', target, '--no-audit', '--no-fund', '--ignore-scripts']
    _fetch('npm', 'the npm registry', command, os.path.join(folder, 'npm.log'))


def prepare(folder):
    """Everything, through the registries' ordinary clients and their usual caches."""
    _maven(folder, 'rocketmq', [])
    _maven(folder, 'java', ['compiler:compile'])
    _maven(folder, 'java4', ['compiler:compile'])
    _maven(folder, 'spring', ['compiler:compile'])
    _go(folder)
    _pip(folder, 'cpp', 'rocketmq-client-python==0.5.0rc2', '--no-deps')
    _pip(folder, 'grpc_python', 'rocketmq-python-client==5.1.2')
    _npm(folder)


def java_cases(build, scratch, name_server, project='java', headers='JSON', program='Conformance'):
    folder = os.path.join(build, 'compat', project)
    classpath = os.path.join(folder, 'classes') + ':' + os.path.join(folder, 'dependency', '*')
    home = os.path.join(scratch, project)
    return java(classpath, home, '-Xmx512m', f'-Drocketmq.client.localOffsetStoreDir={home}/offsets',
                f'-Drocketmq.serialize.type={headers}') + [f'sluice.compat.{program}', name_server]


def grpc_java_cases(build, scratch, name_server, proxy):
    """The client's own jar comes first: the tools bring other classes of the same names."""
    folder = os.path.join(build, 'compat', 'java')
    first = os.path.join(folder, 'dependency', f'rocketmq-client-java-{GRPC_JAVA}.jar')
    classpath = ':'.join([os.path.join(folder, 'classes'), first, os.path.join(folder, 'dependency', '*')])
    return java(classpath, os.path.join(scratch, 'grpc-java'), '-Xmx512m') + [
        'sluice.compat.GrpcConformance', name_server, proxy]


def go_cases(build, scratch, name_server):
    return ['env', f'rocketmq.client.localOffsetStoreDir={scratch}/offsets',
            os.path.join(build, 'compat', 'go', 'cases'), name_server, remoting.broker_of(name_server)]


def python_cases(folder, build, scratch, *servers):
    paths = ':'.join([os.path.join(build, 'compat', folder), HERE])
    return ['env', f'PYTHONPATH={paths}', f'HOME={scratch}', sys.executable, '-B',
            os.path.join(HERE, folder, 'cases.py'), *servers]


def node_cases(program, build, scratch, *servers):
    modules = os.path.join(build, 'compat', 'node', 'node_modules')
    return ['env', f'NODE_PATH={modules}', f'HOME={scratch}', 'node', os.path.join(HERE, 'node', program),
            *servers]


COMMANDS = {'java': java_cases, 'binary': functools.partial(java_cases, headers='ROCKETMQ'),
            'spring': functools.partial(java_cases, project='spring', program='SpringConformance'),
            'java4': functools.partial(java_cases, project='java4'), 'go': go_cases,
            'cpp': functools.partial(python_cases, 'cpp'),
            'ali-ons': functools.partial(node_cases, 'ali_ons.js'),
            'grpc-java': grpc_java_cases, 'grpc-node': functools.partial(node_cases, 'grpc.js'),
            'grpc-python': functools.partial(python_cases, 'grpc_python')}
TITLES = {'java': 'stock Java client 5.5.0', 'binary': 'stock Java client 5.5.0, binary headers',
          'spring': 'Spring Boot starter 2.3.1 (its client is 5.3.0)',
          'java4': 'stock Java client 4.9.8', 'go': 'stock Go client 2.1.2',
          'cpp': 'stock C++ client (librocketmq.so of 0.5.0rc2)',
          'ali-ons': 'stock Node client (ali-ons 3.12.0)',
          'grpc-java': f'gRPC client in Java {GRPC_JAVA}', 'grpc-node': 'gRPC client in Node 1.0.8',
          'grpc-python': 'gRPC client in Python 5.1.2'}
BEHIND_PROXY = ['grpc-java', 'grpc-node', 'grpc-python']
GROUPS = {'remoting': ['java4', 'go', 'cpp', 'ali-ons'], 'grpc': BEHIND_PROXY}  # each shares one cluster
LOST = ['control.lost']
ENDS = ['control.ended', 'control.lost']  # the first ends the program with exit code 0
CONTROLS = {'java': [*LOST, 'control.repeated', 'control.changed', 'control.early'], 'java4': LOST,
            'spring': LOST, 'go': [*LOST, 'control.repeated'], 'cpp': LOST, 'ali-ons': LOST,
            'grpc-java': LOST, 'grpc-node': LOST, 'grpc-python': LOST}
