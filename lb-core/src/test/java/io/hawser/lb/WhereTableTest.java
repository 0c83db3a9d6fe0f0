package io.hawser.lb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of ARCHITECTURE.md and docs/vocabulary.md for readers of the code name classes and methods that there are. */
class WhereTableTest {
    private static final Path ROOT = Path.of(System.getProperty("basedir", ".")).resolve("..");
    private static final Pattern PLACE =
            Pattern.compile("`((?:lb\\.)?[a-z]+(?:\\.[a-z]+)*)\\.([A-Z]\\w+)(?:\\.(\\w+))?`");

    @Test
    void everyPlaceIsThere() throws IOException {
        holds("ARCHITECTURE.md", "| where | is |");
        holds("docs/vocabulary.md", "| class | what others call it |");
    }

    private static void holds(String page, String head) throws IOException {
        String text = Files.readString(ROOT.resolve(page)) + "\n\n";
        int begin = text.indexOf(head);
        assertTrue(begin > 0, () -> "no table in " + page);
        List<String> missing = new ArrayList<>();
        int found = 0;
        Matcher place = PLACE.matcher(text.substring(begin, text.indexOf("\n\n", begin)));
        while (place.find()) {
            found++;
            if (!isThere(place.group(1), place.group(2), place.group(3))) {
                missing.add(place.group());
            }
        }
        assertEquals(List.of(), missing);
        int places = found;
        assertTrue(places >= 20, () -> places + " places in " + page);
    }

    private static boolean isThere(String packageName, String type, String method) throws IOException {
        for (String module : List.of("sysctl", "vrrp", "healthcheck", "lb-core")) {
            Path file = ROOT.resolve(module + "/src/main/java/io/hawser/" + packageName.replace('.', '/'))
                    .resolve(type + ".java");
            if (Files.exists(file)) {
                return method == null
                        || Pattern.compile("[\\w>\\])] " + method + "\\(")
                                .matcher(Files.readString(file))
                                .find();
            }
        }
        return false;
    }
}
