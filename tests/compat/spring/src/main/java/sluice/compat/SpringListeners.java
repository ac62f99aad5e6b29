package sluice.compat;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.ConsumeMode;
import org.apache.rocketmq.spring.annotation.MessageModel;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.annotation.SelectorType;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQReplyListener;

/** Beans that the starter finds by their annotations. Topic and group are the case's own. */
final class SpringListeners {
  private static final String TOPIC = "${case.topic}";
  private static final String GROUP = "${case.group}";

  private SpringListeners() {}

  /** Puts everything into the inbox. */
  abstract static class Collecting implements RocketMQListener<MessageExt> {
    final Inbox inbox;

    Collecting(Inbox inbox) {
      this.inbox = inbox;
    }

    @Override
    public void onMessage(MessageExt message) {
      inbox.add(message);
    }
  }

  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP)
  static class All extends Collecting {
    All(Inbox inbox) {
      super(inbox);
    }
  }

  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP, selectorExpression = "Aa || green")
  static class Tagged extends Collecting {
    Tagged(Inbox inbox) {
      super(inbox);
    }
  }

  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP, selectorType = SelectorType.SQL92,
      selectorExpression = "price > 4 AND price <> 7")
  static class Selecting extends Collecting {
    Selecting(Inbox inbox) {
      super(inbox);
    }
  }

  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP, messageModel = MessageModel.BROADCASTING)
  static class Broadcast extends Collecting {
    Broadcast(Inbox inbox) {
      super(inbox);
    }
  }

  /** Refuses what is bad every time. */
  abstract static class Refusing extends Collecting {
    Refusing(Inbox inbox) {
      super(inbox);
    }

    @Override
    public void onMessage(MessageExt message) {
      super.onMessage(message);
      if (message.getKeys().startsWith("bad")) {
        throw new IllegalStateException("refused");
      }
    }
  }

  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP, maxReconsumeTimes = 2,
      delayLevelWhenNextConsume = 1)
  static class Retried extends Refusing {
    Retried(Inbox inbox) {
      super(inbox);
    }
  }

  /** Refuses what is bad the first time. */
  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP)
  static class Later extends Collecting {
    Later(Inbox inbox) {
      super(inbox);
    }

    @Override
    public void onMessage(MessageExt message) {
      super.onMessage(message);
      if (message.getKeys().startsWith("bad") && message.getReconsumeTimes() == 0) {
        throw new IllegalStateException("later");
      }
    }
  }

  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP, delayLevelWhenNextConsume = -1)
  static class Rejecting extends Refusing {
    Rejecting(Inbox inbox) {
      super(inbox);
    }
  }

  /** Refuses key7 the first time. */
  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP, consumeMode = ConsumeMode.ORDERLY,
      suspendCurrentQueueTimeMillis = 50)
  static class Orderly extends Collecting {
    Orderly(Inbox inbox) {
      super(inbox);
    }

    @Override
    public void onMessage(MessageExt message) {
      super.onMessage(message);
      if (message.getKeys().endsWith("key7") && inbox.count(message.getKeys()) == 1) {
        throw new IllegalStateException("later");
      }
    }
  }

  /** What an application means by a message. */
  static class Order {
    public String id;
    public int cents;
  }

  /** A listener's orders. */
  static final class Orders {
    final Queue<Order> all = new ConcurrentLinkedQueue<>();
  }

  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP)
  static class Typed implements RocketMQListener<Order> {
    private final Orders orders;

    Typed(Orders orders) {
      this.orders = orders;
    }

    @Override
    public void onMessage(Order order) {
      orders.all.add(order);
    }
  }

  @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP)
  static class Answering implements RocketMQReplyListener<String, String> {
    @Override
    public String onMessage(String question) {
      return question + " answered";
    }
  }
}
