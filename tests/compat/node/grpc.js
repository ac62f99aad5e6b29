// The conformance cases for rocketmq-client-nodejs, the gRPC client of Node, through Apache's proxy.
// grpc.js NAME-SERVER PROXY [CASE...]
'use strict';

const crypto = require('crypto');
const { ConsumeResult, FilterExpression, Producer, PushConsumer, SimpleConsumer } = require('rocketmq-client-nodejs');
const { FilterType, TransactionResolution } = require('rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb');
const { Failed, Inbox, Scene, brokerOf, keys, runAll, unless, unlessEqual, unlessSame,
  unlessSoon } = require('./conformance');

const AWAIT_MILLIS = 5000, INVISIBLE_MILLIS = 10_000; // the least that the proxy takes
const TIMER_TICK_MILLIS = 1000; // RocketMQ rounds the time of a timer message down, by this at most
const quiet = { info() {}, warn() {}, error() {}, debug() {}, close() {} };

class GrpcScene extends Scene {
  constructor(nameServer, broker, proxy, name) {
    super(nameServer, broker, name);
    this.proxy = proxy;
  }

  options(more) {
    return { endpoints: this.proxy, namespace: '', logger: quiet, requestTimeout: 20_000, ...more };
  }

  async started(client) {
    this.endings.push(() => client.shutdown());
    await client.startup();
    return client;
  }

  producer(topic, check) {
    return this.started(new Producer(this.options({ topics: [ topic ], topic, checker: check && { check } })));
  }

  simple(consumerGroup, topic, selector = '*') {
    return this.started(new SimpleConsumer(this.options({ consumerGroup, awaitDuration: AWAIT_MILLIS,
      subscriptions: new Map([[ topic, selector ]]) })));
  }

  push(consumerGroup, topic, inbox, answer = () => ConsumeResult.SUCCESS) {
    return this.started(new PushConsumer(this.options({ consumerGroup, subscriptions: new Map([[ topic, '*' ]]),
      messageListener: {
        consume: async one => {
          inbox.add(keyOf(one), one);
          return answer(one);
        },
      } })));
  }
}

const keyOf = message => message.keys[0];
const keysOf = messages => messages.map(keyOf);

function message(topic, key, more = {}) {
  return { topic, keys: [ key ], tag: 'tag', body: Buffer.from(`body of ${key}`), ...more };
}

async function sendAll(producer, topic, wanted) {
  const receipts = {};
  for (const key of wanted) receipts[key] = await producer.send(message(topic, key));
  return receipts;
}

// Until so many have come.
async function receive(consumer, count, acknowledge = true) {
  const found = [];
  await unlessSoon(async () => {
    for (const one of await consumer.receive(16, INVISIBLE_MILLIS)) {
      unless(!one.corrupted, `${keyOf(one)} is said to be corrupted`);
      found.push(one);
      if (acknowledge) await consumer.ack(one);
    }
    return found.length >= count;
  }, () => `${found.length} of ${count} came`);
  return found;
}

const cases = {};

cases['send.sync'] = async scene => {
  const topic = await scene.topic(4, 'NORMAL');
  const receipts = await sendAll(await scene.producer(topic), topic, keys(0, 20));
  const found = await receive(await scene.simple(await scene.group(), topic), 20);
  unlessSame(keys(0, 20), keysOf(found), 'received');
  for (const one of found) {
    unlessEqual([ receipts[keyOf(one)].messageId, `body of ${keyOf(one)}`, 'tag', 1 ],
      [ one.messageId, one.body.toString(), one.tag, one.deliveryAttempt ], 'content');
  }
};

cases['send.async'] = async scene => {
  const topic = await scene.topic(4, 'NORMAL');
  const producer = await scene.producer(topic);
  await Promise.all(keys(0, 50).map(key => producer.send(message(topic, key))));
  unlessSame(keys(0, 50), keysOf(await receive(await scene.simple(await scene.group(), topic), 50)), 'received');
};

cases['content.properties'] = async scene => {
  const topic = await scene.topic(1, 'NORMAL');
  const body = crypto.randomBytes(1_000_000);
  await (await scene.producer(topic)).send(message(topic, 'schlüssel', { body,
    properties: new Map([[ 'größe', 'très grand 大' ]]) }));
  const [ found ] = await receive(await scene.simple(await scene.group(), topic), 1);
  unlessEqual([ 'schlüssel', 'très grand 大' ], [ keyOf(found), found.properties.get('größe') ], 'content');
  unless(body.equals(found.body), `another body of ${found.body.length} bytes`);
};

