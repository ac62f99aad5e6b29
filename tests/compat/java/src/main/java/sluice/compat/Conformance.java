package sluice.compat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.rocketmq.client.exception.MQClientException;

/**
 * Runs the cases against the cluster of one name server. Prints a line with all their names, then one for
 * each: verdict, name, seconds and reason, separated by tabs. Cases share nothing, so that several run at a
 * time.
 */
public final class Conformance {
  private static final int AT_A_TIME = 6;

  /** What a case does; it fails by throwing. */
  interface Case {
    void run(Scene scene) throws Exception;
  }

  private record Verdict(String name, double seconds, String reason) {
    boolean passed() {
      return reason.isEmpty();
    }
  }

  private Conformance() {}

  private static Map<String, Case> cases() {
    Map<String, Case> all = new LinkedHashMap<>();
    Sends.list(all);
    Contents.list(all);
    Consumes.list(all);
    Selectors.list(all);
    Retries.list(all);
    Delays.list(all);
    Transactions.list(all);
    Requests.list(all);
    Groups.list(all);
    Offsets.list(all);
    Release.list(all);
    return all;
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, Case> all = cases();
    List<String> usual = new ArrayList<>(all.keySet());
    Controls.list(all);
    if (arguments.length == 0) {
      System.err.println("usage: Conformance NAME-SERVER [CASE...]");
      System.exit(2);
    }
    run(arguments[0], all, usual, Arrays.asList(arguments).subList(1, arguments.length));
  }

  /** The cases that were asked for, or else the usual ones; ends the program. */
  static void run(String nameServer, Map<String, Case> all, List<String> usual, List<String> asked)
      throws Exception {
    all.put("control.ended", scene -> Runtime.getRuntime().halt(0));
    List<String> chosen = new ArrayList<>(asked);
    if (chosen.isEmpty()) {
      chosen.addAll(usual);
    }
    for (String name : chosen) {
      if (!all.containsKey(name)) {
        System.err.println("there is no case " + name);
        System.exit(2);
      }
    }
    System.out.println("cases\t" + String.join("\t", chosen));
    warmUp(nameServer);
    System.exit(runAll(nameServer, all, chosen) ? 0 : 1); // also ends what a failed case left behind
  }

  /** The first calls of a process are slow, and older clients give them a fixed time. */
  private static void warmUp(String nameServer) throws Exception {
    try (Scene scene = new Scene(nameServer, "warm-up")) {
      Failed.unlessSoon(() -> {
        try {
          scene.topic(1);
          return true;
        } catch (MQClientException late) {
          return false;
        }
      }, () -> "no topic can be made");
    }
  }

  private static boolean runAll(String nameServer, Map<String, Case> all, List<String> chosen)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME);
    CompletionService<Verdict> verdicts = new ExecutorCompletionService<>(threads);
    for (String name : chosen) {
      verdicts.submit(() -> judge(nameServer, name, all.get(name)));
    }
    boolean allPassed = true;
    for (int done = 0; done < chosen.size(); ++done) {
      Verdict verdict = verdicts.take().get();
      allPassed &= verdict.passed();
      System.out.println(String.format("%s\t%s\t%.1f\t%s", verdict.passed() ? "pass" : "fail",
          verdict.name(), verdict.seconds(), verdict.reason()));
      System.out.flush();
    }
    return allPassed;
  }

  private static Verdict judge(String nameServer, String name, Case body) {
    long begun = System.nanoTime();
    String reason = "";
    try (Scene scene = new Scene(nameServer, name)) {
      body.run(scene);
    } catch (Throwable failure) {
      reason = oneLine(failure);
    }
    return new Verdict(name, (System.nanoTime() - begun) / 1e9, reason);
  }

  private static String oneLine(Throwable failure) {
    String text = failure instanceof Failed ? failure.getMessage() : failure + " at " + place(failure);
    return text.replaceAll("\\s+", " ").strip();
  }

  private static String place(Throwable failure) {
    return Arrays.stream(failure.getStackTrace())
        .filter(frame -> frame.getClassName().startsWith("sluice."))
        .map(StackTraceElement::toString)
        .findFirst()
        .orElse("an unknown place");
  }
}
