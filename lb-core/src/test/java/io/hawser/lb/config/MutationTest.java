package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.hawser.lb.config.Finding.Problem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No text makes reading fail in any other way than by saying so. */
class MutationTest {
    private static final int MUTATIONS = 20_000;
    private static final String[] SPLINTERS = {
        ":",
        " ",
        "\n",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"",
        "'",
        "#",
        "&a ",
        "*a",
        "!x ",
        "|",
        ">",
        "?",
        "%",
        "@",
        "`",
        "\t",
        "~",
        "null",
        "0",
        "-1",
        "99999999999",
        "1e9",
        "\u0000",
        "\uFEFF",
        "\u2028",
        "\uD83D\uDE80",
        "\uD800",
        "---\n",
        "...\n",
        "<<: ",
        "off",
        "::",
        "10.77.0.10",
        "/",
        "\\",
        "\"\\Uffffffff\"",
        "\"\\x",
        "name: ",
        "tls: ",
        "2s",
        "."
    };

    /** ./verify gives each commit others. */
    private final long seed = Long.getLong("hawser.seed", 20_260_101L);

    private final Random random = new Random(seed);

    @Test
    void everyMutationIsValidOrInvalid() throws Exception {
        String contract = new String(
                Objects.requireNonNull(getClass().getResourceAsStream("contract.yaml"))
                        .readAllBytes(),
                StandardCharsets.UTF_8);
        List<String> seeds = List.of(Given.KUBEADM, contract);
        int valid = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            String text = seeds.get(i % seeds.size());
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                text = mutate(text);
            }
            valid += read(text, i) ? 1 : 0;
        }
        assertTrue(valid > MUTATIONS / 100 && valid < MUTATIONS / 2, "the mutations test too little: valid " + valid);
    }

    private boolean read(String text, int round) {
        try {
            return switch (Given.load(text)) {
                case Loaded.Ok _ -> true;
                case Loaded.Invalid(List<Problem> problems) -> {
                    assertFalse(problems.isEmpty(), "invalid without a reason");
                    problems.forEach(Problem::renderWithSource);
                    yield false;
                }
            };
        } catch (RuntimeException | AssertionError e) {
            return fail("seed " + seed + ", round " + round + ":\n" + text, e);
        }
    }

    private String mutate(String text) {
        int at = random.nextInt(text.length() + 1);
        int to = Math.min(text.length(), at + random.nextInt(12));
        int other = random.nextInt(text.length() + 1);
        return switch (random.nextInt(6)) {
            case 0 -> text.substring(0, at) + text.substring(to);
            case 1 -> text.substring(0, at) + text.substring(at, to) + text.substring(at);
            case 2 -> text.substring(0, other) + text.substring(at, to) + text.substring(other);
            case 3 ->
                text.substring(0, at)
                        + (char) (32 + random.nextInt(95))
                        + text.substring(Math.min(text.length(), at + 1));
            case 4 -> text.substring(0, at) + "\n" + text.substring(at);
            default -> text.substring(0, at) + SPLINTERS[random.nextInt(SPLINTERS.length)] + text.substring(at);
        };
    }

    @Test
    void everyByteStringIsValidOrInvalid(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("hawser.yaml");
        for (int i = 0; i < 200; i++) {
            byte[] bytes = Given.KUBEADM.getBytes(StandardCharsets.UTF_8);
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            Files.write(file, bytes);
            try {
                ConfigLoader.load(file, Given.lb1());
            } catch (RuntimeException e) {
                fail("seed " + seed + ", round " + i, e);
            }
        }
    }
}
