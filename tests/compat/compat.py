#!/usr/bin/env python3
"""Stock clients and our own, each against our broker and against a genuine RocketMQ."""
import argparse
import concurrent.futures
import contextlib
import functools
import json
import os
import shutil
import signal
import sys
import tempfile

from brokers import CLUSTERS, TITLES, proxy
from processes import CannotRun, Child, run
from verdicts import NONE_GIVEN, judged
import clients
import document
import mqadmin
import namesrv
import security
import selector_judges
import services

CASES_LIMIT = 900
CLIENTS = {**clients.TITLES, 'suite': "Sluice's own client"}
COLUMNS = ['java', 'binary', 'spring', *clients.GROUPS, 'suite']
STEPS = ['everything', 'prepare', 'control', 'selectors', 'mqadmin', 'security', 'namesrv', 'matrix',
         'services', 'document']


def results_file(build, client, cluster):
    return os.path.join(build, 'compat', 'results', f'{client}.{cluster}.json')


def sentences_file(build):
    """What docs/compatibility.md has to say about mqadmin."""
    return os.path.join(build, 'compat', 'results', 'mqadmin.json')


def prepare(build):
    """Others' programs, and the cases written for them."""
    folder = os.path.join(build, 'compat')
    shutil.rmtree(os.path.join(folder, 'results'), ignore_errors=True)
    os.makedirs(os.path.join(folder, 'results'))
    clients.prepare(folder)


def run_cases(client, build, scratch, *servers, cases=()):
    log = os.path.join(scratch, f'{client}.log')
    command = [*clients.COMMANDS[client](build, scratch, *servers), *cases]
    code = run(f'the cases of {client}', command, log, CASES_LIMIT, cwd=scratch)
    with open(log, encoding='utf-8', errors='replace') as file:
        return judged(f'the program of {client}', code, file.read(), cases)


def kill_among_cases(client, build, scratch, *servers, cases=()):
    """Begins the usual cases; what is judged when the program is killed after the first verdict."""
    del cases
    log = os.path.join(scratch, f'{client}.log')
    command = clients.COMMANDS[client](build, scratch, *servers)
    with Child(f'the cases of {client}', command, log, cwd=scratch, start_new_session=True) as child:
        child.wait_for('pass\t')
        os.killpg(child.process.pid, signal.SIGKILL)  # with the processes it has for its cases
        code = child.process.wait()
        return judged(f'the program of {client}', code, child.output())


def run_suite(build, scratch, name_server, only='*', login=None):
    report, log = os.path.join(scratch, 'suite.json'), os.path.join(scratch, 'suite.log')
    environment = {**os.environ, 'SLUICE_SUITE_NAMESRV': name_server, **(login or {})}
    command = [os.path.join(build, 'bin', 'mq_client_suite'), f'--gtest_output=json:{report}',
               f'--gtest_filter={only}']
    with contextlib.suppress(FileNotFoundError):
        os.remove(report)  # an earlier one would hide that this one was never written
    code = run('mq_client_suite', command, log, CASES_LIMIT, env=environment)
    if not os.path.exists(report):
        with open(log, encoding='utf-8', errors='replace') as file:
            raise CannotRun(f'mq_client_suite ended with {code}: {file.read()[-600:].strip()}')
    with open(report, encoding='utf-8') as file:
        suites = json.load(file)['testsuites']
    results = {f'{suite["name"]}.{test["name"]}': {
        'passed': test['result'] == 'COMPLETED' and not test.get('failures'),
        'seconds': float(test['time'].rstrip('s')),
        'reason': ' '.join(failure['failure'] for failure in test.get('failures', [])) or test['result']}
        for suite in suites for test in suite['testsuite']}
    if not results or code != int(any(not result['passed'] for result in results.values())):
        raise CannotRun(f'mq_client_suite ended with {code} after {len(results)} tests')
    return results


