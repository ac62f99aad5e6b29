// The conformance cases for ali-ons, the stock remoting client of Node. ali_ons.js NAME-SERVER [CASE...]
'use strict';

const crypto = require('crypto');
const { Consumer, Message, Producer } = require('ali-ons');
const { Failed, Inbox, Scene, brokerOf, keys, runAll, unless, unlessEqual, unlessSame,
  unlessSoon } = require('./conformance');

const quiet = { info() {}, warn() {}, error() {}, debug() {} };

class AliOnsScene extends Scene {
  options(more) {
    return { httpclient: {}, nameSrv: this.nameServer, logger: quiet, instanceName: this.unique('I'), rebalanceInterval: 1000,
      pollNameServerInteval: 1000, heartbeatBrokerInterval: 1000, sendMsgTimeout: 20_000, ...more };
  }

  async started(client) {
    client.on('error', () => {}); // what matters shows in what was or was not received
    this.endings.push(() => client.close());
    await client.ready();
    return client;
  }

  producer(more) {
    return this.started(new Producer(this.options({ producerGroup: this.unique('P'), ...more })));
  }

  // This client gives up when it asks for the members of its group before a broker has read its heartbeat; a
  // genuine one reads the two in different threads.
  async consumer(group, topic, handle, selector = '*', more = {}, tries = 5) {
    const made = new Consumer(this.options({ consumerGroup: group, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      ...more }));
    made.subscribe(topic, selector, handle);
    try {
      return await this.started(made);
    } catch (failure) {
      if (tries === 1 || !failure.message.includes('no consumer for this group')) throw failure;
      return this.consumer(group, topic, handle, selector, more, tries - 1);
    }
  }

  collector(group, topic, inbox, selector, more) {
    return this.consumer(group, topic, async one => inbox.add(one.keys, one), selector, more);
  }

  // Everything in a topic, by a group of its own.
  async read(topic, queues, count) {
    const inbox = new Inbox();
    const group = this.unique('G');
    await this.collector(group, topic, inbox);
    await unlessSoon(() => inbox.keys.length >= count, () => `${inbox.keys.length} of ${count} came`);
    await this.awaitCommitted(group, topic, queues);
    unlessEqual(count, inbox.keys.length, 'messages');
    return inbox.entries.map(entry => entry.message);
  }
}

function message(topic, key, tag = 'tag', body = `body of ${key}`) {
  const made = new Message(topic, tag, body);
  made.keys = [ key ];
  return made;
}

async function send(producer, one) {
  const receipt = await producer.send(one);
  unlessEqual('SEND_OK', receipt.sendStatus, 'status of a send');
  return receipt;
}

async function sendAll(producer, topic, wanted) {
  const receipts = {};
  for (const key of wanted) receipts[key] = await send(producer, message(topic, key));
  return receipts;
}

const keysOf = messages => messages.map(one => one.keys);
const cases = {};

cases['send.sync'] = async scene => {
  const topic = await scene.topic(4);
  const receipts = await sendAll(await scene.producer(), topic, keys(0, 40));
  const found = await scene.read(topic, 4, 40);
  unlessSame(keys(0, 40), keysOf(found), 'stored');
  for (const one of found) {
    const receipt = receipts[one.keys];
    unlessEqual(receipt.msgId, one.msgId, 'id');
    unlessEqual(receipt.queueOffset, one.queueOffset, 'offset');
    unlessEqual(Number(receipt.messageQueue.queueId), one.queueId, 'queue');
    unlessEqual(`body of ${one.keys}`, one.body.toString(), 'body');
  }
  unlessEqual(4, new Set(found.map(one => one.queueId)).size, 'queues that took turns');
};

cases['send.async'] = async scene => {
  const topic = await scene.topic(4);
  const producer = await scene.producer();
  await Promise.all(keys(0, 100).map(key => send(producer, message(topic, key))));
  unlessSame(keys(0, 100), keysOf(await scene.read(topic, 4, 100)), 'stored');
};

cases['send.selector'] = async scene => {
  const topic = await scene.topic(4);
  const producer = await scene.producer();
  for (let step = 0; step < 6; step++) {
    for (let order = 0; order < 8; order++) {
      const one = message(topic, `${order}-${step}`);
      one.shardingKey = `order${order}`;
      await send(producer, one);
    }
  }
  const found = (await scene.read(topic, 4, 48)).sort((a, b) => a.queueOffset - b.queueOffset);
  for (let order = 0; order < 8; order++) {
    const mine = found.filter(one => one.keys.startsWith(`${order}-`));
    unlessEqual(Array.from({ length: 6 }, (_, step) => `${order}-${step}`), keysOf(mine), 'steps of an order');
    unlessEqual(1, new Set(mine.map(one => one.queueId)).size, 'queues of an order');
  }
};

