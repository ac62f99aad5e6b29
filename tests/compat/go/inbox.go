package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

type handler = func(context.Context, ...*primitive.MessageExt) (consumer.ConsumeResult, error)

// What consumers were given, in the order in which they were given it.
type Inbox struct {
	mutex    sync.Mutex
	messages []*primitive.MessageExt
	times    []time.Time
}

func (inbox *Inbox) add(message *primitive.MessageExt) {
	inbox.mutex.Lock()
	defer inbox.mutex.Unlock()
	inbox.messages = append(inbox.messages, message)
	inbox.times = append(inbox.times, time.Now())
}

// The handler of a consumer that puts everything here.
func (inbox *Inbox) take(_ context.Context, given ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	for _, message := range given {
		inbox.add(message)
	}
	return consumer.ConsumeSuccess, nil
}

func (inbox *Inbox) all() []*primitive.MessageExt {
	inbox.mutex.Lock()
	defer inbox.mutex.Unlock()
	return append([]*primitive.MessageExt{}, inbox.messages...)
}

func keysOf(messages []*primitive.MessageExt) []string {
	found := []string{}
	for _, message := range messages {
		found = append(found, message.GetKeys())
	}
	return found
}

func (inbox *Inbox) keys() []string { return keysOf(inbox.all()) }

func (inbox *Inbox) count(key string) int {
	count := 0
	for _, found := range inbox.keys() {
		if found == key {
			count++
		}
	}
	return count
}

// When a message came first.
func (inbox *Inbox) arrival(key string) time.Time {
	inbox.mutex.Lock()
	defer inbox.mutex.Unlock()
	for i, message := range inbox.messages {
		if message.GetKeys() == key {
			return inbox.times[i]
		}
	}
	panic(key + " did not come")
}

// Until every one of these keys came, as often as it stands there.
func (inbox *Inbox) await(wanted []string) {
	least := map[string]int{}
	for _, key := range wanted {
		least[key]++
	}
	missing := func() []string {
		found, lacking := map[string]int{}, []string{}
		for _, key := range inbox.keys() {
			found[key]++
		}
		for key, count := range least {
			if found[key] < count {
				lacking = append(lacking, key)
			}
		}
		return lacking
	}
	unlessSoon(func() bool { return len(missing()) == 0 }, func() string {
		return fmt.Sprintf("%d came, but not %v", len(inbox.keys()), sorted(missing()))
	})
}
