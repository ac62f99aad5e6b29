package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"sort"
	"strings"
	"sync"

	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

func init() {
	cases["send.sync"] = sendSync
	cases["send.async"] = sendAsync
	cases["send.oneway"] = sendOneWay
	cases["send.batch"] = sendBatch
	cases["send.selector"] = sendSelector
	cases["send.new-topic"] = sendNewTopic
	cases["send.too-large"] = sendTooLarge
	cases["content.properties"] = contentProperties
	cases["content.bodies"] = contentBodies
	cases["content.namespace"] = contentNamespace
}

func sendSync(scene *Scene) {
	topic := scene.topic(4)
	receipts, queues := map[string]*primitive.SendResult{}, map[int]bool{}
	for _, key := range keys(0, 40) {
		receipts[key] = scene.send(message(topic, key))
	}
	for _, found := range scene.read(topic, 4, 40) {
		receipt := receipts[found.GetKeys()]
		unless(receipt != nil, "%s was stored twice, or never sent", found.GetKeys())
		delete(receipts, found.GetKeys())
		unlessEqual(receipt.MsgID, found.MsgId, "message id")
		unlessEqual(receipt.OffsetMsgID, found.OffsetMsgId, "offset id")
		unlessEqual(receipt.QueueOffset, found.QueueOffset, "offset")
		unlessEqual(receipt.MessageQueue.QueueId, found.Queue.QueueId, "queue")
		unlessEqual("body of "+found.GetKeys(), string(found.Body), "body")
		queues[found.Queue.QueueId] = true
	}
	unlessEqual(0, len(receipts), "receipts without a message")
	unlessEqual(4, len(queues), "queues that took turns")
}

func sendAsync(scene *Scene) {
	topic := scene.topic(4)
	var mutex sync.Mutex
	answered, refused := []string{}, []error{}
	for _, key := range keys(0, 100) {
		key := key
		must(scene.producer().SendAsync(background, func(_ context.Context, result *primitive.SendResult, err error) {
			mutex.Lock()
			defer mutex.Unlock()
			if err != nil {
				refused = append(refused, err)
				return
			}
			answered = append(answered, key)
		}, message(topic, key)))
	}
	unlessSoon(func() bool {
		mutex.Lock()
		defer mutex.Unlock()
		return len(answered)+len(refused) >= 100
	}, func() string { return "not every send was answered" })
	mutex.Lock()
	defer mutex.Unlock()
	unless(len(refused) == 0, "refused: %v", refused)
	unlessSame(keys(0, 100), answered, "accepted")
	unlessSame(keys(0, 100), keysOf(scene.read(topic, 4, 100)), "stored")
}

func sendOneWay(scene *Scene) {
	topic := scene.topic(4)
	for _, key := range keys(0, 50) {
		must(scene.producer().SendOneWay(background, message(topic, key)))
	}
	unlessSame(keys(0, 50), keysOf(scene.read(topic, 4, 50)), "stored")
}

func sendBatch(scene *Scene) {
	topic := scene.topic(4)
	batch := []*primitive.Message{}
	for _, key := range keys(0, 30) {
		batch = append(batch, message(topic, key).WithTag("tag-of-"+key))
	}
	receipt := scene.send(batch...)
	found := scene.read(topic, 4, 30)
	sort.Slice(found, func(i, j int) bool { return found[i].QueueOffset < found[j].QueueOffset })
	unlessEqual(keys(0, 30), keysOf(found), "order of a batch")
	unlessEqual(30, len(strings.Split(receipt.OffsetMsgID, ",")), "offset ids")
	for i, one := range found {
		unlessEqual(receipt.QueueOffset+int64(i), one.QueueOffset, "offset")
		unlessEqual(receipt.MessageQueue.QueueId, one.Queue.QueueId, "queue")
		unlessEqual("tag-of-"+one.GetKeys(), one.GetTags(), "tag")
		unlessEqual("body of "+one.GetKeys(), string(one.Body), "body")
	}
}

