package sluice.compat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.LogManager;
import org.springframework.boot.logging.LoggingSystem;

/** The cases of the Spring Boot starter. Arguments: name server, and cases, if not all. */
public final class SpringConformance {
  /** What a case does; it fails by throwing. */
  interface Case {
    void run(SpringScene scene) throws Exception;
  }

  private SpringConformance() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 1) {
      System.err.println("usage: SpringConformance NAME-SERVER [CASE...]");
      System.exit(2);
    }
    System.setProperty(LoggingSystem.SYSTEM_PROPERTY, LoggingSystem.NONE);
    LogManager.getLogManager().reset(); // Spring's log would stand between the verdicts
    Map<String, Case> cases = new LinkedHashMap<>();
    SpringSends.list(cases);
    SpringConsumes.list(cases);
    SpringRetries.list(cases);
    SpringTransactions.list(cases);
    SpringRequests.list(cases);
    Map<String, Conformance.Case> all = new LinkedHashMap<>();
    cases.forEach((name, body) -> all.put(name, scene -> body.run(new SpringScene(scene, arguments[0]))));
    List<String> usual = List.copyOf(all.keySet());
    all.put("control.lost", scene -> SpringConsumes.lost(new SpringScene(scene, arguments[0])));
    Conformance.run(arguments[0], all, usual, Arrays.asList(arguments).subList(1, arguments.length));
  }
}