// This client learns of a topic from the name server or not at all.
cases['send.unknown-topic'] = async scene => {
  const producer = await scene.producer();
  const refused = await producer.send(message(scene.unique('T'), 'key')).then(() => null, failure => failure);
  unless(refused, 'a send to a topic that does not exist was accepted');
  const topic = await scene.topic(1);
  await sendAll(producer, topic, [ 'after' ]);
  unlessSame([ 'after' ], keysOf(await scene.read(topic, 1, 1)), 'stored');
};

cases['content.properties'] = async scene => {
  const topic = await scene.topic(1);
  const one = message(topic, 'schlüssel', '标签', 'größer als 大');
  one.properties['größe'] = 'très grand';
  await send(await scene.producer(), one);
  const [ found ] = await scene.read(topic, 1, 1);
  unlessEqual([ 'schlüssel', '标签', 'größer als 大', 'très grand', topic ],
    [ found.keys, found.tags, found.body.toString(), found.properties['größe'], found.topic ], 'content');
};

// Larger ones than 4 KiB are compressed by the client.
cases['content.bodies'] = async scene => {
  const topic = await scene.topic(1);
  const producer = await scene.producer();
  const bodies = { one: Buffer.from([ 0 ]), blanks: Buffer.from('  '), compressible: Buffer.alloc(260_000, 'compressible '),
    incompressible: crypto.randomBytes(3_900_000) };
  for (const [ key, body ] of Object.entries(bodies)) await send(producer, message(topic, key, 'tag', body));
  for (const one of await scene.read(topic, 1, 4)) {
    unless(bodies[one.keys].equals(one.body), `${one.keys} came with another body of ${one.body.length} bytes`);
  }
};

cases['consume.concurrent'] = async scene => {
  const topic = await scene.topic(4);
  const [ group, inbox, producer ] = [ scene.unique('G'), new Inbox(), await scene.producer() ];
  await sendAll(producer, topic, keys(0, 50));
  await scene.collector(group, topic, inbox, '*', { parallelConsumeLimit: 8 });
  await sendAll(producer, topic, keys(50, 50));
  await inbox.awaitAll(keys(0, 100));
  await scene.awaitCommitted(group, topic, 4);
  unlessSame(keys(0, 100), inbox.keys, 'received');
};

// "Aa" and "BB" have the same hash: somebody has to compare the text.
cases['consume.tags'] = async scene => {
  const topic = await scene.topic(1);
  const [ group, inbox, producer ] = [ scene.unique('G'), new Inbox(), await scene.producer() ];
  const tags = [ 'Aa', 'BB', 'green', 'blue', 'Aa', 'BB', 'green' ];
  for (const [ i, tag ] of tags.entries()) await send(producer, message(topic, `key${i}`, tag));
  await scene.collector(group, topic, inbox, 'Aa || green');
  const wanted = [ 'key0', 'key2', 'key4', 'key6' ];
  await inbox.awaitAll(wanted);
  await scene.awaitCommitted(group, topic, 1);
  unlessSame(wanted, inbox.keys, 'received');
};

cases['select.push'] = async scene => {
  const topic = await scene.topic(1);
  const [ group, inbox, producer ] = [ scene.unique('G'), new Inbox(), await scene.producer() ];
  for (let i = 0; i < 20; i++) {
    const one = message(topic, `key${i}`);
    Object.assign(one.properties, { price: `${i}`, city: i % 2 ? 'Paris' : 'Berlin' });
    await send(producer, one);
  }
  await scene.collector(group, topic, inbox, { expressionType: 'SQL92', subString: "price > 8 AND city = 'Paris'" });
  const wanted = [ 'key9', 'key11', 'key13', 'key15', 'key17', 'key19' ];
  await inbox.awaitAll(wanted);
  await scene.awaitCommitted(group, topic, 1);
  unlessSame(wanted, inbox.keys, 'received');
};

cases['consume.broadcast'] = async scene => {
  const topic = await scene.topic(2);
  const [ group, inboxes, producer ] = [ scene.unique('G'), [ new Inbox(), new Inbox() ], await scene.producer() ];
  for (const inbox of inboxes) await scene.collector(group, topic, inbox, '*', { isBroadcast: true });
  await sendAll(producer, topic, keys(0, 20));
  for (const inbox of inboxes) {
    await inbox.awaitAll(keys(0, 20));
    unlessSame(keys(0, 20), inbox.keys, 'received by each');
  }
};

cases['delay.levels'] = async scene => {
  const topic = await scene.topic(2);
  const [ group, inbox, producer ] = [ scene.unique('G'), new Inbox(), await scene.producer() ];
  await scene.collector(group, topic, inbox);
  const notBefore = {};
  for (const [ level, seconds ] of [ 0, 1, 5, 10 ].entries()) {
    for (let i = 0; i < 3; i++) {
      const one = message(topic, `level${level}-${i}`);
      if (level) one.delayTimeLevel = level;
      notBefore[one.keys] = Date.now() + seconds * 1000;
      await send(producer, one);
    }
  }
  await inbox.awaitAll(Object.keys(notBefore));
  await scene.awaitCommitted(group, topic, 2);
  unlessSame(Object.keys(notBefore), inbox.keys, 'received');
  unlessEqual([], inbox.entries.filter(one => one.came < notBefore[one.key]).map(one => one.key), 'came early');
};

