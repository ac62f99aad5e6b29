"""The stock mqadmin on both clusters, filled alike: it must say the same but for what must differ."""
import os
import re

from processes import CannotRun, java, run

LIMIT = 600
CLUSTER = 'DefaultCluster'

# In this order: later commands see what earlier ones changed.
COMMANDS = [
    'clusterList', 'clusterList -m', 'topicList', 'topicList -c', 'topicClusterList -t {topic}',
    'topicRoute -t {topic}', 'topicStatus -t {topic}', 'statsAll -t {topic}',
    'allocateMQ -t {topic} -i 10.0.0.1,10.0.0.2',
    'brokerStatus -b {broker}', 'getBrokerConfig -b {broker}', 'getNamesrvConfig', 'haStatus -b {broker}',
    'updateTopic -b {broker} -t Made -r 3 -w 3', 'updateTopicPerm -b {broker} -t Made -p 4',
    'topicRoute -t Made', f'updateTopicPerm -c {CLUSTER} -t Made -p 6', f'deleteTopic -c {CLUSTER} -t Made',
    'topicRoute -t Made',
    'updateSubGroup -b {broker} -g MadeGroup -r 2', 'getConsumerConfig -g MadeGroup',
    'deleteSubGroup -b {broker} -g MadeGroup',
    'queryMsgById -i {id} -t {topic}', 'queryMsgByKey -t {topic} -k key3', 'queryMsgByKey -t {topic} -k none',
    'queryMsgByUniqueKey -t {topic} -i {unique}', 'queryMsgByOffset -t {topic} -b broker-a -i 0 -o 0',
    'printMsg -t {topic}', 'printMsgByQueue -t {topic} -a broker-a -i 1 -p true -d true',
    'queryMsgById -i {id} -t {topic} -g {group} -d {client}',
    'sendMessage -t {topic} -p sent -k sentKey -c sentTag', 'sendMsgStatus -b broker-a -c 1 -s 10',
    'checkMsgSendRT -t {topic} -a 2 -s 10',
    'producerConnection -g {producers} -t {topic}', 'producer -b {broker}',
    'consumerConnection -g {group}', 'consumerProgress -g {group}', 'consumerProgress',
    'consumerStatus -g {group}', 'consumerStatus -g {group} -i {client}', 'brokerConsumeStats -b {broker}',
    'cloneGroupOffset -s {group} -d CopiedGroup -t {topic}', 'updateSubGroup -b {broker} -g CopiedGroup',
    'cloneGroupOffset -s {group} -d CopiedGroup -t {topic}', 'consumerProgress -g CopiedGroup',
    'skipAccumulatedMessage -g {group} -t {topic}',
    'resetOffsetByTime -g {group} -t {topic} -s -1', 'resetOffsetByTime -g nobody -t {topic} -s -1',
    'updateKvConfig -s SPACE -k name -v value', 'deleteKvConfig -s SPACE -k name',
    'updateOrderConf -m put -t {topic} -v broker-a:2', 'updateOrderConf -m get -t {topic}',
    'updateOrderConf -m delete -t {topic}',
    'wipeWritePerm -b broker-a', 'addWritePerm -b broker-a',
    'cleanExpiredCQ -b {broker}', 'deleteExpiredCommitLog -b {broker}', 'cleanUnusedTopic -b {broker}',
    'queryCq -t {topic} -q 0 -i 0 -c 1 -b {broker}',
    'queryCq -t {topic} -q 0 -i 0 -c 1 -g nobody -b {broker}',
    'consumeMessage -t {topic} -b broker-a -i 0 -o 0 -c 1',
]

# Where numbers have to be the same too: settings, not sizes or times or what depends on a queue's turn.
EXACT = ['topicClusterList -t {topic}', 'topicRoute -t {topic}', 'allocateMQ -t {topic} -i 10.0.0.1,10.0.0.2',
         'updateTopic -b {broker} -t Made -r 3 -w 3', 'updateTopicPerm -b {broker} -t Made -p 4',
         'topicRoute -t Made', 'updateSubGroup -b {broker} -g MadeGroup -r 2',
         'getConsumerConfig -g MadeGroup', 'updateOrderConf -m get -t {topic}']

