// The official client as a load: what users run. Prints one line of JSON.
//
//   java -cp JARS Bench.java MODE NAMESRV TOPIC SECONDS THREADS BODY_SIZE
//
// MODE: send (each thread waits for its answer), send-async (256 in flight in all) or consume (a backlog that
// lies there already, until nothing has come for two seconds; SECONDS is the longest time).
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

public final class Bench {
    private static final int IN_FLIGHT = 256;
    private static final long WARM_UP_NS = TimeUnit.SECONDS.toNanos(2);
    private static final int SAMPLES_MAX = 4_000_000;

    private final String names;
    private final String topic;
    private final long lengthNs;
    private final int threads;
    private final byte[] body;
    // Nanoseconds of each send after the warm-up.
    private final long[] took = new long[SAMPLES_MAX];
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    private Bench(String[] words) {
        names = words[1];
        topic = words[2];
        lengthNs = TimeUnit.SECONDS.toNanos(Long.parseLong(words[3]));
        threads = Integer.parseInt(words[4]);
        body = new byte[Integer.parseInt(words[5])];
        Arrays.fill(body, (byte) 'x');
    }

    public static void main(String[] words) throws Exception {
        Bench bench = new Bench(words);
        switch (words[0]) {
            case "send" -> bench.send();
            case "send-async" -> bench.sendAsync();
            case "consume" -> bench.consume();
            default -> throw new IllegalArgumentException(words[0]);
        }
        System.exit(0);
    }

    private DefaultMQProducer producer() throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("bench-java-producer");
        producer.setNamesrvAddr(names);
        producer.setSendMsgTimeout(20_000);
        producer.setRetryTimesWhenSendFailed(0);
        producer.setRetryTimesWhenSendAsyncFailed(0);
        producer.start();
        return producer;
    }

    private void note(long began, long counting, boolean sent) {
        if (began < counting) {
            return;
        }
        if (!sent) {
            failed.incrementAndGet();
            return;
        }
        long place = count.getAndIncrement();
        if (place < SAMPLES_MAX) {
            took[(int) place] = System.nanoTime() - began;
        }
    }

    private void send() throws Exception {
        DefaultMQProducer producer = producer();
        long counting = System.nanoTime() + WARM_UP_NS;
        long end = counting + lengthNs;
        Thread[] all = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            all[i] = new Thread(() -> {
                for (long began = System.nanoTime(); began < end; began = System.nanoTime()) {
                    boolean sent = false;
                    try {
                        SendResult result = producer.send(new Message(topic, "OrderPaid", body));
                        sent = result.getSendStatus() == SendStatus.SEND_OK;
                    } catch (Exception e) {
                        complain(e);
                    }
                    note(began, counting, sent);
                }
            });
            all[i].start();
        }
        for (Thread thread : all) {
            thread.join();
        }
        print(System.nanoTime() - counting);
        producer.shutdown();
    }

    private void sendAsync() throws Exception {
        DefaultMQProducer producer = producer();
        Semaphore free = new Semaphore(IN_FLIGHT);
        long counting = System.nanoTime() + WARM_UP_NS;
        long end = counting + lengthNs;
        while (System.nanoTime() < end) {
            free.acquire();
            long began = System.nanoTime();
            producer.send(new Message(topic, "OrderPaid", body), new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    note(began, counting, result.getSendStatus() == SendStatus.SEND_OK);
                    free.release();
                }

                @Override
                public void onException(Throwable e) {
                    complain(e);
                    note(began, counting, false);
                    free.release();
                }
            });
        }
        free.acquire(IN_FLIGHT);
        print(System.nanoTime() - counting);
        producer.shutdown();
    }

    private void consume() throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("bench-java-" + System.nanoTime());
        AtomicLong first = new AtomicLong();
        AtomicLong last = new AtomicLong();
        consumer.setNamesrvAddr(names);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setPullBatchSize(32);
        consumer.setConsumeMessageBatchMaxSize(32);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            first.compareAndSet(0, System.nanoTime());
            last.set(System.nanoTime());
            count.addAndGet(messages.size());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        long end = System.nanoTime() + lengthNs;
        consumer.start();
        while (System.nanoTime() < end
                && (first.get() == 0 || System.nanoTime() - last.get() < TimeUnit.SECONDS.toNanos(2))) {
            Thread.sleep(20);
        }
        print(Math.max(1, last.get() - first.get()));
        consumer.shutdown();
    }

    private void complain(Throwable e) {
        if (failed.get() == 0) {
            System.err.println(e);
        }
    }

    private void print(long elapsedNs) {
        int samples = (int) Math.min(count.get(), SAMPLES_MAX);
        Arrays.sort(took, 0, samples);
        System.out.printf("{\"messages\":%d,\"failed\":%d,\"seconds\":%.6f,", count.get(), failed.get(),
                elapsedNs / 1e9);
        System.out.printf("\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f}%n", at(samples, 0.5),
                at(samples, 0.99), at(samples, 0.999));
        System.out.flush();
    }

    private double at(int samples, double share) {
        return samples == 0 ? 0 : took[Math.min(samples - 1, (int) (samples * share))] / 1e3;
    }
}
