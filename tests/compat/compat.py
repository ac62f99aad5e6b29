#!/usr/bin/env python3
"""The stock Java client and our own, each against our broker and against a genuine RocketMQ."""
import argparse
import functools
import json
import os
import re
import shutil
import signal
import sys
import tempfile

from brokers import CLUSTERS, TITLES
from processes import CannotRun, java, run
import mqadmin
import selector_judges

HERE = os.path.dirname(os.path.abspath(__file__))
DOWNLOAD_LIMIT, CASES_LIMIT = 900, 900
UNREACHABLE = re.compile(r'could not (be )?(transfer|resolve)|unresolvable|unknown host|PluginResolution'
                         r'|cannot access|offline mode', re.I)
CLIENTS = {'java': 'stock Java client 5.5.0', 'binary': 'stock Java client 5.5.0, binary headers',
           'suite': "Sluice's own client"}


def results_file(build, client, cluster):
    return os.path.join(build, 'compat', 'results', f'{client}.{cluster}.json')


def prepare(build):
    """Jars and classes, through Maven and its usual local repository."""
    folder = os.path.join(build, 'compat')
    shutil.rmtree(os.path.join(folder, 'results'), ignore_errors=True)
    os.makedirs(os.path.join(folder, 'results'))
    if not shutil.which('mvn'):
        raise CannotRun('Maven is not installed; tools/install-packages compat brings it')
    for project, goals in (('rocketmq', []), ('java', ['compiler:compile'])):
        log = os.path.join(folder, f'maven-{project}.log')
        target = os.path.join(folder, project)
        shutil.rmtree(target, ignore_errors=True)  # no class and no jar of another time
        command = ['mvn', '-B', '-ntp', '-f', os.path.join(HERE, project, 'pom.xml'),
                   f'-Dcompat.output={target}', *goals, 'dependency:copy-dependencies']
        if run('Maven', command, log, DOWNLOAD_LIMIT) == 0:
            continue
        with open(log, encoding='utf-8', errors='replace') as file:
            said = file.read()
        if UNREACHABLE.search(said):
            raise CannotRun('Maven could not get the stock RocketMQ: is Maven Central reachable? '
                            f'Its own words are in {log}')
        raise CannotRun('Maven failed:\n' + '\n'.join(re.findall(r'^\[ERROR\].*', said, re.M)[:20]))


def conformance(build, scratch, headers):
    folder = os.path.join(build, 'compat', 'java')
    classpath = os.path.join(folder, 'classes') + ':' + os.path.join(folder, 'dependency', '*')
    home = os.path.join(scratch, 'client')
    return java(classpath, home, '-Xmx512m', f'-Drocketmq.client.localOffsetStoreDir={home}/offsets',
                f'-Drocketmq.serialize.type={headers}') + ['sluice.compat.Conformance']


def run_java(build, scratch, name_server, *cases, headers='JSON'):
    log = os.path.join(scratch, 'cases.log')
    command = [*conformance(build, scratch, headers), name_server, *cases]
    code = run('the Java cases', command, log, CASES_LIMIT)
    with open(log, encoding='utf-8', errors='replace') as file:
        said = file.read()
    found = re.findall(r'^(pass|fail)\t(\S+)\t([\d.]+)\t(.*)$', said, re.M)
    if code not in (0, 1) or not found:
        raise CannotRun(f'the Java cases ended with {code}: {said[-600:].strip()}')
    return {name: {'passed': verdict == 'pass', 'seconds': float(seconds), 'reason': reason}
            for verdict, name, seconds, reason in found}


def run_suite(build, scratch, name_server):
    report, log = os.path.join(scratch, 'suite.json'), os.path.join(scratch, 'suite.log')
    environment = {**os.environ, 'SLUICE_SUITE_NAMESRV': name_server}
    command = [os.path.join(build, 'bin', 'mq_client_suite'), f'--gtest_output=json:{report}']
    code = run('mq_client_suite', command, log, CASES_LIMIT, env=environment)
    if not os.path.exists(report):
        with open(log, encoding='utf-8', errors='replace') as file:
            raise CannotRun(f'mq_client_suite ended with {code}: {file.read()[-600:].strip()}')
    with open(report, encoding='utf-8') as file:
        suites = json.load(file)['testsuites']
    return {f'{suite["name"]}.{test["name"]}': {
        'passed': not test.get('failures'), 'seconds': float(test['time'].rstrip('s')),
        'reason': ' '.join(failure['failure'] for failure in test.get('failures', []))}
        for suite in suites for test in suite['testsuite']}


