package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

const (
	getMaxOffset        = 30
	queryConsumerOffset = 14
)

// Asks a broker what the client does not show: the code of the answer, and its fields.
func ask(broker string, code int, fields map[string]string) (int, map[string]string) {
	header, err := json.Marshal(map[string]interface{}{"code": code, "language": "GO", "version": 317, "opaque": 1,
		"flag": 0, "extFields": fields})
	must(err)
	connection, err := net.DialTimeout("tcp", broker, 20*time.Second)
	must(err)
	defer connection.Close()
	must(connection.SetDeadline(time.Now().Add(20 * time.Second)))
	frame := make([]byte, 8, 8+len(header))
	binary.BigEndian.PutUint32(frame, uint32(4+len(header)))
	binary.BigEndian.PutUint32(frame[4:], uint32(len(header)))
	_, err = connection.Write(append(frame, header...))
	must(err)
	_, err = io.ReadFull(connection, frame)
	must(err)
	answer := make([]byte, binary.BigEndian.Uint32(frame[4:])&0xffffff)
	_, err = io.ReadFull(connection, answer)
	must(err)
	var said struct {
		Code      int
		ExtFields map[string]string
	}
	must(json.Unmarshal(answer, &said))
	return said.Code, said.ExtFields
}

func offsetOf(fields map[string]string) int64 {
	offset, err := strconv.ParseInt(fields["offset"], 10, 64)
	must(err)
	return offset
}

// Until the broker has noted that the group is through with the topic. The client tells it every five seconds.
func (scene *Scene) awaitCommitted(group, topic string, queues int) {
	for queue := 0; queue < queues; queue++ {
		where := map[string]string{"consumerGroup": group, "topic": topic, "queueId": strconv.Itoa(queue)}
		code, fields := ask(scene.broker, getMaxOffset, where)
		unlessEqual(0, code, "code of a question for the end of a queue")
		end := offsetOf(fields)
		last := "none"
		unlessSoon(func() bool {
			code, fields := ask(scene.broker, queryConsumerOffset, where)
			if code != 0 {
				return end == 0
			}
			last = fields["offset"]
			return offsetOf(fields) == end
		}, func() string {
			return fmt.Sprintf("%s is at %s of %d in queue %d of %s", group, last, end, queue, topic)
		})
	}
}