func sendSelector(scene *Scene) {
	topic := scene.topic(4)
	sender := scene.newProducer(producer.WithQueueSelector(producer.NewHashQueueSelector()))
	for step := 0; step < 6; step++ {
		for order := 0; order < 8; order++ {
			one := message(topic, fmt.Sprintf("%d-%d", order, step)).WithShardingKey(fmt.Sprintf("order%d", order))
			accepted(sender.SendSync(background, one))
		}
	}
	found := scene.read(topic, 4, 48)
	sort.Slice(found, func(i, j int) bool { return found[i].QueueOffset < found[j].QueueOffset })
	steps, queues := map[string][]string{}, map[string]int{}
	for _, one := range found {
		order, step := one.GetKeys()[:1], one.GetKeys()[2:]
		steps[order] = append(steps[order], step)
		if queue, known := queues[order]; known {
			unlessEqual(queue, one.Queue.QueueId, "queue of an order")
		}
		queues[order] = one.Queue.QueueId
	}
	for order, found := range steps {
		unlessEqual([]string{"0", "1", "2", "3", "4", "5"}, found, "steps of order "+order)
	}
	unlessEqual(8, len(steps), "orders")
}

func sendNewTopic(scene *Scene) {
	topic := scene.unique("T")
	scene.sendAll(topic, keys(0, 8))
	scene.awaitQueues(topic, 4) // the client asks for four
	unlessSame(keys(0, 8), keysOf(scene.read(topic, 4, 8)), "stored")
}

func sendTooLarge(scene *Scene) {
	topic := scene.topic(1)
	_, err := scene.producer().SendSync(background, primitive.NewMessage(topic, random(4<<20+1)))
	unless(err != nil, "a body of 4 MiB and a byte was accepted")
	unless(strings.Contains(err.Error(), "CODE: 13"), "another refusal: %v", err)
	scene.sendAll(topic, keys(0, 1))
	unlessSame(keys(0, 1), keysOf(scene.read(topic, 1, 1)), "stored after a refusal")
}

func random(size int) []byte {
	body := make([]byte, size)
	rand.New(rand.NewSource(4)).Read(body)
	return body
}

func contentProperties(scene *Scene) {
	topic := scene.topic(1)
	sent := message(topic, "schlüssel").WithTag("标签")
	sent.Flag = 77
	sent.WithProperty("größe", "très grand 大")
	sent.WithProperty("plain", "value with = and ; and spaces")
	receipt := scene.send(sent)
	found := scene.read(topic, 1, 1)[0]
	unlessEqual(receipt.MsgID, found.MsgId, "message id")
	unlessEqual("schlüssel", found.GetKeys(), "keys")
	unlessEqual("标签", found.GetTags(), "tag")
	unlessEqual(int32(77), found.Flag, "flag")
	unlessEqual("très grand 大", found.GetProperty("größe"), "property")
	unlessEqual("value with = and ; and spaces", found.GetProperty("plain"), "property")
	unless(found.BornTimestamp > 0 && found.StoreTimestamp > 0, "no times")
}

// Larger ones than 4 KiB are compressed by the client.
func contentBodies(scene *Scene) {
	topic := scene.topic(1)
	bodies := [][]byte{{0}, []byte("  "), bytes.Repeat([]byte("compressible "), 20_000), random(3_900_000)}
	for _, body := range bodies {
		scene.send(primitive.NewMessage(topic, body))
	}
	for i, found := range scene.read(topic, 1, len(bodies)) {
		unless(bytes.Equal(bodies[found.QueueOffset], found.Body), "body %d came as another one of %d bytes", i, len(found.Body))
	}
}

func contentNamespace(scene *Scene) {
	plain := scene.unique("T")
	scene.createTopic("room%"+plain, 1)
	sender := scene.newProducer(producer.WithNamespace("room"))
	accepted(sender.SendSync(background, message(plain, "key")))
	unlessSame([]string{"key"}, keysOf(scene.read("room%"+plain, 1, 1)), "stored in the namespace")
}
