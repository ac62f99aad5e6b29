package sluice.compat;

import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/** A case's finding, with the checks that lead to it. */
final class Failed extends Exception {
  private static final long serialVersionUID = 1;
  private static final int SHOWN = 300;

  Failed(String reason) {
    super(reason);
  }

  static void unless(boolean condition, String reason) throws Failed {
    if (!condition) {
      throw new Failed(reason);
    }
  }

  static void unlessEqual(Object wanted, Object found, String what) throws Failed {
    if (!Objects.equals(wanted, found)) {
      throw new Failed(what + ": wanted " + shown(wanted) + ", found " + shown(found));
    }
  }

  /** Equal as multisets; says what is missing and what is too much. */
  static void unlessSame(Collection<String> wanted, Collection<String> found, String what) throws Failed {
    Map<String, Integer> balance = new TreeMap<>();
    wanted.forEach(key -> balance.merge(key, -1, Integer::sum));
    found.forEach(key -> balance.merge(key, 1, Integer::sum));
    balance.values().removeIf(count -> count == 0);
    if (!balance.isEmpty()) {
      throw new Failed(what + ": " + wanted.size() + " wanted, " + found.size()
          + " found; missing (negative) or too many: " + shown(balance));
    }
  }

  /** Looks again and again until the condition holds. */
  static void unlessSoon(Callable<Boolean> condition, Callable<String> otherwise) throws Exception {
    long deadline = System.nanoTime() + Scene.PATIENCE.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > deadline) {
        throw new Failed("not within " + Scene.PATIENCE.toSeconds() + " s: " + otherwise.call());
      }
      Thread.sleep(20); // between two looks; nothing is concluded from it
    }
  }

  private static String shown(Object value) {
    String text = String.valueOf(value);
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }
}