def on_servers(chosen, build, scratch, name_server, cases=None, runner=run_cases):
    """Several clients at a time, for most of what they do is wait; the results of each."""
    with contextlib.ExitStack() as servers, concurrent.futures.ThreadPoolExecutor() as threads:
        behind_proxy = [client for client in chosen if client in clients.BEHIND_PROXY]
        proxies = [servers.enter_context(proxy(build, scratch, name_server))] if behind_proxy else []
        running = {}
        for client in chosen:
            addresses = [name_server, *(proxies if client in behind_proxy else [])]
            work = run_suite if client == 'suite' else functools.partial(
                runner, client, cases=(cases or {}).get(client, ()))
            running[client] = threads.submit(work, build, scratch, *addresses)
        return {client: results.result() for client, results in running.items()}


def on_cluster(build, cluster, work):
    scratch = tempfile.mkdtemp(prefix='sluice-compat.')
    try:
        with CLUSTERS[cluster](build, scratch) as name_server:
            return work(build, scratch, name_server)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def judge(build, column, cluster):
    """One client, or one group of them; whether all of it passed."""
    chosen = clients.GROUPS.get(column, [column])
    good = True
    for client, results in on_cluster(build, cluster, functools.partial(on_servers, chosen)).items():
        print(f'{CLIENTS[client]}:')
        good = kept(build, client, cluster, results) and good
    return good


def kept(build, name, cluster, results):
    """Keeps and prints results; whether all passed."""
    with open(results_file(build, name, cluster), 'w', encoding='utf-8') as file:
        json.dump(results, file, indent=1, ensure_ascii=False)
    for case, result in results.items():
        word = 'pass' if result['passed'] else 'FAIL'
        print(f'{word}  {case}  {result["seconds"]:.1f} s  {result["reason"]}'.rstrip(), flush=True)
    return bool(results) and all(result['passed'] for result in results.values())


def control(build):
    """Cases that lose, repeat or hurry on purpose: each has to be found out."""
    good = True
    work = functools.partial(on_servers, list(clients.CONTROLS), cases=clients.CONTROLS)
    for client, results in on_cluster(build, 'sluice-mq', work).items():
        for name, result in results.items():
            print(f'{client} {name}: {result["reason"] or "NOTHING WAS NOTICED"}')
        found = sorted(name for name, result in results.items() if not result['passed'])
        good = good and found == sorted(clients.CONTROLS[client])
    return early_ends(build) and good


def early_ends(build):
    """Programs that end among their cases, by themselves with 0 or killed: cases without a verdict failed."""
    good, everyone = True, list(clients.CONTROLS)
    ending = dict.fromkeys(everyone, clients.ENDS)
    for how, work in (('ended with 0', functools.partial(on_servers, everyone, cases=ending)),
                      ('killed', functools.partial(on_servers, everyone, runner=kill_among_cases))):
        for client, results in on_cluster(build, 'sluice-mq', work).items():
            silent = [result['reason'] for result in results.values() if NONE_GIVEN in result['reason']]
            print(f'{client}, {how}: {len(silent)} of {len(results)} cases failed without a verdict; '
                  f'{silent[0] if silent else "NOTHING WAS NOTICED"}')
            good = good and bool(silent) and not any(results[name]['passed'] for name in ending[client]
                                                     if name in results)
    return good


def selectors(build):
    """SQL92 selectors without a broker: both parsers judge the same lines."""
    with tempfile.TemporaryDirectory(prefix='sluice-compat.') as scratch:
        return selector_judges.agree(build, scratch)


def name_servers(build):
    """Both makes in one cluster, and restarts under traffic."""
    return namesrv.judge(build, functools.partial(run_cases, 'java'), run_suite)


def operators(build):
    """The stock mqadmin on both clusters."""
    answers = {cluster: on_cluster(build, cluster, mqadmin.ask) for cluster in CLUSTERS}
    good, sentences = mqadmin.compare(answers['rocketmq'], answers['sluice-mq'])
    with open(sentences_file(build), 'w', encoding='utf-8') as file:
        json.dump(sentences, file)
    return good


