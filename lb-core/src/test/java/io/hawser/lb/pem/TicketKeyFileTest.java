package io.hawser.lb.pem;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hawser.sysctl.files.FileReads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which keys a file holds, and what is no file of keys. */
class TicketKeyFileTest {
    @TempDir
    Path directory;

    private static byte[] bytes(int seed, int length) {
        byte[] key = new byte[length];
        new Random(seed).nextBytes(key);
        return key;
    }

    private static String line(byte[] key) {
        return Base64.getEncoder().encodeToString(key);
    }

    private static String key(int seed) {
        return line(bytes(seed, 48));
    }

    /** The keys as they were numbered, the one that seals first. */
    private List<Integer> order(int count) throws IOException {
        String text = IntStream.range(0, count).mapToObj(TicketKeyFileTest::key).collect(Collectors.joining("\n"));
        List<Integer> order = new ArrayList<>();
        for (byte[] each : load(text)) {
            order.add(IntStream.range(0, count)
                    .filter(seed -> line(each).equals(key(seed)))
                    .findFirst()
                    .orElseThrow());
        }
        return order;
    }

    private List<byte[]> load(String text) throws IOException {
        return TicketKeyFile.load(FileReads.standard(), Files.writeString(directory.resolve("keys"), text));
    }

    private String refused(String text) throws IOException {
        Files.writeString(directory.resolve("keys"), text);
        return String.valueOf(
                assertThrows(UnusableKeysException.class, () -> load(text)).getMessage());
    }

    @Test
    void theLastButOneSeals() throws IOException {
        assertEquals(List.of(0), order(1));
        assertEquals(List.of(0, 1), order(2));
        assertEquals(List.of(1, 0, 2), order(3));
        assertEquals(List.of(2, 0, 1, 3), order(4));
    }

    @Test
    void bothLengthsAndTheLinesOfEverySystemAreTaken() throws IOException {
        byte[] longer = bytes(7, 80);
        List<byte[]> keys = load("\r\n  " + key(1) + "\t\r\n\n" + line(longer));
        assertEquals(2, keys.size());
        assertArrayEquals(bytes(1, 48), keys.getFirst());
        assertArrayEquals(longer, keys.getLast());
    }

    @Test
    void whatIsWrongIsSaidWithItsLineAndWhatToDo() throws IOException {
        assertEquals("it holds no key: write one key a line, each made with openssl rand -base64 48", refused(""));
        assertEquals(
                "it holds no key: write one key a line, each made with openssl rand -base64 48", refused("\n \r\n"));
        // openssl wraps what is longer than 64 characters
        String wrapped = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes(1, 80));
        assertEquals(
                "line 2 has 32 bytes, and a key has 48 or 80, in one line: make it with openssl rand -base64 48",
                refused(wrapped));
        assertEquals(
                "line 2 is not base64: write one key a line, each made with openssl rand -base64 48 (a binary key: base64"
                        + " -w0 FILE)",
                refused(key(1) + "\n# the second key"));
        assertEquals(
                "line 1 is not random and could be guessed: make it with openssl rand -base64 48",
                refused(line(new byte[48])));
        assertEquals(
                "line 4 has the name (first 16 bytes) of line 1: remove one of them, each line is a key of its own",
                refused(key(1) + "\n" + key(2) + "\n\n" + key(1)));
        assertEquals(
                "it holds 17 keys, and 16 are the limit: remove the oldest, which are the first lines",
                refused(IntStream.range(0, 17).mapToObj(TicketKeyFileTest::key).collect(Collectors.joining("\n"))));
    }

    @Test
    void noMessageQuotesAKey() throws IOException {
        String secret = key(5).substring(0, 40);
        for (String text : List.of(secret, secret + "!", key(5) + "\n" + key(5), key(5) + "AAAA")) {
            String said = refused(text);
            for (int i = 0; i + 8 <= secret.length(); i++) {
                assertFalse(said.contains(secret.substring(i, i + 8)), said);
            }
        }
    }

    @Test
    void tenTimesTheLargestIsRefusedWithoutBeingKept() throws IOException {
        String many = IntStream.range(0, 1000).mapToObj(TicketKeyFileTest::key).collect(Collectors.joining("\n"));
        assertEquals(
                "it holds 1000 keys, and 16 are the limit: remove the oldest, which are the first lines",
                refused(many));
        Path large = directory.resolve("large");
        Files.writeString(large, many.repeat(10));
        assertEquals(
                "it is larger than 65536 bytes",
                assertThrows(IOException.class, () -> TicketKeyFile.load(FileReads.standard(), large))
                        .getMessage());
        Files.write(large, new byte[10 * 65536]);
        assertThrows(IOException.class, () -> TicketKeyFile.load(FileReads.standard(), large));
    }
}
