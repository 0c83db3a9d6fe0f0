package io.hawser.lb.pem;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import io.hawser.sysctl.linux.LinuxException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file of revocation lists in PEM (RFC 7468). There is one reader and one limit, for who judges a configuration, who
 * starts with it and who follows the file. Stateless; any thread that may block.
 */
public final class RevocationFile {

    /*
     * A file is read twice: first to see what is in it, which costs no memory whatever its size, then, once it is known to
     * fit, to keep the serial numbers. They are all that is kept of an entry.
     */

    /** What the serial numbers of a file may take: over a million of 20 bytes. */
    static final int MOST_SERIAL_BYTES = 32 << 20;

    private static final long MOST_BYTES = 128 << 20;
    private static final int MOST_LISTS = 64;
    private static final int BUFFER = 64 << 10;
    private static final int MOST_LINE = 128;
    private static final String BEGIN = "-----BEGIN X509 CRL-----";
    private static final String END = "-----END X509 CRL-----";

    private static final String CHANGED = "it changed while it was read";

    private RevocationFile() {}

    /**
     * Whether the file can be used.
     *
     * @return when the next of each of its lists was announced for; null where none was
     * @throws UnreadableFileException when it cannot be read
     * @throws UnusableListException when it holds what cannot be used
     */
    public static List<@Nullable Instant> check(FileReads reads, Path file) throws IOException {
        List<@Nullable Instant> announced = new ArrayList<>();
        heads(reads, file).forEach(head -> announced.add(head.nextUpdate()));
        return announced;
    }

    /**
     * The lists of a file, to be closed.
     *
     * @throws UnreadableFileException when it cannot be read
     * @throws UnusableListException when it holds what cannot be used
     */
    public static List<RevocationList> load(FileReads reads, Path file) throws IOException {
        List<Head> heads = heads(reads, file);
        List<RevocationList> known = known(heads);
        return known.isEmpty()
                ? filled(reads, file, heads).stream()
                        .map(RevocationList::shared)
                        .toList()
                : known;
    }

    /** The lists of these heads, when all of them are in use already; else none. */
    private static List<RevocationList> known(List<Head> heads) {
        List<RevocationList> known = new ArrayList<>();
        for (Head head : heads) {
            RevocationList list = RevocationList.known(head);
            if (list == null) {
                known.forEach(RevocationList::close);
                return List.of();
            }
            known.add(list);
        }
        return known;
    }

    private static List<RevocationList> filled(FileReads reads, Path file, List<Head> heads) throws IOException {
        List<SerialNumbers> numbers = new ArrayList<>();
        try {
            for (Head head : heads) {
                numbers.add(new SerialNumbers(head.entries(), head.width()));
            }
            List<Head> again = read(reads, file, index -> {
                if (index >= numbers.size()) {
                    throw new UnusableListException(CHANGED);
                }
                return numbers.get(index)::add;
            });
            List<RevocationList> lists = new ArrayList<>();
            for (int i = 0; i < heads.size(); i++) {
                if (again.size() != heads.size()
                        || !again.get(i).identity().equals(heads.get(i).identity())) {
                    throw new UnusableListException(CHANGED);
                }
                numbers.get(i).sort();
                lists.add(new RevocationList(heads.get(i), numbers.get(i)));
            }
            return lists;
        } catch (IOException | RuntimeException e) {
            numbers.forEach(SerialNumbers::close);
            if (e instanceof LinuxException) {
                throw new UnusableListException(String.valueOf(e.getMessage()));
            } else if (e instanceof IndexOutOfBoundsException) {
                throw new UnusableListException(CHANGED);
            }
            throw e;
        }
    }

    private static List<Head> heads(FileReads reads, Path file) throws IOException {
        List<Head> heads = read(reads, file, _ -> (_, _, _) -> {});
        if (heads.isEmpty()) {
            throw new UnusableListException("it holds no revocation list in PEM (BEGIN X509 CRL)");
        }
        long bytes = heads.stream().mapToLong(Head::bytes).sum();
        if (bytes > MOST_SERIAL_BYTES) {
            throw new UnusableListException("it revokes "
                    + heads.stream().mapToLong(Head::entries).sum() + " certificates, whose serial numbers take "
                    + bytes
                    + " bytes; there is room for " + MOST_SERIAL_BYTES);
        }
        return heads;
    }

    /** Where the serial numbers of each list of a file go. */
    private interface Keep {
        ListReader.Serials of(int list) throws IOException;
    }