def accounts(build):
    """Clusters where one has to log in."""
    good = True
    for cluster in security.CLUSTERS:
        print(f'Signed and unsigned clients against {TITLES[cluster]}:', flush=True)
        good = kept(build, 'security', cluster, security.judge(build, cluster, run_suite)) and good
    return good


def order_system(build):
    """Our services on a genuine cluster."""
    scratch = tempfile.mkdtemp(prefix='sluice-compat.')
    os.chmod(scratch, 0o711)  # root's PostgreSQL runs as another user, who must get through
    try:
        return services.judge(build, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def results_of(build, client, cluster):
    path = results_file(build, client, cluster)
    if not os.path.exists(path):
        return {}
    with open(path, encoding='utf-8') as file:
        return json.load(file)


def verdict(found):
    """One word for what a case came to on both clusters."""
    if not any(found):
        return '-'  # this client has no such case
    if not all(found):
        return 'not run'
    failed = [cluster for cluster, one in zip(CLUSTERS, found) if not one['passed']]
    return f'FAIL {"+".join(failed)}' if failed else 'pass'


def matrix(build):
    """Prints what each case came to with each client; true when all ran on both clusters and passed, as
    docs/compatibility.md says."""
    good = True
    for shown in ([client for client in CLIENTS if client != 'suite'], ['suite']):
        columns = {client: [results_of(build, client, cluster) for cluster in CLUSTERS] for client in shown}
        print(f'{" on ".join(["Passed", " and ".join(TITLES.values())])}:')
        for client in shown:
            ran = all(columns[client])
            good = good and ran
            print(f'  {client:12}{CLIENTS[client]}{"" if ran else "  (NOT RUN)"}')
        names = sorted({name for both in columns.values() for one in both for name in one})
        width = max((len(name) for name in names), default=0) + 2
        print(f'{"":{width + 2}}' + ''.join(f'{client:14}' for client in shown).rstrip())
        for name in names:
            words = [verdict([one.get(name) for one in columns[client]]) for client in shown]
            good = good and not set(words) - {'pass', '-'}
            print(f'  {name:{width}}' + ''.join(f'{word:14}' for word in words).rstrip())
        print()
    return documented(build) and good


def documented(build, write=False):
    """Whether docs/compatibility.md says what was found. write: its tables are written anew."""
    sentences = []
    if os.path.exists(sentences_file(build)):
        with open(sentences_file(build), encoding='utf-8') as file:
            sentences = json.load(file)
    else:
        print('mqadmin did not run')
    agrees = document.agrees(functools.partial(results_of, build), TITLES, sentences, write)
    return agrees and bool(sentences)


def everything(build):
    prepare(build)
    for column in COLUMNS:
        for cluster in CLUSTERS:
            print(f'Against {TITLES[cluster]}:', flush=True)
            judge(build, column, cluster)
    others = [control(build), selectors(build), operators(build), accounts(build), name_servers(build),
              order_system(build)]
    return matrix(build) and all(others)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('build', help='the build directory')
    parser.add_argument('step', nargs='?', default='everything',
                        choices=[*STEPS, *clients.GROUPS, *CLIENTS])
    parser.add_argument('cluster', nargs='?', choices=list(CLUSTERS), help='for the clients')
    asked = parser.parse_args()
    if (asked.step in STEPS) == bool(asked.cluster):
        parser.error(f'{asked.step} {"takes no" if asked.step in STEPS else "needs a"} cluster')
    build = os.path.abspath(asked.build)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `with` ends its process
    try:
        if asked.step not in STEPS:
            good = judge(build, asked.step, asked.cluster)
        else:
            good = {'everything': everything, 'prepare': prepare, 'control': control,
                    'selectors': selectors, 'mqadmin': operators, 'security': accounts,
                    'namesrv': name_servers,
                    'services': order_system, 'matrix': matrix,
                    'document': functools.partial(documented, write=True)}[asked.step](build)
    except CannotRun as why:
        print(f'compat: {why}', file=sys.stderr)
        good = False
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1 if good is False else 0)


main()
