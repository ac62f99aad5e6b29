// What cases written for Node have in common: how they are run, how they wait and how they judge.
'use strict';

const net = require('net');

const PATIENCE_SECONDS = 100; // for one condition; generous: it decides only how long a failure takes
const RUN = Date.now().toString(36);
const CREATE_TOPIC = 17, CREATE_GROUP = 200, GET_ROUTE = 105, QUERY_CONSUMER_OFFSET = 14, GET_MAX_OFFSET = 30;
let made = 0;

class Failed extends Error {}

function unless(condition, text) {
  if (!condition) throw new Failed(text);
}

function shown(value) {
  const text = JSON.stringify(value);
  return text.length > 400 ? text.slice(0, 400) + '...' : text;
}

function unlessEqual(wanted, found, what) {
  unless(JSON.stringify(wanted) === JSON.stringify(found), `${what}: ${shown(found)}, but ${shown(wanted)} was expected`);
}

// The same keys, each as often, in any order.
function unlessSame(wanted, found, what) {
  unlessEqual([...wanted].sort(), [...found].sort(), what);
}

const sleep = millis => new Promise(resolve => setTimeout(resolve, millis));

async function unlessSoon(condition, otherwise) {
  const deadline = Date.now() + PATIENCE_SECONDS * 1000;
  while (!await condition()) {
    unless(Date.now() < deadline, `after ${PATIENCE_SECONDS} s: ${otherwise()}`);
    await sleep(20); // between two looks; nothing is concluded from it
  }
}

function keys(first, count) {
  return Array.from({ length: count }, (_, i) => `key${first + i}`);
}

// Asks a server of the remoting protocol what the clients do not show: the header of the answer, and its body.
function ask(address, code, extFields, body = '') {
  const header = Buffer.from(JSON.stringify({ code, language: 'JAVA', version: 479, opaque: 1, flag: 0, extFields }));
  const [ host, port ] = address.split(':');
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const socket = net.connect({ host, port: Number(port), timeout: 20_000 }, () => {
      const lengths = Buffer.alloc(8);
      lengths.writeUInt32BE(4 + header.length + Buffer.byteLength(body));
      lengths.writeUInt32BE(header.length, 4);
      socket.write(Buffer.concat([ lengths, header, Buffer.from(body) ]));
    });
    socket.on('error', reject);
    socket.on('timeout', () => socket.destroy(new Error(`${address} does not answer ${code}`)));
    socket.on('data', data => {
      got = Buffer.concat([ got, data ]);
      if (got.length < 8 || got.length < 4 + got.readUInt32BE()) return;
      socket.destroy();
      const end = 8 + (got.readUInt32BE(4) & 0xffffff);
      resolve([ JSON.parse(got.subarray(8, end).toString()), got.subarray(end).toString() ]);
    });
  });
}

async function brokerOf(nameServer, topic = 'TBW102') {
  const [ header, body ] = await ask(nameServer, GET_ROUTE, { topic });
  const found = header.code === 0 && /"brokerAddrs":\{"?0"?:"([^"]+)"/.exec(body);
  return found ? found[1] : null;
}

// What consumers were given, in the order in which they were given it.
class Inbox {
  constructor() {
    this.entries = [];
  }

  add(key, message) {
    this.entries.push({ key, message, came: Date.now() });
  }

  get keys() {
    return this.entries.map(entry => entry.key);
  }

  // Until every one of these keys came, as often as it stands there.
  async awaitAll(wanted) {
    const missing = () => {
      const left = [ ...this.keys ];
      return wanted.filter(key => {
        const place = left.indexOf(key);
        if (place >= 0) left.splice(place, 1);
        return place < 0;
      });
    };
    await unlessSoon(() => !missing().length, () => `${this.entries.length} came, but not ${shown(missing())}`);
  }
}

// What one case uses: names nobody else has, and clients, which end with it.
class Scene {
  constructor(nameServer, broker, name) {
    Object.assign(this, { nameServer, broker, name: name.replace('.', '-'), endings: [] });
  }

