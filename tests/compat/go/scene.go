package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	rocketmq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/admin"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const callTime = 20 * time.Second

var (
	background = context.Background()
	run        = strconv.FormatInt(time.Now().UnixMilli(), 36)
	made       int64
)

// What one case uses: topics and groups nobody else has, and clients, which end with it.
type Scene struct {
	nameServer, broker, name string
	open                     []func() error
	admin                    admin.Admin
	usual                    rocketmq.Producer
}

func newScene(nameServer, broker, name string) *Scene {
	return &Scene{nameServer: nameServer, broker: broker, name: strings.ReplaceAll(name, ".", "-")}
}

func (scene *Scene) close() {
	for i := len(scene.open) - 1; i >= 0; i-- {
		_ = scene.open[i]() // a case that failed has said why already
	}
}

func (scene *Scene) unique(what string) string {
	return fmt.Sprintf("%s-go-%s-%s-%d", what, scene.name, run, atomic.AddInt64(&made, 1))
}

func (scene *Scene) group() string { return scene.unique("G") }

func (scene *Scene) resolver() primitive.NsResolver {
	return primitive.NewPassthroughResolver([]string{scene.nameServer})
}

func (scene *Scene) operator() admin.Admin {
	if scene.admin == nil {
		operator, err := admin.NewAdmin(admin.WithResolver(scene.resolver()))
		must(err)
		scene.admin = operator
		scene.open = append(scene.open, operator.Close)
	}
	return scene.admin
}

// A topic that exists and that the name server knows.
func (scene *Scene) topic(queues int) string { return scene.createTopic(scene.unique("T"), queues) }

func (scene *Scene) createTopic(topic string, queues int) string {
	must(scene.operator().CreateTopic(background, admin.WithTopicCreate(topic), admin.WithBrokerAddrCreate(scene.broker),
		admin.WithReadQueueNums(queues), admin.WithWriteQueueNums(queues)))
	scene.awaitQueues(topic, queues)
	return topic
}

func (scene *Scene) awaitQueues(topic string, queues int) []*primitive.MessageQueue {
	var found []*primitive.MessageQueue
	unlessSoon(func() bool {
		found, _ = scene.operator().FetchPublishMessageQueues(background, topic)
		return len(found) == queues
	}, func() string { return fmt.Sprintf("%s has %d queues, not %d", topic, len(found), queues) })
	return found
}

func keys(first, count int) []string {
	found := []string{}
	for i := first; i < first+count; i++ {
		found = append(found, "key"+strconv.Itoa(i))
	}
	return found
}

func message(topic, key string) *primitive.Message {
	return primitive.NewMessage(topic, []byte("body of "+key)).WithKeys([]string{key}).WithTag("tag")
}

func (scene *Scene) producerOptions(more ...producer.Option) []producer.Option {
	return append([]producer.Option{producer.WithNsResolver(scene.resolver()), producer.WithGroupName(scene.unique("P")),
		producer.WithInstanceName(scene.unique("I")), producer.WithSendMsgTimeout(callTime)}, more...)
}

// Started.
func (scene *Scene) newProducer(more ...producer.Option) rocketmq.Producer {
	made, err := rocketmq.NewProducer(scene.producerOptions(more...)...)
	must(err)
	must(made.Start())
	scene.open = append(scene.open, made.Shutdown)
	return made
}

func (scene *Scene) producer() rocketmq.Producer {
	if scene.usual == nil {
		scene.usual = scene.newProducer()
	}
	return scene.usual
}

func accepted(result *primitive.SendResult, err error) *primitive.SendResult {
	must(err)
	unlessEqual(primitive.SendOK, result.Status, "status of a send")
	return result
}

func (scene *Scene) send(messages ...*primitive.Message) *primitive.SendResult {
	return accepted(scene.producer().SendSync(background, messages...))
}

func (scene *Scene) sendAll(topic string, wanted []string) {
	for _, key := range wanted {
		scene.send(message(topic, key))
	}
}

func all() consumer.MessageSelector {
	return consumer.MessageSelector{Type: consumer.TAG, Expression: "*"}
}

func (scene *Scene) consumerOptions(group string, more ...consumer.Option) []consumer.Option {
	return append([]consumer.Option{consumer.WithNsResolver(scene.resolver()), consumer.WithGroupName(group),
		consumer.WithInstance(scene.unique("I")), consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset)}, more...)
}

// Started.
func (scene *Scene) consumer(group, topic string, selector consumer.MessageSelector, handle handler,
	more ...consumer.Option) rocketmq.PushConsumer {
	made, err := rocketmq.NewPushConsumer(scene.consumerOptions(group, more...)...)
	must(err)
	must(made.Subscribe(topic, selector, handle))
	must(made.Start())
	scene.open = append(scene.open, made.Shutdown)
	return made
}

// Started.
func (scene *Scene) puller(group, topic string) rocketmq.PullConsumer {
	made, err := rocketmq.NewPullConsumer(scene.consumerOptions(group)...)
	must(err)
	must(made.Subscribe(topic, all()))
	must(made.Start())
	scene.open = append(scene.open, made.Shutdown)
	return made
}

// The first messages of a whole topic, without a group's offsets.
func (scene *Scene) read(topic string, queues, count int) []*primitive.MessageExt {
	inbox := &Inbox{}
	group := scene.group()
	reader := scene.consumer(group, topic, all(), inbox.take)
	unlessSoon(func() bool { return len(inbox.all()) >= count }, func() string {
		return fmt.Sprintf("%d of %d messages of %s could be read", len(inbox.all()), count, topic)
	})
	scene.awaitCommitted(group, topic, queues)
	must(reader.Shutdown())
	unlessEqual(count, len(inbox.all()), "messages in "+topic)
	return inbox.all()
}
