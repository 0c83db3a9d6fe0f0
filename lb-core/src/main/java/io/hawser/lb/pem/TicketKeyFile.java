package io.hawser.lb.pem;

import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A file with keys of TLS session tickets that several nodes share: one a line, in base64, of 48 or 80 bytes. There is one
 * reader, for who judges a configuration, who starts with it and who follows the file. Stateless; any thread that may block.
 */
public final class TicketKeyFile {

    /*
     * The form and the rule are those of HAProxy's tls-ticket-keys: the last line but one seals, all open. So a new key is known
     * to each node before any of them seals with it, although their files are not replaced at the same moment.
     */

    /** The first bytes of a key, by which a ticket names it. */
    public static final int NAME_BYTES = 16;

    /** More would be keys that nobody threw away, and a stolen file opens what any of them has sealed. */
    static final int MOST_KEYS = 16;

    private static final int MOST_BYTES = 64 << 10;
    private static final int SHORT_KEY = 48;
    private static final int LONG_KEY = 80;

    // Of 48 random bytes 44 are different on average; less than 20 are as likely as a guess of the key.
    private static final int LEAST_DIFFERENT = 20;

    private static final String MAKE = "openssl rand -base64 48";

    private TicketKeyFile() {}

    /**
     * The keys of a file, the one that seals first, to be wiped by who asked.
     *
     * @throws UnreadableFileException when it cannot be read
     * @throws UnusableKeysException when it holds what cannot be used
     */
    public static List<byte[]> load(FileReads reads, Path file) throws IOException {
        byte[] content = reads.read(file, MOST_BYTES, InputStream::readAllBytes);
        List<byte[]> keys = new ArrayList<>();
        try {
            read(content, keys);
        } catch (UnusableKeysException e) {
            wipe(keys);
            throw e;
        } finally {
            Arrays.fill(content, (byte) 0);
        }
        if (keys.size() > 1) {
            keys.addFirst(keys.remove(keys.size() - 2));
        }
        return keys;
    }

    /** Forgets keys. */
    public static void wipe(List<byte[]> keys) {
        keys.forEach(each -> Arrays.fill(each, (byte) 0));
    }

    private static void read(byte[] content, List<byte[]> keys) throws UnusableKeysException {
        Map<String, Integer> lines = new HashMap<>();
        int number = 0;
        for (int from = 0; from < content.length; number++) {
            int end = from;
            while (end < content.length && content[end] != '\n') {
                end++;
            }
            byte[] line = stripped(content, from, end);
            if (line.length > 0) {
                byte[] key = key(line, number + 1);
                keys.add(key);
                Integer before = lines.putIfAbsent(name(key), number + 1);
                if (before != null) {
                    throw new UnusableKeysException("line " + (number + 1) + " has the name (first " + NAME_BYTES
                            + " bytes) of line " + before + ": remove one of them, each line is a key of its own");
                }
            }
            Arrays.fill(line, (byte) 0);
            from = end + 1;
        }
        if (keys.isEmpty()) {
            throw new UnusableKeysException("it holds no key: write one key a line, each made with " + MAKE);
        }
        if (keys.size() > MOST_KEYS) {
            throw new UnusableKeysException("it holds " + keys.size() + " keys, and " + MOST_KEYS
                    + " are the limit: remove the oldest, which are the first lines");
        }
    }

    private static byte[] stripped(byte[] content, int from, int end) {
        int first = from;
        int last = end;
        while (first < last && isBlank(content[first])) {
            first++;
        }
        while (last > first && isBlank(content[last - 1])) {
            last--;
        }
        return Arrays.copyOfRange(content, first, last);
    }

    private static boolean isBlank(byte each) {
        return each == ' ' || each == '\t' || each == '\r';
    }

    private static byte[] key(byte[] line, int number) throws UnusableKeysException {
        byte[] key;
        try {
            key = Base64.getDecoder().decode(line);
        } catch (IllegalArgumentException _) {
            // What the decoder says quotes the line.
            throw new UnusableKeysException("line " + number + " is not base64: write one key a line, each made with "
                    + MAKE + " (a binary key: base64 -w0 FILE)");
        }
        int length = key.length;
        long different = different(key);
        if ((length == SHORT_KEY || length == LONG_KEY) && different >= LEAST_DIFFERENT) {
            return key;
        }
        Arrays.fill(key, (byte) 0);
        if (length == SHORT_KEY || length == LONG_KEY) {
            throw new UnusableKeysException(
                    "line " + number + " is not random and could be guessed: make it with " + MAKE);
        }
        throw new UnusableKeysException("line " + number + " has " + length + " bytes, and a key has " + SHORT_KEY
                + " or " + LONG_KEY + ", in one line: make it with " + MAKE);
    }

    private static long different(byte[] key) {
        boolean[] seen = new boolean[256];
        int count = 0;
        for (byte each : key) {
            if (!seen[each & 0xFF]) {
                seen[each & 0xFF] = true;
                count++;
            }
        }
        return count;
    }

    /** The public part of a key: it stands in each ticket. */
    private static String name(byte[] key) {
        return Base64.getEncoder().encodeToString(Arrays.copyOf(key, NAME_BYTES));
    }
}
