package main

import (
	"fmt"
	"sync"
	"time"

	rocketmq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

func init() {
	cases["transaction.decided"] = transactionDecided
	cases["transaction.checked"] = transactionChecked
	cases["transaction.checked-again"] = transactionCheckedAgain
}

// Says what it was told to say, and remembers what it was asked.
type told struct {
	locally   func(key string) primitive.LocalTransactionState
	whenAsked func(key string, times int) primitive.LocalTransactionState
	mutex     sync.Mutex
	asked     map[string]int
}

func (told *told) ExecuteLocalTransaction(one *primitive.Message) primitive.LocalTransactionState {
	return told.locally(one.GetKeys())
}

func (told *told) CheckLocalTransaction(one *primitive.MessageExt) primitive.LocalTransactionState {
	told.mutex.Lock()
	defer told.mutex.Unlock()
	told.asked[one.GetKeys()]++
	return told.whenAsked(one.GetKeys(), told.asked[one.GetKeys()])
}

func (told *told) times(key string) int {
	told.mutex.Lock()
	defer told.mutex.Unlock()
	return told.asked[key]
}

const warmUp = "warm-up"

// The client tells brokers of a producer one second after its start, if it has sent something by then, and else
// half a minute later: too late to be asked. So one that was slow is replaced.
func (scene *Scene) transactional(topic string, listener *told) rocketmq.TransactionProducer {
	for try := 0; try < 20; try++ {
		begun := time.Now()
		sender, err := rocketmq.NewTransactionProducer(listener, scene.producerOptions()...)
		must(err)
		must(sender.Start())
		sendInTransaction(sender, topic, []string{warmUp})
		if time.Since(begun) < 700*time.Millisecond {
			scene.open = append(scene.open, sender.Shutdown)
			return sender
		}
		must(sender.Shutdown())
	}
	panic("a producer needs more than 0.7 s for its first message")
}

func sendInTransaction(sender rocketmq.TransactionProducer, topic string, wanted []string) {
	for _, key := range wanted {
		result, err := sender.SendMessageInTransaction(background, message(topic, key))
		must(err)
		accepted(result.SendResult, nil)
	}
}

func isEven(key string) bool {
	number := 0
	fmt.Sscanf(key, "key%d", &number)
	return number%2 == 0
}

func evenCommits(key string) primitive.LocalTransactionState {
	if key == warmUp {
		return primitive.RollbackMessageState
	}
	if isEven(key) {
		return primitive.CommitMessageState
	}
	return primitive.RollbackMessageState
}

func unknown(key string) primitive.LocalTransactionState {
	if key == warmUp {
		return primitive.RollbackMessageState
	}
	return primitive.UnknowState
}

func even(count int) []string {
	found := []string{}
	for _, key := range keys(0, count) {
		if isEven(key) {
			found = append(found, key)
		}
	}
	return found
}

func transactionDecided(scene *Scene) {
	topic, group, inbox := scene.topic(2), scene.group(), &Inbox{}
	scene.consumer(group, topic, all(), inbox.take)
	listener := &told{locally: evenCommits, asked: map[string]int{},
		whenAsked: func(string, int) primitive.LocalTransactionState { return primitive.UnknowState }}
	sendInTransaction(scene.transactional(topic, listener), topic, keys(0, 20))
	inbox.await(even(20))
	scene.awaitCommitted(group, topic, 2)
	unlessSame(even(20), inbox.keys(), "received")
	for _, one := range inbox.all() {
		unlessEqual("body of "+one.GetKeys(), string(one.Body), "body")
		unlessEqual("tag", one.GetTags(), "tag")
		unlessEqual(primitive.TransactionCommitType, primitive.GetTransactionValue(int(one.SysFlag)), "flag")
	}
}

func transactionChecked(scene *Scene) {
	topic, group, inbox := scene.topic(1), scene.group(), &Inbox{}
	scene.consumer(group, topic, all(), inbox.take)
	listener := &told{locally: unknown, asked: map[string]int{},
		whenAsked: func(key string, _ int) primitive.LocalTransactionState { return evenCommits(key) }}
	sendInTransaction(scene.transactional(topic, listener), topic, keys(0, 6))
	inbox.await(even(6))
	for _, key := range keys(0, 6) {
		key := key
		unlessSoon(func() bool { return listener.times(key) > 0 }, func() string { return "nobody asked about " + key })
	}
	scene.awaitCommitted(group, topic, 1)
	seen := map[string]bool{}
	for _, key := range inbox.keys() { // a genuine broker may ask, and so deliver, twice
		unless(isEven(key), "%s was rolled back, and came", key)
		seen[key] = true
	}
	unlessEqual(len(even(6)), len(seen), "committed messages that came")
}

func transactionCheckedAgain(scene *Scene) {
	topic, group, inbox := scene.topic(1), scene.group(), &Inbox{}
	scene.consumer(group, topic, all(), inbox.take)
	listener := &told{locally: unknown, asked: map[string]int{},
		whenAsked: func(_ string, times int) primitive.LocalTransactionState {
			if times < 3 {
				return primitive.UnknowState
			}
			return primitive.CommitMessageState
		}}
	sendInTransaction(scene.transactional(topic, listener), topic, keys(0, 1))
	inbox.await(keys(0, 1))
	unless(listener.times("key0") >= 3, "committed after %d questions", listener.times("key0"))
}