WORK = {'java': run_java, 'binary': functools.partial(run_java, headers='ROCKETMQ'), 'suite': run_suite}


def on_cluster(build, cluster, work):
    scratch = tempfile.mkdtemp(prefix='sluice-compat.')
    try:
        with CLUSTERS[cluster](build, scratch) as name_server:
            return work(build, scratch, name_server)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def judge(build, client, cluster):
    """One column of the matrix; whether all of it passed."""
    results = on_cluster(build, cluster, WORK[client])
    with open(results_file(build, client, cluster), 'w', encoding='utf-8') as file:
        json.dump(results, file, indent=1, ensure_ascii=False)
    for name, result in results.items():
        verdict = 'pass' if result['passed'] else 'FAIL'
        print(f'{verdict}  {name}  {result["seconds"]:.1f} s  {result["reason"]}'.rstrip())
    return all(result['passed'] for result in results.values())


def control(build):
    """Cases that lose, repeat or hurry on purpose: each has to be found out."""
    names = ['control.lost', 'control.repeated', 'control.changed', 'control.early']
    results = on_cluster(build, 'sluice-mq', lambda *where: run_java(*where, *names))
    for name, result in results.items():
        print(f'{name}: {result["reason"] or "NOTHING WAS NOTICED"}')
    return sorted(results) == sorted(names) and not any(result['passed'] for result in results.values())


def selectors(build):
    """SQL92 selectors without a broker: both parsers judge the same lines."""
    with tempfile.TemporaryDirectory(prefix='sluice-compat.') as scratch:
        return selector_judges.agree(build, scratch)


def operators(build):
    """The stock mqadmin on both clusters."""
    answers = {cluster: on_cluster(build, cluster, mqadmin.ask) for cluster in CLUSTERS}
    return mqadmin.compare(answers['rocketmq'], answers['sluice-mq'])


def matrix(build):
    """Prints what there is; true when it is complete and nothing failed."""
    good = True
    for client, title in CLIENTS.items():
        columns = {}
        for cluster in CLUSTERS:
            if os.path.exists(results_file(build, client, cluster)):
                with open(results_file(build, client, cluster), encoding='utf-8') as file:
                    columns[cluster] = json.load(file)
        names = sorted({name for column in columns.values() for name in column})
        print(f'{title:64}' + ''.join(f'{TITLES[cluster]:24}' for cluster in CLUSTERS).rstrip())
        for name in names or ['(no results)']:
            found = [columns.get(cluster, {}).get(name) for cluster in CLUSTERS]
            words = ['not run' if one is None else 'pass' if one['passed'] else 'FAIL' for one in found]
            good = good and set(words) == {'pass'}
            print(f'  {name:62}' + ''.join(f'{word:24}' for word in words).rstrip())
        print()
    return good


def everything(build):
    prepare(build)
    for client in CLIENTS:
        for cluster in CLUSTERS:
            print(f'{CLIENTS[client]} against {TITLES[cluster]}:', flush=True)
            judge(build, client, cluster)
    others = [control(build), selectors(build), operators(build)]
    return matrix(build) and all(others)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('build', help='the build directory')
    parser.add_argument('step', nargs='?', default='everything',
                        choices=['everything', 'prepare', 'control', 'selectors', 'mqadmin', 'matrix',
                                 *CLIENTS])
    parser.add_argument('cluster', nargs='?', choices=list(CLUSTERS), help='for the clients')
    asked = parser.parse_args()
    if (asked.step in CLIENTS) != bool(asked.cluster):
        parser.error(f'{asked.step} {"needs a" if asked.step in CLIENTS else "takes no"} cluster')
    build = os.path.abspath(asked.build)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `with` ends its process
    try:
        if asked.step in CLIENTS:
            good = judge(build, asked.step, asked.cluster)
        else:
            good = {'everything': everything, 'prepare': prepare, 'control': control,
                    'selectors': selectors, 'mqadmin': operators, 'matrix': matrix}[asked.step](build)
    except CannotRun as why:
        print(f'compat: {why}', file=sys.stderr)
        good = False
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1 if good is False else 0)


main()
