package io.hawser.lb.pem;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hawser.lb.pem.DerReader.Element;
import io.hawser.sysctl.files.UnreadableFileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** Reads one list in DER (RFC 5280 section 5.1), one entry at a time. One list each; one thread. */
final class ListReader {
    /** What a list may have whose signature is not one of a digest, because it is kept as a whole. */
    private static final int MOST_WHOLE = 1 << 20;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'");

    /** Is given the serial numbers, as the shortest two's complement. */
    @FunctionalInterface
    interface Serials {
        /** The next one. */
        void take(byte[] bytes, int from, int to) throws IOException;
    }

    private final DerReader der;
    private final Serials serials;
    private ByteArrayOutputStream whole = new ByteArrayOutputStream();
    private ListSignature.@Nullable Algorithm algorithm;
    private @Nullable MessageDigest digest;
    private int entries;
    private int width;

    ListReader(InputStream in, Serials serials) {
        this.der = new DerReader(in);
        this.serials = serials;
    }

    /** Reads to the end. */
    Head read() throws IOException {
        try {
            return list();
        } catch (UnusableListException | UnreadableFileException e) {
            throw e;
        } catch (IOException | DateTimeException | IllegalArgumentException _) {
            throw new UnusableListException("is damaged");
        }
    }

    private Head list() throws IOException {
        der.passTo(this::keep);
        der.element(DerReader.SEQUENCE);
        int signedFrom = whole.size();
        Element signed = der.element(DerReader.SEQUENCE);
        long end = der.position() + signed.length();
        Element each = der.element();
        if (each.tag() == DerReader.INTEGER) {
            der.content(each);
            each = der.element();
        }
        byte[] inner = sequence(each);
        algorithm = ListSignature.Algorithm.of(new Der(inner).content(DerReader.OBJECT_IDENTIFIER));
        digestFrom(signedFrom);
        X500Principal issuer = new X500Principal(tlv(der.element(DerReader.SEQUENCE)));
        Instant thisUpdate = time(der.element());
        Instant nextUpdate = null;
        Extensions.Scope scope = Extensions.Scope.ALL;
        while (der.position() < end) {
            each = der.element();
            switch (each.tag()) {
                case DerReader.UTC_TIME, DerReader.GENERALIZED_TIME -> nextUpdate = time(each);
                case DerReader.SEQUENCE -> entries(der.position() + each.length());
                case 0xA0 -> scope = Extensions.ofList(new Der(der.content(each)).inside(DerReader.SEQUENCE));
                default -> throw new IOException("an element that a revocation list cannot have");
            }
        }
        byte[] digested = digest == null ? null : digest.digest();
        digest = null;
        byte[] outer = sequence(der.element());
        byte[] bits = der.content(der.element(DerReader.BIT_STRING));
        if (der.position() < end || !Arrays.equals(inner, outer) || bits.length < 2 || bits[0] != 0) {
            throw new IOException("the lengths of its elements do not add up");
        }
        byte[] signature = Arrays.copyOfRange(bits, 1, bits.length);
        ListSignature how = algorithm == null || digested == null
                ? new ListSignature.Whole(whole.toByteArray())
                : new ListSignature.Digested(algorithm, digested, signature);
        return new Head(issuer, thisUpdate, nextUpdate, scope, how, identity(digested, signature), entries, width);
    }

    private void keep(byte[] bytes) throws IOException {
        if (whole.size() + bytes.length > MOST_WHOLE) {
            throw new UnusableListException(
                    "is larger than 1 MiB, and its signature algorithm is neither RSA (PKCS #1) nor ECDSA");
        }
        whole.write(bytes);
    }

    private void digestFrom(int signedFrom) {
        if (algorithm == null) {
            return;
        }
        MessageDigest made = messageDigest(algorithm.digest());
        byte[] before = whole.toByteArray();
        made.update(before, signedFrom, before.length - signedFrom);
        digest = made;
        whole = new ByteArrayOutputStream();
        der.passTo(bytes -> {
            MessageDigest now = digest;
            if (now != null) {
                now.update(bytes);
            }
        });
    }

    private ByteBuffer identity(byte @Nullable [] digested, byte[] signature) {
        MessageDigest both = messageDigest("SHA-256");
        both.update(digested == null ? whole.toByteArray() : digested);
        return ByteBuffer.wrap(both.digest(signature));
    }

    private static MessageDigest messageDigest(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no " + name, e);
        }
    }

    private byte[] sequence(Element element) throws IOException {
        if (element.tag() != DerReader.SEQUENCE) {
            throw new IOException("no sequence");
        }
        return der.content(element);
    }

    /** An element as a whole. */
    private byte[] tlv(Element element) throws IOException {
        byte[] content = der.content(element);
        int length = content.length;
        byte tag = (byte) element.tag();
        byte[] header;
        if (length < 0x80) {
            header = new byte[] {tag, (byte) length};
        } else if (length < 0x100) {
            header = new byte[] {tag, (byte) 0x81, (byte) length};
        } else {
            header = new byte[] {tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        }
        byte[] all = Arrays.copyOf(header, header.length + length);
        System.arraycopy(content, 0, all, header.length, length);
        return all;
    }

    private Instant time(Element element) throws IOException {
        String text = new String(der.content(element), US_ASCII);
        String full = switch (element.tag()) {
            // RFC 5280 4.1.2.5.1: two digits from 50 on are years of the 20th century.
            case DerReader.UTC_TIME -> (text.charAt(0) >= '5' ? "19" : "20") + text;
            case DerReader.GENERALIZED_TIME -> text;
            default -> throw new IOException("no time");
        };
        return LocalDateTime.parse(full, TIME).toInstant(ZoneOffset.UTC);
    }

    private void entries(long end) throws IOException {
        while (der.position() < end) {
            byte[] entry = der.content(der.element(DerReader.SEQUENCE));
            if (entry.length < 3 || entry[0] != DerReader.INTEGER || entry[1] <= 0 || entry[1] > entry.length - 2) {
                throw new IOException("an entry without a serial number");
            }
            int from = 2;
            int to = 2 + entry[1];
            while (to - from > 1
                    && ((entry[from] == 0 && entry[from + 1] >= 0) || (entry[from] == -1 && entry[from + 1] < 0))) {
                from++;
            }
            extensions(entry, to);
            entries++;
            width = Math.max(width, to - from);
            serials.take(entry, from, to);
        }
        if (der.position() != end) {
            throw new IOException("entries that are longer than the list that holds them");
        }
    }

    private static void extensions(byte[] entry, int from) throws IOException {
        Der rest = new Der(Arrays.copyOfRange(entry, from, entry.length));
        rest.next();
        if (rest.hasMore()) {
            Extensions.ofEntry(rest.inside(DerReader.SEQUENCE));
        }
    }
}
