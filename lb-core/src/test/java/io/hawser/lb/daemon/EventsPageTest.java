package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.vrrp.election.AlarmKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/events.md has each kind of event that the code emits, and no other. */
class EventsPageTest {
    private static final Pattern EMITTED =
            Pattern.compile("\\b(?:events\\.append|event)\\(\\s*\"([a-z-]+)\"\\s*(\\+)?");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z-]+)` \\|");

    @Test
    void theKindsInTheCodeAndOnThePageAreTheSame() throws IOException {
        Set<String> emitted = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".java")).toList()) {
                Matcher kinds = EMITTED.matcher(Files.readString(file));
                while (kinds.find()) {
                    if (kinds.group(2) == null) {
                        emitted.add(kinds.group(1));
                    } else {
                        assertEquals("vrrp-", kinds.group(1), file + " composes a kind that this test does not know");
                        for (AlarmKind alarm : AlarmKind.values()) {
                            emitted.add("vrrp-" + alarm.label());
                        }
                    }
                }
            }
        }
        Set<String> documented = new TreeSet<>();
        Matcher rows = ROW.matcher(Files.readString(Path.of("../docs/events.md")));
        while (rows.find()) {
            documented.add(rows.group(1));
        }
        assertTrue(emitted.size() > 15, "found only " + emitted);
        assertEquals(emitted, documented);
    }
}
