package sluice.compat;

import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.apache.rocketmq.spring.support.DefaultRocketMQListenerContainer;
import org.apache.rocketmq.spring.support.RocketMQHeaders;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;

/** The applications of one case, which end with it. Topics and what is judged are the plain client's. */
final class SpringScene {
  private final Scene scene;
  private final String nameServer;
  private RocketMQTemplate template;

  SpringScene(Scene scene, String nameServer) {
    this.scene = scene;
    this.nameServer = nameServer;
  }

  /** Nothing but what the starter configures by itself. */
  @EnableAutoConfiguration
  static class Application {}

  /** What Scene sets for plain clients, for those that the starter makes. */
  private static final class Configurer implements BeanPostProcessor {
    private final Scene scene;

    Configurer(Scene scene) {
      this.scene = scene;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
      if (bean instanceof DefaultRocketMQListenerContainer container) {
        DefaultMQPushConsumer consumer = scene.configured(container.getConsumer());
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
      } else if (bean instanceof DefaultLitePullConsumer consumer) {
        scene.configured(consumer).setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
      } else if (bean instanceof ClientConfig client) {
        scene.configured(client);
      }
      return bean;
    }
  }

  /** An application of these classes, with the object among its beans. Started. */
  ConfigurableApplicationContext application(Map<String, String> settings, Object bean, Class<?>... classes) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("rocketmq.name-server", nameServer);
    all.put("rocketmq.producer.group", scene.unique("P"));
    all.put("rocketmq.producer.send-message-timeout", Scene.CALL_MILLIS);
    return scene.closing(new SpringApplicationBuilder(Application.class)
        .sources(classes)
        .web(WebApplicationType.NONE)
        .bannerMode(Banner.Mode.OFF)
        .logStartupInfo(false)
        .registerShutdownHook(false)
        .properties(all)
        .initializers(context -> {
          context.getBeanFactory().registerSingleton("given", bean);
          context.getBeanFactory().addBeanPostProcessor(new Configurer(scene));
        })
        .run());
  }

  /** An application whose listener has this topic and group. */
  ConfigurableApplicationContext listening(String topic, String group, Object bean, Class<?> listener) {
    return application(Map.of("case.topic", topic, "case.group", group), bean, listener);
  }

  /** The same with a group of its own. */
  ConfigurableApplicationContext listening(String topic, Object bean, Class<?> listener) {
    return listening(topic, scene.group(), bean, listener);
  }

  /** Of an application that only sends. */
  RocketMQTemplate template() {
    if (template == null) {
      template = application(Map.of(), this).getBean(RocketMQTemplate.class);
    }
    return template;
  }

  Scene plain() {
    return scene;
  }

  static Message<String> message(String key) {
    return MessageBuilder.withPayload("body of " + key).setHeader(RocketMQHeaders.KEYS, key).build();
  }

  void sendAll(String topic, Iterable<String> keys) throws Failed {
    for (String key : keys) {
      Scene.accepted(template().syncSend(topic, message(key)));
    }
  }

  static DefaultMQPushConsumer consumerOf(ConfigurableApplicationContext application) {
    return application.getBean(DefaultRocketMQListenerContainer.class).getConsumer();
  }

  /** Ends the application when the broker has noted that its listener is through with the topic. */
  void closeCommitted(ConfigurableApplicationContext application, String topic) throws Exception {
    scene.awaitCommitted(consumerOf(application), topic);
    application.close();
  }
}
