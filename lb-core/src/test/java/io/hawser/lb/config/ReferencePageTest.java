package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The reference page says what the table of keys says. */
class ReferencePageTest {
    private static final Path PAGE = Path.of(System.getProperty("basedir", ".")).resolve("../docs/configuration.md");

    @Test
    void thePageIsWhatTheTableSays() throws IOException {
        if (Boolean.getBoolean("hawser.docs.write")) {
            Files.writeString(PAGE, ReferencePage.render());
        }
        assertEquals(
                ReferencePage.render(),
                Files.readString(PAGE),
                "docs/configuration.md is not what the table of keys says: run this test with -Dhawser.docs.write=true");
    }

    @Test
    void theExampleOfTheReadmeIsTheOneThatIsTested() throws IOException {
        String readme = Files.readString(PAGE.resolveSibling("../README.md"));
        int start = readme.indexOf("```yaml\nnodes:");
        String example = readme.substring(start + "```yaml\n".length(), readme.indexOf("```\n", start + 1));
        assertEquals(Given.config(Given.KUBEADM), Given.config(example));
    }
}
