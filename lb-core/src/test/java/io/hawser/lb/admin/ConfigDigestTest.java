package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigDigestTest {
    private static final String LONG = "x".repeat(ConfigDigest.MOST_TEXT + 1);

    private static ConfigDigest digest(String... keysAndValues) {
        return digest(ConfigDigest.FORM, keysAndValues);
    }

    private static ConfigDigest digest(int form, String... keysAndValues) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            values.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return new ConfigDigest(form, List.of(ConfigDigest.Section.of("pools", values)));
    }

    @Test
    void whatIsAlikeDiffersInNothing() {
        assertEquals(Map.of(), digest("a", "1").differences(digest("a", "1"), "two"));
    }

    @Test
    void bothValuesAreNamed() {
        assertEquals(
                Map.of("pools", "a is 1 here and 2 on two; b is missing here and 3 on two"),
                digest("a", "1").differences(digest("a", "2", "b", "3"), "two"));
        assertEquals(
                Map.of("pools", "b is 3 here and missing on two"),
                digest("a", "1", "b", "3").differences(digest("a", "1"), "two"));
    }

    @Test
    void manyDifferencesAreCounted() {
        assertEquals(
                Map.of(
                        "pools",
                        "a is 1 here and 2 on two; b is 1 here and 2 on two; c is 1 here and 2 on two; and 1 more"),
                digest("a", "1", "b", "1", "c", "1", "d", "1")
                        .differences(digest("a", "2", "b", "2", "c", "2", "d", "2"), "two"));
    }

    @Test
    void whatHadNoRoomIsNotTakenForMissing() {
        String words =
                digest("a", "1").differences(digest("a", "1", "b", LONG), "two").get("pools");
        assertTrue(words.startsWith("its pools differ in values too long to list"), words);
    }

    @Test
    void anotherFormOrAnUnknownSectionSaysNothing() {
        assertEquals(Map.of(), digest("a", "1").differences(digest(2, "a", "2"), "two"));
        ConfigDigest later =
                new ConfigDigest(ConfigDigest.FORM, List.of(ConfigDigest.Section.of("later", Map.of("a", "2"))));
        assertEquals(Map.of(), digest("a", "1").differences(later, "two"));
        assertEquals(Map.of(), later.differences(digest("a", "1"), "two"));
    }

    @Test
    void theHashIsOfAllValuesAlsoThoseThatAreNotTold() {
        ConfigDigest.Section one = digest("a", "1", "b", LONG).sections().getFirst();
        ConfigDigest.Section other =
                digest("a", "1", "b", LONG + "y").sections().getFirst();
        assertEquals(Map.of("a", "1"), one.values());
        assertFalse(one.isWhole());
        assertFalse(one.hash().equals(other.hash()));
    }
}
