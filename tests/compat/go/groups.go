package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/apache/rocketmq-client-go/v2/admin"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

func init() {
	cases["group.share-and-take-over"] = groupShare
	cases["group.restart"] = groupRestart
	cases["group.two-groups"] = groupTwo
	cases["admin.topics"] = adminTopics
	cases["admin.groups"] = adminGroups
}

// Rounds of a message to each queue, until one was shared as wanted; the keys that were sent.
func (scene *Scene) rounds(topic string, life int, inboxes []*Inbox, wanted []int) []string {
	sender := scene.newProducer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	queues, sent := scene.awaitQueues(topic, 4), []string{}
	for round, deadline := 0, time.Now().Add(patience); ; round++ {
		unless(time.Now().Before(deadline), "the queues are not shared as %v", wanted)
		fresh := []string{}
		for _, queue := range queues {
			key := fmt.Sprintf("key%d-%d-%d", life, round, queue.QueueId)
			one := message(topic, key)
			one.Queue = queue
			accepted(sender.SendSync(background, one))
			fresh = append(fresh, key)
		}
		sent = append(sent, fresh...)
		counts := func() (total int, each []int) {
			for _, inbox := range inboxes {
				count := 0
				for _, key := range fresh {
					count += inbox.count(key)
				}
				total, each = total+count, append(each, count)
			}
			return total, each
		}
		unlessSoon(func() bool { total, _ := counts(); return total >= 4 }, func() string { return "a round is lost" })
		if _, each := counts(); fmt.Sprint(each) == fmt.Sprint(wanted) {
			return sent
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func groupShare(scene *Scene) {
	topic, group := scene.topic(4), scene.group()
	inboxes := []*Inbox{{}, {}}
	scene.consumer(group, topic, all(), inboxes[0].take)
	leaving := scene.consumer(group, topic, all(), inboxes[1].take)
	sent := scene.rounds(topic, 1, inboxes, []int{2, 2})
	scene.awaitCommitted(group, topic, 4)
	must(leaving.Shutdown())
	sent = append(sent, scene.rounds(topic, 2, inboxes, []int{4, 0})...)
	seen := map[string]bool{}
	for _, inbox := range inboxes {
		for _, key := range inbox.keys() {
			seen[key] = true
		}
	}
	unlessEqual(len(sent), len(seen), "different messages that came")
}

func groupRestart(scene *Scene) {
	topic, group, inbox := scene.topic(2), scene.group(), &Inbox{}
	for life := 0; life < 3; life++ {
		scene.sendAll(topic, keys(life*10, 10))
		consumer := scene.consumer(group, topic, all(), inbox.take)
		inbox.await(keys(0, (life+1)*10))
		scene.awaitCommitted(group, topic, 2)
		must(consumer.Shutdown())
	}
	unlessSame(keys(0, 30), inbox.keys(), "received in three lives")
}

func groupTwo(scene *Scene) {
	topic := scene.topic(2)
	scene.sendAll(topic, keys(0, 10))
	unlessSame(keys(0, 10), keysOf(scene.read(topic, 2, 10)), "received by one group")
	unlessSame(keys(0, 10), keysOf(scene.read(topic, 2, 10)), "received by another")
}

func adminTopics(scene *Scene) {
	topic := scene.topic(3)
	listed := func() bool {
		list, err := scene.operator().FetchAllTopicList(background)
		must(err)
		for _, one := range list.TopicList {
			if one == topic {
				return true
			}
		}
		return false
	}
	unless(listed(), "a new topic is not listed")
	must(scene.operator().DeleteTopic(background, admin.WithTopicDelete(topic), admin.WithBrokerAddrDelete(scene.broker),
		admin.WithNameSrvAddr([]string{scene.nameServer}), admin.WithClusterName("DefaultCluster")))
	unlessSoon(func() bool { return !listed() }, func() string { return "a deleted topic is still listed" })
}

func adminGroups(scene *Scene) {
	topic, group, inbox := scene.topic(1), scene.group(), &Inbox{}
	scene.consumer(group, topic, all(), inbox.take)
	names := []string{}
	unlessSoon(func() bool {
		groups, err := scene.operator().GetAllSubscriptionGroup(background, scene.broker, callTime)
		must(err)
		names = names[:0]
		for name := range groups.SubscriptionGroupTable {
			names = append(names, name)
		}
		return strings.Contains(strings.Join(names, " "), group)
	}, func() string { return fmt.Sprintf("%s is not among %v", group, names) })
}
