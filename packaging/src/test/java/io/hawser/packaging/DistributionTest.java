package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is in the tar of the distribution. */
class DistributionTest {
    private static final Pattern PURL = Pattern.compile(
            "\"purl\" : \"pkg:maven/[^/]+/(?<name>[^@]+)@(?<version>[^?\"]+)\\?(classifier=(?<classifier>[^&\"]+)&)?type=jar\"");

    @Test
    void itsBillOfMaterialsNamesEveryJarAndNothingElse() {
        Set<String> jars = output("-tzf")
                .lines()
                .filter(path -> path.matches("hawser/lib/[^/]*\\.jar"))
                .map(path -> path.replaceFirst(".*/", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        assertTrue(jars.size() > 20, jars::toString);

        String bill = output("-xzOf", "hawser/hawser-sbom.json");
        // The first purls are those of what made the bill, and of hawser as a whole.
        String components =
                bill.substring(bill.lastIndexOf("\"components\" : ["), bill.indexOf("\"dependencies\" : ["));
        assertEquals(
                jars,
                PURL.matcher(components)
                        .results()
                        .map(found -> found.group("name") + "-" + found.group("version")
                                + (found.group("classifier") == null ? "" : "-" + found.group("classifier")) + ".jar")
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    private static String output(String option, String... members) {
        String[] command = new String[3 + members.length];
        command[0] = "tar";
        command[1] = option;
        command[2] = Requirements.tar().toString();
        System.arraycopy(members, 0, command, 3, members.length);
        try (Run run = Run.start(command)) {
            assertEquals(0, run.exit(Duration.ofSeconds(60)), run::output);
            return run.output();
        }
    }
}
