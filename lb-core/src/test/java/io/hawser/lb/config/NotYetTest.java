package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a version lacks is refused by name, and every line of its list is a key. */
class NotYetTest {

    @Test
    void aKeyOrAValueIsRefusedAndTheRestIsRead() {
        NotYet notYet = NotYet.of("""
                listeners[].tls

                pools[].balance: first
                """);
        String yaml = Given.KUBEADM
                .replace("pool: masters}", "pool: masters, tls: {}, deny: 3}")
                .replace("health:", "balance: first\n    health:");
        Loaded loaded = ConfigLoader.parse(Given.FILE, yaml, Given.lb1(), notYet);
        assertEquals(
                List.of(
                        "hawser.yaml:7:60: listeners[0].tls: not in this version yet: remove it",
                        "hawser.yaml:7:75: listeners[0].deny: 3 is not an IPv4 address: write four numbers of 0 to 255,"
                                + " without leading zeros",
                        "hawser.yaml:11:5: pools[0].balance: first is not in this version yet: write another value or"
                                + " remove the key"),
                ((Loaded.Invalid) loaded)
                        .problems().stream().map(Problem::render).toList());
    }

    @Test
    void everyLineNamesAKey() {
        List<String> paths = Keys.all().stream().map(Key::path).toList();
        for (String line : NotYet.ofThisVersion().lines()) {
            assertTrue(paths.contains(line.replaceFirst(": .*", "")), line);
        }
    }
}