// The client sends back without a level: the broker's first delay is ten seconds.
cases['retry.second-time'] = async scene => {
  const topic = await scene.topic(1);
  const [ group, inbox, producer ] = [ scene.unique('G'), new Inbox(), await scene.producer() ];
  await scene.consumer(group, topic, async one => {
    inbox.add(one.keys, { times: one.reconsumeTimes, topic: one.topic, body: one.body.toString() });
    if (one.reconsumeTimes === 0 && one.keys === 'key1') return Consumer.ACTION_RETRY;
    if (one.reconsumeTimes === 0 && one.keys === 'key2') throw new Error('turned down');
  });
  await sendAll(producer, topic, keys(0, 3));
  const wanted = [ ...keys(0, 3), 'key1', 'key2' ];
  await inbox.awaitAll(wanted);
  await scene.awaitCommitted(group, topic, 1);
  await scene.awaitCommitted(group, `%RETRY%${group}`, 1);
  unlessSame(wanted, inbox.keys, 'received');
  const repeats = inbox.entries.filter(entry => entry.message.times === 1);
  unlessSame([ 'key1', 'key2' ], repeats.map(entry => entry.key), 'repeats');
  for (const { key, message: one } of repeats) {
    unlessEqual([ topic, `body of ${key}` ], [ one.topic, one.body ], 'topic and body of a repeat');
  }
};

// Of three addresses only the last one answers.
cases['names.list'] = async scene => {
  const topic = await scene.topic(1);
  const nameSrv = [ '127.0.0.1:1', '127.0.0.1:2', scene.nameServer ];
  await sendAll(await scene.producer({ nameSrv, connectTimeout: 500 }), topic, keys(0, 4));
  const inbox = new Inbox();
  await scene.collector(scene.unique('G'), topic, inbox, '*', { nameSrv, connectTimeout: 500 });
  await inbox.awaitAll(keys(0, 4));
};

cases['group.share-and-take-over'] = async scene => {
  const topic = await scene.topic(4);
  const [ group, inboxes, producer ] = [ scene.unique('G'), [ new Inbox(), new Inbox() ], await scene.producer() ];
  await scene.collector(group, topic, inboxes[0]);
  const leaving = await scene.collector(group, topic, inboxes[1]);
  const sent = [];
  const shares = async (life, wanted) => {
    for (let round = 0; ; round++) {
      unless(round < 200, `the queues are not shared as ${wanted}`);
      const fresh = keys(0, 4).map(key => `${key}-${life}-${round}`);
      for (const key of fresh) await send(producer, message(topic, key));
      sent.push(...fresh);
      const counts = () => inboxes.map(inbox => fresh.filter(key => inbox.keys.includes(key)).length);
      await unlessSoon(() => counts()[0] + counts()[1] >= 4, () => 'a round is lost');
      if (`${counts()}` === `${wanted}`) return;
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  };
  await shares(1, [ 2, 2 ]);
  await scene.awaitCommitted(group, topic, 4);
  await leaving.close();
  await shares(2, [ 4, 0 ]);
  unlessSame(sent, new Set([ ...inboxes[0].keys, ...inboxes[1].keys ]), 'different messages that came');
};

cases['group.restart'] = async scene => {
  const topic = await scene.topic(2);
  const [ group, inbox, producer ] = [ scene.unique('G'), new Inbox(), await scene.producer() ];
  for (let life = 0; life < 3; life++) {
    await sendAll(producer, topic, keys(life * 10, 10));
    const consumer = await scene.collector(group, topic, inbox);
    await inbox.awaitAll(keys(0, (life + 1) * 10));
    await scene.awaitCommitted(group, topic, 2);
    await consumer.close();
  }
  unlessSame(keys(0, 30), inbox.keys, 'received in three lives');
};

cases['group.two-groups'] = async scene => {
  const topic = await scene.topic(2);
  await sendAll(await scene.producer(), topic, keys(0, 10));
  for (let i = 0; i < 2; i++) {
    unlessSame(keys(0, 10), keysOf(await scene.read(topic, 2, 10)), 'received by each group');
  }
};

// Harm done on purpose: must fail, or the others prove nothing. Run only when named.
cases['control.lost'] = async scene => {
  const topic = await scene.topic(1);
  await sendAll(await scene.producer(), topic, keys(0, 9));
  unlessSame(keys(0, 10), keysOf(await scene.read(topic, 1, 9)), 'received');
};

async function main([ nameServer, ...chosen ]) {
  unless(nameServer, 'usage: ali_ons.js NAME-SERVER [CASE...]');
  const broker = await brokerOf(nameServer);
  return runAll(cases, name => new AliOnsScene(nameServer, broker, name), chosen);
}

main(process.argv.slice(2)).then(code => process.exit(code), failure => {
  console.error(failure instanceof Failed ? failure.message : failure);
  process.exit(2);
});
