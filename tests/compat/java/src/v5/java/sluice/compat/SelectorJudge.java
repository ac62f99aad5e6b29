package sluice.compat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.filter.FilterFactory;
import org.apache.rocketmq.filter.expression.EvaluationContext;
import org.apache.rocketmq.filter.expression.Expression;
import org.apache.rocketmq.filter.expression.MQFilterException;

/**
 * The genuine broker's selectors as a filter of lines: selector, tab, name=value, tab ... becomes "invalid",
 * "true" or "false". Our mq_filter_judge does the same.
 */
public final class SelectorJudge {
  private SelectorJudge() {}

  private record Properties(Map<String, Object> all) implements EvaluationContext {
    @Override
    public Object get(String name) {
      return all.get(name);
    }

    @Override
    public Map<String, Object> keyValues() {
      return all;
    }
  }

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(judge(line.split("\t", -1)));
    }
    out.flush();
  }

  private static String judge(String[] parts) {
    Map<String, Object> properties = new HashMap<>();
    for (int i = 1; i < parts.length; ++i) {
      String[] pair = parts[i].split("=", 2);
      if (!pair[1].isEmpty()) { // as the broker reads a property string
        properties.put(pair[0], pair[1]);
      }
    }
    Expression selector;
    try {
      selector = FilterFactory.INSTANCE.get("SQL92").compile(parts[0]);
    } catch (MQFilterException refused) {
      return "invalid";
    }
    try {
      return Boolean.TRUE.equals(selector.evaluate(new Properties(properties))) ? "true" : "false";
    } catch (Exception failed) { // the broker takes it for no
      return "false";
    }
  }
}
