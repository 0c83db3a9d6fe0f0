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

/** The table of ARCHITECTURE.md that says where what is names classes and methods that there are. */
class WhereTableTest {
    private static final Path ROOT = Path.of(System.getProperty("basedir", ".")).resolve("..");
    private static final Pattern PLACE =
            Pattern.compile("`((?:lb\\.)?[a-z]+(?:\\.[a-z]+)*)\\.([A-Z]\\w+)(?:\\.(\\w+))?`");

    @Test
    void everyPlaceIsThere() throws IOException {
        String text = Files.readString(ROOT.resolve("ARCHITECTURE.md"));
        int begin = text.indexOf("| where | is |");
        assertTrue(begin > 0, "no table");
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
        assertTrue(found >= 20, found + " places");
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