    /** What a reader found; a problem does not pass between threads as what it is. */
    private record Found(List<Head> heads, @Nullable String problem) {}

    private static List<Head> read(FileReads reads, Path file, Keep keep) throws IOException {
        Found found = reads.read(file, MOST_BYTES, in -> {
            try {
                return new Found(lists(new Text(in), keep), null);
            } catch (UnusableListException e) {
                return new Found(List.of(), e.getMessage());
            }
        });
        if (found.problem() != null) {
            throw new UnusableListException(found.problem());
        }
        return found.heads();
    }

    private static List<Head> lists(Text text, Keep keep) throws IOException {
        List<Head> heads = new ArrayList<>();
        while (isAtNext(text)) {
            if (heads.size() == MOST_LISTS) {
                throw new UnusableListException("it holds more than " + MOST_LISTS + " revocation lists");
            }
            Body body = new Body(text);
            try {
                Head head = new ListReader(body, keep.of(heads.size())).read();
                if (!body.isWhole()) {
                    throw new UnusableListException("is damaged");
                }
                heads.add(head);
            } catch (UnusableListException e) {
                throw new UnusableListException("revocation list " + (heads.size() + 1) + " in it " + e.getMessage());
            }
        }
        return heads;
    }

    private static boolean isAtNext(Text text) throws IOException {
        String line = line(text);
        while (line != null && !line.equals(BEGIN)) {
            line = line(text);
        }
        return line != null;
    }

    /** A line, or the start of a long one; null: there is none. */
    private static @Nullable String line(Text text) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int each = text.read();
        if (each < 0) {
            return null;
        }
        while (each >= 0 && each != '\n') {
            if (line.size() < MOST_LINE) {
                line.write(each);
            }
            each = text.read();
        }
        return line.toString(ISO_8859_1).strip();
    }

    /** The characters of a file, without a lock for each of them. */
    private static final class Text {
        private final InputStream in;
        private final byte[] buffer = new byte[BUFFER];
        private int at;
        private int end;

        Text(InputStream in) {
            this.in = in;
        }

        /** The next one; -1: there is none. */
        int read() throws IOException {
            if (at == end) {
                at = 0;
                end = Math.max(0, in.read(buffer));
                if (end == 0) {
                    return -1;
                }
            }
            return buffer[at++] & 0xFF;
        }
    }

    /** What lies between the first and the last line of a list, decoded. */
    private static final class Body extends InputStream {
        private static final int CHARACTERS = 4;

        private final Text text;
        private final byte[] encoded = new byte[BUFFER];
        private final byte[] decoded = new byte[BUFFER];
        private int at;
        private int end;
        private boolean isOver;
        private boolean isWhole;
        private boolean isPadded;

        Body(Text text) {
            this.text = text;
        }

        @Override
        public int read() throws IOException {
            return at < end || fill() ? decoded[at++] & 0xFF : -1;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            if (length > 0 && at == end && !fill()) {
                return -1;
            }
            int count = Math.min(length, end - at);
            System.arraycopy(decoded, at, into, from, count);
            at += count;
            return count;
        }

        /** Decodes some more; false: that was all. */
        private boolean fill() throws IOException {
            int count = 0;
            while (!isOver && count < encoded.length) {
                int each = text.read();
                if (each == '-') {
                    isOver = true;
                    isWhole = ("-" + line(text)).equals(END);
                } else if (each < 0) {
                    isOver = true;
                } else if (!Character.isWhitespace(each)) {
                    encoded[count++] = (byte) each;
                }
            }
            at = 0;
            end = count == 0 ? 0 : decode(count);
            return end > 0;
        }

        private int decode(int count) throws IOException {
            if (isPadded || count % CHARACTERS != 0) {
                throw new IOException("not a whole number of groups of four characters");
            }
            isPadded = encoded[count - 1] == '=';
            byte[] all = count == encoded.length ? encoded : Arrays.copyOf(encoded, count);
            try {
                return Base64.getDecoder().decode(all, decoded);
            } catch (IllegalArgumentException e) {
                throw new IOException(e);
            }
        }

        /** Whether everything was read, and the last line is as it has to be. */
        boolean isWhole() throws IOException {
            try {
                return read() < 0 && isWhole;
            } catch (UnreadableFileException e) {
                throw e;
            } catch (IOException _) {
                return false;
            }
        }
    }
}