# Where ours differs, and why.
DECIDED = {
    'clusterList': 'the version is our own',
    'topicList': 'upstream has two more topics for half messages in RocksDB',
    'topicList -c': 'upstream has two more topics for half messages in RocksDB',
    'brokerStatus -b {broker}': 'our version; upstream has rows of directories, ours of the delay levels',
    'getBrokerConfig -b {broker}': 'other programs, other settings',
    'getNamesrvConfig': 'other programs, other settings',
}


def ask(build, scratch, name_server):
    """What each command says, in order."""
    script, log = os.path.join(scratch, 'commands'), os.path.join(scratch, 'mqadmin.log')
    with open(script, 'w', encoding='utf-8') as file:
        file.write('\n'.join(COMMANDS))
    folder, home = os.path.join(build, 'compat', 'java'), os.path.join(scratch, 'client')
    classpath = os.path.join(folder, 'classes') + ':' + os.path.join(folder, 'dependency', '*')
    command = [*java(classpath, home, '-Xmx512m', f'-Drocketmq.home.dir={home}',
                     f'-Drocketmq.client.logRoot={home}/logs'), 'sluice.compat.Mqadmin', name_server, script]
    code = run('mqadmin', command, log, LIMIT, cwd=home)  # some sub-commands leave files where they run
    with open(log, encoding='utf-8', errors='replace') as file:
        text = file.read()
    found = re.findall(r'^<<< (.*?)\n(.*?)\n>>>$', text, re.M | re.S)
    if code != 0 or len(found) != len(COMMANDS):
        raise CannotRun(f'mqadmin ended with {code} after {len(found)} of {len(COMMANDS)} commands: '
                        f'{text[-600:]}')
    return [answer for _, answer in found]


PLAIN = [
    (r'.*rocketmq\.apache\.org/docs.*', ''), (r'[IP]-mqadmin-\w+-\d+', 'NAME'),
    (r'(?<=\w)@[0-9a-f]{5,8}\b', '@HASH'), (r'/tmp/sluice-compat\.\w+', 'SCRATCH'),
    (r'\d+\.\d+\.\d+\.\d+(:|@)\d+', 'ADDRESS'), (r'\d+\.\d+\.\d+\.\d+', 'ADDRESS'),
    (r'\b[0-9A-F]{24,}\b', 'ID'), (r'\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.,]\d+)?', 'TIME'),
    (r'[ \t]+', ' '), (r' $', ''),
    # A member commits this once its first long poll on the retry topic has ended: by then or not.
    (r'^%RETRY%AdminGroup broker-a .* N/A$', ''),
]
NUMBERS = [(r'-?\d+(\.\d+)?(E-?\d+)?', '#'), (r'(?<=: )#( #)+$', '#')]


def plain(answer, numbers=False):
    """Without what no two runs have in common; lines in an order of their own."""
    for pattern, word in PLAIN if numbers else PLAIN + NUMBERS:
        answer = re.sub(pattern, word, answer, flags=re.M)
    return sorted(line for line in answer.splitlines() if line.strip())


def compare(genuine, ours):
    """Prints a verdict for each command; whether all are as they should be, and what is to be said of it."""
    good, same = True, 0
    for command, theirs, own in zip(COMMANDS, genuine, ours):
        exact = command in EXACT
        differs = plain(theirs, exact) != plain(own, exact)
        expected = command in DECIDED
        same += not differs
        verdict = 'same' if not differs else 'decided' if expected else 'DIFFERS'
        if expected and not differs:
            verdict = 'SAME, though listed as different'
        good = good and verdict in ('same', 'decided')
        print(f'{verdict:10} mqadmin {command}' + (f': {DECIDED[command]}' if verdict == 'decided' else ''))
        if verdict == 'DIFFERS':
            for mark, mine, other in (('-', theirs, own), ('+', own, theirs)):
                for line in [line for line in plain(mine, exact) if line not in plain(other, exact)][:20]:
                    print(f'             {mark} {line[:200]}')
    print(f'{same} of {len(COMMANDS)} commands say the same, {len(DECIDED)} differ by decision')
    kinds = len({command.split()[0] for command in COMMANDS})
    return good, [f'{len(COMMANDS)} commands ({kinds} sub-commands) of the stock mqadmin',
                  f'{same} print the same.']
