package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

func init() {
	cases["retry.second-time"] = retryLater
	cases["retry.dead-letter"] = retryDeadLetter
	cases["retry.orderly-dead-letter"] = retryOrderlyDeadLetter
}

// Notes every delivery and turns some of them down; those come again after a second.
func refusing(inbox *Inbox, refused func(*primitive.MessageExt) bool) handler {
	return func(context context.Context, given ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		result := consumer.ConsumeSuccess
		for _, one := range given {
			inbox.add(one)
			if refused(one) {
				result = consumer.ConsumeRetryLater
			}
		}
		if details, known := primitive.GetConcurrentlyCtx(context); known {
			details.DelayLevelWhenNextConsume = 1
		}
		return result, nil
	}
}

// The client finds the group's retry topic when it looks for routes again, half a minute after its start.
func retryLater(scene *Scene) {
	topic, group, inbox := scene.topic(2), scene.group(), &Inbox{}
	scene.consumer(group, topic, all(), refusing(inbox, func(one *primitive.MessageExt) bool {
		return one.ReconsumeTimes == 0 && one.GetKeys() != "key0"
	}))
	scene.sendAll(topic, keys(0, 5))
	wanted := append(keys(0, 5), keys(1, 4)...)
	inbox.await(wanted)
	scene.awaitCommitted(group, topic, 2)
	scene.awaitCommitted(group, "%RETRY%"+group, 1)
	unlessSame(wanted, inbox.keys(), "received")
	first := map[string]*primitive.MessageExt{}
	for _, one := range inbox.all() {
		before := first[one.GetKeys()]
		if before == nil {
			first[one.GetKeys()] = one
			continue
		}
		unlessEqual(int32(1), one.ReconsumeTimes, "times before")
		unlessEqual(topic, one.Topic, "topic of a repeat")
		unlessEqual(string(before.Body), string(one.Body), "body of a repeat")
		unlessEqual(before.GetProperty("UNIQ_KEY"), one.GetProperty("UNIQ_KEY"), "id of a repeat")
	}
}

func retryDeadLetter(scene *Scene) {
	topic, group, inbox := scene.topic(1), scene.group(), &Inbox{}
	scene.consumer(group, topic, all(), refusing(inbox, func(one *primitive.MessageExt) bool {
		return one.GetKeys() == "key1"
	}), consumer.WithMaxReconsumeTimes(2))
	scene.sendAll(topic, keys(0, 3))
	wanted := append(keys(0, 3), "key1", "key1")
	inbox.await(wanted)
	scene.awaitQueues("%DLQ%"+group, 1)
	dead := scene.read("%DLQ%"+group, 1, 1)[0]
	unlessEqual("key1", dead.GetKeys(), "key of the dead letter")
	unlessEqual("body of key1", string(dead.Body), "its body")
	unlessEqual(topic, dead.GetProperty("RETRY_TOPIC"), "the topic it came from")
	scene.awaitCommitted(group, topic, 1)
	scene.awaitCommitted(group, "%RETRY%"+group, 1)
	unlessSame(wanted, inbox.keys(), "received")
}

// An orderly consumer tries again and again; then the queue goes on behind the dead letter. This client counts its
// limit from 0, and so tries once more than others.
func retryOrderlyDeadLetter(scene *Scene) {
	topic, group := scene.topic(1), scene.group()
	var mutex sync.Mutex
	attempts := []string{}
	handle := func(_ context.Context, given ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		mutex.Lock()
		defer mutex.Unlock()
		for _, one := range given {
			attempts = append(attempts, one.GetKeys())
			if one.GetKeys() == "key1" {
				return consumer.SuspendCurrentQueueAMoment, nil
			}
		}
		return consumer.ConsumeSuccess, nil
	}
	scene.consumer(group, topic, all(), handle, consumer.WithConsumerOrder(true), consumer.WithMaxReconsumeTimes(2))
	scene.sendAll(topic, keys(0, 3))
	count := func() int { mutex.Lock(); defer mutex.Unlock(); return len(attempts) }
	unlessSoon(func() bool { return count() >= 6 }, func() string { return fmt.Sprintf("%d attempts", count()) })
	scene.awaitQueues("%DLQ%"+group, 1)
	unlessSame([]string{"key1"}, keysOf(scene.read("%DLQ%"+group, 1, 1)), "dead letters")
	scene.awaitCommitted(group, topic, 1)
	mutex.Lock()
	defer mutex.Unlock()
	unlessEqual([]string{"key0", "key1", "key1", "key1", "key1", "key2"}, attempts, "attempts")
}