  unique(what) {
    return `${what}-${this.name}-${RUN}-${++made}`;
  }

  // A topic that exists and that the name server knows. kind: what clients of the proxy may send to it.
  async topic(queues, kind) {
    const topic = this.unique('T');
    const [ header ] = await ask(this.broker, CREATE_TOPIC, {
      topic, defaultTopic: 'TBW102', readQueueNums: `${queues}`, writeQueueNums: `${queues}`, perm: '6',
      topicFilterType: 'SINGLE_TAG', topicSysFlag: '0', order: 'false', attributes: kind ? `+message.type=${kind}` : '',
    });
    unlessEqual(0, header.code, 'code of the new topic');
    await unlessSoon(() => brokerOf(this.nameServer, topic), () => `${topic} does not become known`);
    return topic;
  }

  // A group with settings of its own. tries: retries before a message is a dead letter.
  async group(fifo = false, tries = 16) {
    const groupName = this.unique('G');
    const [ header ] = await ask(this.broker, CREATE_GROUP, {}, JSON.stringify({
      groupName, consumeEnable: true, consumeFromMinEnable: true, consumeBroadcastEnable: true,
      consumeMessageOrderly: fifo, retryQueueNums: 1, retryMaxTimes: tries, brokerId: 0,
      whichBrokerWhenConsumeSlowly: 1, notifyConsumerIdsChangedEnable: true,
    }));
    unlessEqual(0, header.code, 'code of the new group');
    return groupName;
  }

  // Messages in the first queue.
  async length(topic) {
    const [ header ] = await ask(this.broker, GET_MAX_OFFSET, { topic, queueId: '0' });
    return header.code === 0 ? Number(header.extFields.offset) : 0;
  }

  // Until the broker has noted that the group is through with the topic.
  async awaitCommitted(group, topic, queues) {
    for (let queue = 0; queue < queues; queue++) {
      const where = { consumerGroup: group, topic, queueId: `${queue}` };
      const offset = async code => {
        const [ header ] = await ask(this.broker, code, where);
        return header.code === 0 ? Number(header.extFields.offset) : 0;
      };
      const end = await offset(GET_MAX_OFFSET);
      await unlessSoon(async () => await offset(QUERY_CONSUMER_OFFSET) === end,
        () => `${group} does not come to ${end} in queue ${queue} of ${topic}`);
    }
  }

  async close() {
    for (const ending of this.endings.reverse()) await ending();
  }
}

async function judge(scene, body) {
  try {
    await body(scene);
  } catch (failure) {
    return failure instanceof Failed ? failure.message : `${failure.stack}`.split('\n').slice(0, 3).join(' ');
  }
  return '';
}

// Prints a line with all cases, then one for each: verdict, name, seconds and reason, separated by tabs. The exit
// code.
async function runAll(usual, makeScene, chosen, atATime = 12) {
  const cases = { ...usual, 'control.ended': () => process.exit(0) };
  for (const name of chosen) {
    unless(cases[name], `there is no case ${name}`);
  }
  const waiting = chosen.length ? [ ...chosen ] : Object.keys(cases).filter(name => !name.startsWith('control.'));
  process.stdout.write([ 'cases', ...waiting ].join('\t') + '\n');
  let good = true;
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const begun = Date.now();
      const scene = makeScene(name);
      const reason = (await judge(scene, cases[name])).replace(/\s+/g, ' ');
      await scene.close().catch(() => {}); // the verdict has been given
      good = good && !reason;
      const seconds = ((Date.now() - begun) / 1000).toFixed(1);
      process.stdout.write([ reason ? 'fail' : 'pass', name, seconds, reason ].join('\t') + '\n');
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return good ? 0 : 1;
}

module.exports = { Failed, Inbox, Scene, brokerOf, keys, runAll, sleep, unless, unlessEqual, unlessSame, unlessSoon };
