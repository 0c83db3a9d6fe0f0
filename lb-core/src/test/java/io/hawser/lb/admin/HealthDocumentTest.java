package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthDocumentTest {
    private static final String GOOD = new String(Samples.health(false).json(), UTF_8);

    private static HealthDocument.Parsed parse(String text) {
        return HealthDocument.parse(text.getBytes(UTF_8));
    }

    private static void assertBad(Unreadable reason, String text) {
        var bad = assertInstanceOf(HealthDocument.Parsed.Bad.class, parse(text), text);
        assertEquals(reason, bad.reason(), bad.detail());
    }

    @Test
    void readsWhatHealthWrites() {
        for (boolean fit : new boolean[] {true, false}) {
            NodeHealth health = Samples.health(fit);
            assertEquals(new HealthDocument.Parsed.Ok(health), HealthDocument.parse(health.json()));
        }
    }

    @Test
    void ignoresFieldsOfNewerNodes() {
        assertEquals(parse(GOOD), parse(GOOD.replace("{\"node\"", "{\"later\":[{\"x\":null}],\"node\"")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "\"fit\":false | \"fit\":\"false\"",
                "\"fit\":false | \"fat\":false",
                "\"node\":\"lb1\" | \"node\":null",
                "\"id\":51 | \"id\":0",
                "\"id\":51 | \"id\":256",
                "\"id\":51 | \"id\":51.0",
                "\"id\":51 | \"id\":99999999999999999999",
                "\"priority\":200 | \"priority\":-1",
                "\"state\":\"active\" | \"state\":\"ACTIVE\"",
                "\"state\":\"active\" | \"state\":2",
                "\"addresses\":[\"10.77.0.10\"] | \"addresses\":\"10.77.0.10\"",
                "\"addresses\":[\"10.77.0.10\"] | \"addresses\":[null]",
                "\"routers\":[ | \"routers\":[1,",
            })
    void refusesWrongShapes(String right, String wrong) {
        assertBad(Unreadable.WRONG_SHAPE, GOOD.replace(right, wrong));
    }

    @Test
    void refusesWhatIsNotOneObject() {
        for (String text :
                List.of("", "null", "[]", "\"x\"", "{", GOOD + "{}", GOOD + "x", "<html>", "{\"a\":1,\"a\":2}")) {
            assertBad(Unreadable.NOT_JSON, text);
        }
    }

    @Test
    void refusesDepthLengthAndNumbers() {
        assertBad(Unreadable.NOT_JSON, "{\"a\":" + "[".repeat(10_000));
        assertBad(Unreadable.NOT_JSON, "{\"a\":\"" + "x".repeat(5_000) + "\"}");
        assertBad(Unreadable.NOT_JSON, "{\"a\":" + "9".repeat(1_000) + "}");
        assertBad(Unreadable.TOO_LARGE, "{\"a\":1}" + " ".repeat(2_000_000));
        assertBad(
                Unreadable.WRONG_SHAPE, GOOD.replaceFirst("\"reasons\":\\[", "\"reasons\":[" + "\"x\",".repeat(1_000)));
    }

    @Test
    void neverThrowsOnDamagedDocuments() {
        long seed = 20_260_301;
        Random random = new Random(seed);
        byte[] good = GOOD.getBytes(UTF_8);
        for (int round = 0; round < 50_000; round++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length) : good.length);
            for (int change = random.nextInt(4); change > 0 && bytes.length > 0; change--) {
                byte[] telling = {'{', '}', '[', ']', '"', ',', ':', '\\', 0, -1, '0', '-', 'e'};
                bytes[random.nextInt(bytes.length)] =
                        random.nextBoolean() ? telling[random.nextInt(telling.length)] : (byte) random.nextInt(256);
            }
            try {
                assertNotNull(HealthDocument.parse(bytes));
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + " round " + round + ": " + new String(bytes, UTF_8), e);
            }
        }
    }

    private static ConfigDigest digest(int values, int length) {
        Map<String, String> all = new LinkedHashMap<>();
        for (int i = 0; i < values; i++) {
            all.put("value " + i, "v".repeat(length));
        }
        return new ConfigDigest(
                ConfigDigest.FORM,
                List.of(ConfigDigest.Section.of("pools", all), ConfigDigest.Section.of("listeners", all)));
    }

    private static NodeHealth saying(ConfigDigest digest) {
        return new NodeHealth("lb1", true, List.of(), List.of(), digest);
    }

    @Test
    void readsWhatANodeSaysOfItsConfiguration() {
        NodeHealth health = saying(digest(3, 10));
        assertEquals(new HealthDocument.Parsed.Ok(health), HealthDocument.parse(health.json()));
    }

    @Test
    void aConfigurationOfAHundredThousandValuesIsToldInFewKilobytes() {
        byte[] few = saying(digest(100_000, 30)).json();
        assertTrue(few.length < 16_384, () -> few.length + " bytes");
        byte[] long1 = saying(digest(10, 100_000)).json();
        assertTrue(long1.length < 16_384, () -> long1.length + " bytes");
        assertInstanceOf(HealthDocument.Parsed.Ok.class, HealthDocument.parse(few));
    }

    /** Ten times what a node ever sends, and each other way to be wrong: it says nothing, and the node is as fit as before. */
    @Test
    void aConfigurationThatCannotBeReadSaysNothingAndLeavesTheHealth() {
        String good = new String(saying(digest(3, 10)).json(), UTF_8);
        NodeHealth without = new NodeHealth("lb1", true, List.of(), List.of());
        for (String each : List.of(
                good.replace("\"form\":1", "\"form\":\"one\""),
                good.replace("\"form\":1", "\"form\":-1"),
                good.replace("\"whole\":true", "\"whole\":1"),
                good.replace("\"hash\"", "\"hush\""),
                good.replace("v".repeat(10), "v".repeat(201)),
                good.replaceAll("\"configuration\":\\{.*", "\"configuration\":[]}"),
                good.replaceAll("\"configuration\":\\{.*", "\"configuration\":null}"),
                many(good, 17, "sections"),
                many(good, 501, "values"))) {
            assertEquals(new HealthDocument.Parsed.Ok(without), parse(each), each);
        }
        String tenfold = good.replace("\"sections\"", "\"later\":\"" + "x".repeat(640_000) + "\",\"sections\"");
        assertBad(Unreadable.TOO_LARGE, tenfold);
        assertEquals(parse(good), parse(good.replace("\"sections\"", "\"later\":[1],\"sections\"")));
    }

    private static String many(String good, int count, String list) {
        String element = list.equals("values")
                ? "{\"of\":\"a\",\"is\":\"b\"}"
                : "{\"name\":\"a\",\"hash\":\"b\",\"whole\":true,\"values\":[]}";
        return good.replaceFirst("\"" + list + "\":\\[", "\"" + list + "\":[" + (element + ",").repeat(count));
    }
}