cases['send.fifo'] = async scene => {
  const topic = await scene.topic(4, 'FIFO');
  const producer = await scene.producer(topic);
  for (let step = 0; step < 5; step++) {
    for (let order = 0; order < 4; order++) {
      await producer.send(message(topic, `${order}-${step}`, { messageGroup: `order${order}` }));
    }
  }
  const found = keysOf(await receive(await scene.simple(await scene.group(true), topic), 20));
  for (let order = 0; order < 4; order++) {
    unlessEqual([ 0, 1, 2, 3, 4 ].map(step => `${order}-${step}`), found.filter(key => key.startsWith(`${order}-`)),
      'steps of an order');
  }
};

cases['delay.timers'] = async scene => {
  const topic = await scene.topic(2, 'DELAY');
  const [ inbox, due ] = [ new Inbox(), {} ];
  await scene.push(await scene.group(), topic, inbox);
  const producer = await scene.producer(topic);
  for (const [ i, later ] of [ 3, 4, 6 ].entries()) {
    due[`key${i}`] = Date.now() + later * 1000;
    await producer.send(message(topic, `key${i}`, { deliveryTimestamp: new Date(due[`key${i}`]) }));
  }
  await inbox.awaitAll(Object.keys(due));
  unlessSame(Object.keys(due), inbox.keys, 'received');
  unlessEqual([], inbox.entries.filter(one => one.came < due[one.key] - TIMER_TICK_MILLIS), 'came early');
};

cases['delay.recall'] = async scene => {
  const topic = await scene.topic(1, 'DELAY');
  const inbox = new Inbox();
  await scene.push(await scene.group(), topic, inbox);
  const producer = await scene.producer(topic);
  for (const key of [ 'before', 'recalled', 'after' ]) {
    const receipt = await producer.send(message(topic, key, { delay: key === 'after' ? 10_000 : 7000 }));
    if (key === 'recalled') {
      unlessEqual(receipt.messageId, (await producer.recallMessage(topic, receipt.recallHandle)).messageId, 'id');
    }
  }
  await inbox.awaitAll([ 'before', 'after' ]);
  unlessSame([ 'before', 'after' ], inbox.keys, 'received');
};

const isEven = key => Number(key.slice(3)) % 2 === 0;

async function sendInTransaction(producer, topic, wanted, decide) {
  for (const key of wanted) {
    const transaction = producer.beginTransaction();
    await producer.send(message(topic, key), transaction);
    if (decide) await (isEven(key) ? transaction.commit() : transaction.rollback());
  }
}

cases['transaction.decided'] = async scene => {
  const topic = await scene.topic(2, 'TRANSACTION');
  const inbox = new Inbox();
  await scene.push(await scene.group(), topic, inbox);
  const undecided = async () => TransactionResolution.TRANSACTION_RESOLUTION_UNSPECIFIED;
  await sendInTransaction(await scene.producer(topic, undecided), topic, keys(0, 10), true);
  await inbox.awaitAll(keys(0, 10).filter(isEven));
  unlessSame(keys(0, 10).filter(isEven), inbox.keys, 'received');
};

// Orphans: the broker asks, through the proxy.
cases['transaction.checked'] = async scene => {
  const topic = await scene.topic(1, 'TRANSACTION');
  const [ inbox, asked ] = [ new Inbox(), new Inbox() ];
  await scene.push(await scene.group(), topic, inbox);
  const producer = await scene.producer(topic, async one => {
    asked.add(keyOf(one));
    return isEven(keyOf(one)) ? TransactionResolution.COMMIT : TransactionResolution.ROLLBACK;
  });
  await sendInTransaction(producer, topic, keys(0, 4), false);
  await asked.awaitAll(keys(0, 4));
  await inbox.awaitAll(keys(0, 4).filter(isEven));
  unlessSame(keys(0, 4).filter(isEven), new Set(inbox.keys), 'received'); // a genuine broker may ask twice
};

// What is not acknowledged comes again, with its number of tries; what is, does not.
cases['receive.again'] = async scene => {
  const topic = await scene.topic(1, 'NORMAL');
  await sendAll(await scene.producer(topic), topic, keys(0, 4));
  const consumer = await scene.simple(await scene.group(), topic);
  const first = await receive(consumer, 4, false);
  unlessSame(keys(0, 4), keysOf(first), 'first');
  for (const one of first) {
    if ([ 'key0', 'key1' ].includes(keyOf(one))) await consumer.ack(one);
  }
  const second = await receive(consumer, 2);
  unlessSame([ 'key2', 'key3' ], keysOf(second), 'came again');
  unlessEqual([ 2, 2 ], second.map(one => one.deliveryAttempt), 'tries');
  unlessEqual([], keysOf(await consumer.receive(16, INVISIBLE_MILLIS)), 'came after all');
};

