package sluice.compat;

import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** An operator's tool. */
final class Operator {
  private Operator() {}

  static DefaultMQAdminExt of(Scene scene) throws Exception {
    return scene.only(DefaultMQAdminExt.class, () -> {
      DefaultMQAdminExt admin = scene.configured(new DefaultMQAdminExt(Scene.CALL_MILLIS));
      admin.start();
      scene.atEnd(admin::shutdown);
      return admin;
    });
  }
}
