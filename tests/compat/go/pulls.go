package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

func init() {
	cases["pull.from"] = pullFrom
	cases["pull.poll"] = pullPoll
	cases["request.sync"] = requestSync
	cases["request.unanswered"] = requestUnanswered
}

func nowMillis() int64 { return time.Now().UnixMilli() }

func pullFrom(scene *Scene) {
	topic := scene.topic(1)
	scene.sendAll(topic, keys(0, 20))
	queue := scene.awaitQueues(topic, 1)[0]
	puller := scene.puller(scene.group(), topic)
	offset, found := int64(5), []string{}
	unlessSoon(func() bool {
		result, err := puller.PullFrom(background, queue, offset, 4)
		must(err)
		for i, one := range result.GetMessageExts() {
			unlessEqual(offset+int64(i), one.QueueOffset, "offset")
			found = append(found, one.GetKeys())
		}
		if result.Status == primitive.PullFound {
			unless(len(result.GetMessageExts()) <= 4, "more than was asked for")
			offset = result.NextBeginOffset
		}
		return offset == 20
	}, func() string { return "the end was not reached: " + strconv.FormatInt(offset, 10) })
	unlessEqual(keys(5, 15), found, "pulled")
	result, err := puller.PullFrom(background, queue, 20, 4)
	must(err)
	unlessEqual(primitive.PullNoNewMsg, result.Status, "status at the end")
	unlessEqual(int64(20), result.NextBeginOffset, "next offset at the end")
}

// Polls, acknowledges, ends; a second life of the group goes on from there.
func pullPoll(scene *Scene) {
	topic, group := scene.topic(2), scene.group()
	found := []string{}
	for life := 0; life < 2; life++ {
		scene.sendAll(topic, keys(life*10, 10))
		puller := scene.puller(group, topic)
		unlessSoon(func() bool {
			request, err := puller.Poll(background, time.Second)
			if consumer.IsNoNewMsgError(err) {
				return false
			}
			must(err)
			found = append(found, keysOf(request.GetMsgList())...)
			puller.ACK(background, request, consumer.ConsumeSuccess)
			return len(found) >= (life+1)*10
		}, func() string { return fmt.Sprintf("%d in life %d", len(found), life) })
		scene.awaitCommitted(group, topic, 2)
		must(puller.Shutdown())
	}
	unlessSame(keys(0, 20), found, "polled in two lives")
}

func requestSync(scene *Scene) {
	topic, group := scene.topic(1), scene.group()
	answers := make(chan *primitive.Message, 10)
	inbox := &Inbox{}
	handle := refusing(inbox, func(one *primitive.MessageExt) bool {
		answer, err := consumer.CreateReplyMessage(one, nil)
		if err == nil {
			answer.Body = []byte("answer to " + string(one.Body)) // the client would take a body for properties
			answers <- answer
		}
		return err != nil
	})
	scene.consumer(group, topic, all(), handle)
	replier, asker := scene.newProducer(), scene.newProducer()
	accepted(asker.SendSync(background, message(topic, "warm-up")))
	inbox.await([]string{"warm-up"})
	time.Sleep(1500 * time.Millisecond) // the client tells brokers of a producer a second after its start
	go func() {
		for answer := range answers {
			_, _ = replier.SendSync(background, answer) // one that is lost is seen by who asked
		}
	}()
	for _, key := range keys(0, 3) {
		answer, err := asker.Request(background, callTime, message(topic, key))
		must(err)
		unlessEqual("answer to body of "+key, string(answer.Body), "answer")
	}
	scene.awaitCommitted(group, topic, 1)
	close(answers)
}

func requestUnanswered(scene *Scene) {
	topic := scene.topic(1)
	begun := time.Now()
	_, err := scene.producer().Request(background, 2*time.Second, message(topic, "key"))
	unless(err != nil, "an answer that nobody gave")
	unless(time.Since(begun) < callTime, "the wait ended after %v", time.Since(begun))
	unlessSame([]string{"key"}, keysOf(scene.read(topic, 1, 1)), "stored")
}