cases['receive.change-invisible'] = async scene => {
  const topic = await scene.topic(1, 'NORMAL');
  await sendAll(await scene.producer(topic), topic, [ 'key' ]);
  const consumer = await scene.simple(await scene.group(), topic);
  const [ one ] = await receive(consumer, 1, false);
  const changed = Date.now();
  await consumer.changeInvisibleDuration(one, 20_000);
  const [ again ] = await receive(consumer, 1);
  unless(Date.now() - changed >= 19_000, `it came ${Date.now() - changed} ms after it was put off by 20 s`);
  unlessEqual([ 'key', 2 ], [ keyOf(again), again.deliveryAttempt ], 'came again');
};

cases['consume.concurrent'] = async scene => {
  const topic = await scene.topic(4, 'NORMAL');
  const [ inbox, producer ] = [ new Inbox(), await scene.producer(topic) ];
  await sendAll(producer, topic, keys(0, 20));
  await scene.push(await scene.group(), topic, inbox);
  await sendAll(producer, topic, keys(20, 20));
  await inbox.awaitAll(keys(0, 40));
  unlessSame(keys(0, 40), inbox.keys, 'received');
};

cases['consume.tags'] = async scene => {
  const topic = await scene.topic(1, 'NORMAL');
  const producer = await scene.producer(topic);
  for (const [ i, tag ] of [ 'Aa', 'BB', 'green', 'blue', 'Aa', 'green' ].entries()) {
    await producer.send(message(topic, `key${i}`, { tag }));
  }
  const found = await receive(await scene.simple(await scene.group(), topic, 'Aa || green'), 4);
  unlessSame([ 'key0', 'key2', 'key4', 'key5' ], keysOf(found), 'received');
};

cases['select.receive'] = async scene => {
  const topic = await scene.topic(1, 'NORMAL');
  const producer = await scene.producer(topic);
  for (let i = 0; i < 10; i++) {
    await producer.send(message(topic, `key${i}`, { properties: new Map([[ 'price', `${i}` ]]) }));
  }
  const selector = new FilterExpression('price > 4 AND price <> 7', FilterType.SQL);
  const found = await receive(await scene.simple(await scene.group(), topic, selector), 4);
  unlessSame([ 'key5', 'key6', 'key8', 'key9' ], keysOf(found), 'received');
};

cases['retry.second-time'] = async scene => {
  const topic = await scene.topic(1, 'NORMAL');
  const inbox = new Inbox();
  await scene.push(await scene.group(), topic, inbox,
    one => (one.deliveryAttempt === 1 && keyOf(one) === 'key1' ? ConsumeResult.FAILURE : ConsumeResult.SUCCESS));
  await sendAll(await scene.producer(topic), topic, keys(0, 3));
  const wanted = [ ...keys(0, 3), 'key1' ];
  await inbox.awaitAll(wanted);
  unlessSame(wanted, inbox.keys, 'received');
  unlessEqual([ 1, 2 ], inbox.entries.filter(one => one.key === 'key1').map(one => one.message.deliveryAttempt), 'tries');
};

cases['retry.dead-letter'] = async scene => {
  const topic = await scene.topic(1, 'NORMAL');
  const [ inbox, group ] = [ new Inbox(), await scene.group(false, 1) ];
  await scene.push(group, topic, inbox,
    one => (keyOf(one) === 'key1' ? ConsumeResult.FAILURE : ConsumeResult.SUCCESS));
  await sendAll(await scene.producer(topic), topic, keys(0, 3));
  const wanted = [ ...keys(0, 3), 'key1' ];
  await inbox.awaitAll(wanted);
  await unlessSoon(async () => await scene.length(`%DLQ%${group}`) === 1, () => 'not one dead letter');
  unlessSame(wanted, inbox.keys, 'received');
};

// Harm done on purpose: must fail, or the others prove nothing. Run only when named.
cases['control.lost'] = async scene => {
  const topic = await scene.topic(1, 'NORMAL');
  await sendAll(await scene.producer(topic), topic, keys(0, 9));
  unlessSame(keys(0, 10), keysOf(await receive(await scene.simple(await scene.group(), topic), 9)), 'received');
};

async function main([ nameServer, proxy, ...chosen ]) {
  unless(proxy, 'usage: grpc.js NAME-SERVER PROXY [CASE...]');
  const broker = await brokerOf(nameServer);
  return runAll(cases, name => new GrpcScene(nameServer, broker, proxy, name), chosen);
}

main(process.argv.slice(2)).then(code => process.exit(code), failure => {
  console.error(failure instanceof Failed ? failure.message : failure);
  process.exit(2);
});
