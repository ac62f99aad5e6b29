package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

func init() {
	cases["consume.concurrent"] = consumeConcurrent
	cases["consume.tags"] = consumeTags
	cases["select.push"] = consumeSQL
	cases["consume.orderly"] = consumeOrderly
	cases["consume.broadcast"] = consumeBroadcast
	cases["delay.levels"] = delayLevels
	cases["control.lost"] = controlLost
	cases["control.repeated"] = controlRepeated
}

func consumeConcurrent(scene *Scene) {
	topic, group, inbox := scene.topic(4), scene.group(), &Inbox{}
	scene.sendAll(topic, keys(0, 50))
	scene.consumer(group, topic, all(), inbox.take)
	scene.sendAll(topic, keys(50, 50))
	inbox.await(keys(0, 100))
	scene.awaitCommitted(group, topic, 4)
	unlessSame(keys(0, 100), inbox.keys(), "received")
}

// "Aa" and "BB" have the same hash: the client, or the broker, has to compare the text.
func consumeTags(scene *Scene) {
	topic, group, inbox := scene.topic(2), scene.group(), &Inbox{}
	wanted := []string{}
	for i, tag := range []string{"Aa", "BB", "green", "", "Aa", "blue", "BB", "green"} {
		key := keys(i, 1)[0]
		scene.send(message(topic, key).WithTag(tag))
		if tag == "Aa" || tag == "green" {
			wanted = append(wanted, key)
		}
	}
	scene.consumer(group, topic, consumer.MessageSelector{Type: consumer.TAG, Expression: "Aa || green"}, inbox.take)
	inbox.await(wanted)
	scene.awaitCommitted(group, topic, 2)
	unlessSame(wanted, inbox.keys(), "received")
}

func consumeSQL(scene *Scene) {
	topic, group, inbox := scene.topic(2), scene.group(), &Inbox{}
	wanted := []string{}
	for i := 0; i < 20; i++ {
		key, city := keys(i, 1)[0], []string{"Berlin", "Paris"}[i%2]
		one := message(topic, key)
		one.WithProperty("price", strconv.Itoa(i))
		one.WithProperty("city", city)
		scene.send(one)
		if i > 8 && city == "Paris" {
			wanted = append(wanted, key)
		}
	}
	expression := "price > 8 AND city = 'Paris'"
	scene.consumer(group, topic, consumer.MessageSelector{Type: consumer.SQL92, Expression: expression}, inbox.take)
	inbox.await(wanted)
	scene.awaitCommitted(group, topic, 2)
	unlessSame(wanted, inbox.keys(), "received")
}

// In order, one at a time, and what was suspended again before its successor.
func consumeOrderly(scene *Scene) {
	topic, group := scene.topic(4), scene.group()
	sender := scene.newProducer(producer.WithQueueSelector(producer.NewHashQueueSelector()))
	wanted := map[string][]string{}
	for step := 0; step < 6; step++ {
		for order := 0; order < 8; order++ {
			name := fmt.Sprintf("order%d", order)
			accepted(sender.SendSync(background, message(topic, strconv.Itoa(step)).WithShardingKey(name)))
			wanted[name] = append(wanted[name], strconv.Itoa(step))
			if step == 3 {
				wanted[name] = append(wanted[name], "3")
			}
		}
	}
	var mutex sync.Mutex
	attempts, total := map[string][]string{}, 0
	handle := func(_ context.Context, given ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		mutex.Lock()
		defer mutex.Unlock()
		for _, one := range given {
			order := one.GetShardingKey()
			before := attempts[order]
			attempts[order] = append(before, one.GetKeys())
			total++
			if one.GetKeys() == "3" && (len(before) == 0 || before[len(before)-1] != "3") {
				return consumer.SuspendCurrentQueueAMoment, nil
			}
		}
		return consumer.ConsumeSuccess, nil
	}
	scene.consumer(group, topic, all(), handle, consumer.WithConsumerOrder(true))
	enough := func() bool { mutex.Lock(); defer mutex.Unlock(); return total >= 8*7 }
	unlessSoon(enough, func() string { return "not everything came" })
	scene.awaitCommitted(group, topic, 4)
	mutex.Lock()
	defer mutex.Unlock()
	unlessEqual(wanted, attempts, "steps of each order")
}

func consumeBroadcast(scene *Scene) {
	topic, group := scene.topic(4), scene.group()
	inboxes := []*Inbox{{}, {}}
	for _, inbox := range inboxes {
		scene.consumer(group, topic, all(), inbox.take, consumer.WithConsumerModel(consumer.BroadCasting))
	}
	scene.sendAll(topic, keys(0, 20))
	for _, inbox := range inboxes {
		inbox.await(keys(0, 20))
	}
	scene.sendAll(topic, keys(20, 4))
	for _, inbox := range inboxes {
		inbox.await(keys(0, 24))
		unlessSame(keys(0, 24), inbox.keys(), "received by each")
	}
}

// Later, but never early, and once.
func delayLevels(scene *Scene) {
	topic, group, inbox := scene.topic(2), scene.group(), &Inbox{}
	scene.consumer(group, topic, all(), inbox.take)
	seconds, wanted := []int64{0, 1, 5, 10}, []string{}
	notBefore := map[string]int64{}
	for round := 0; round < 3; round++ {
		for level := range seconds {
			key := fmt.Sprintf("level%d-%d", level, round)
			notBefore[key] = nowMillis() + seconds[level]*1000
			scene.send(message(topic, key).WithDelayTimeLevel(level))
			wanted = append(wanted, key)
		}
	}
	inbox.await(wanted)
	scene.awaitCommitted(group, topic, 2)
	unlessSame(wanted, inbox.keys(), "received")
	for _, one := range inbox.all() {
		came := inbox.arrival(one.GetKeys()).UnixMilli()
		unless(came >= notBefore[one.GetKeys()], "%s came %d ms early", one.GetKeys(), notBefore[one.GetKeys()]-came)
		unlessEqual("body of "+one.GetKeys(), string(one.Body), "body")
		unlessEqual(topic, one.Topic, "topic")
	}
}

// Harm done on purpose: both must fail, or the others prove nothing. Run only when named.
func controlLost(scene *Scene) {
	topic := scene.topic(2)
	scene.sendAll(topic, keys(0, 9))
	unlessSame(keys(0, 10), keysOf(scene.read(topic, 2, 9)), "received")
}

func controlRepeated(scene *Scene) {
	topic := scene.topic(2)
	scene.sendAll(topic, keys(3, 1))
	scene.sendAll(topic, keys(0, 10))
	unlessSame(keys(0, 10), keysOf(scene.read(topic, 2, 11)), "received")
}
