package io.hawser.lb.config;

import io.hawser.vrrp.Password;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** Reads the password of VRRP version 2 from its file. No message tells anything of what is in it but its length. Stateless. */
final class PasswordFile {
    /** RFC 2338 5.3.6.1: the authentication data is 8 bytes. */
    static final int SIGNIFICANT_BYTES = 8;

    private static final int MOST_BYTES = 1024;

    private PasswordFile() {}

    /** The first line of the file without its end; a problem says why there is none. */
    static Parsed<Password> of(Path file, byte[] bytes) {
        String shown = "the file " + Messages.quote(file.toString());
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        if (end > MOST_BYTES) {
            return new Parsed.Bad<>(shown + " has a first line of more than " + MOST_BYTES
                    + " bytes, which is no password: name another file");
        }
        if (end > 0 && bytes[end - 1] == '\r') {
            end--;
        }
        return end == 0
                ? new Parsed.Bad<>(shown + " has an empty first line: write the password there, 1 to "
                        + SIGNIFICANT_BYTES + " bytes")
                : decode(Arrays.copyOf(bytes, end), shown);
    }

    private static Parsed<Password> decode(byte[] line, String shown) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line))
                    .toString();
            // A NUL would end the password for everybody else, and pads ours.
            return text.indexOf('\0') >= 0
                    ? new Parsed.Bad<>(shown + " has a zero byte in its first line: write the password as text")
                    : new Parsed.Ok<>(new Password(text));
        } catch (CharacterCodingException e) {
            return new Parsed.Bad<>(shown + " is not UTF-8 in its first line: write the password as text");
        }
    }

    /** How many bytes a password has on the wire, were there room for all. */
    static int length(Password password) {
        return password.value().getBytes(StandardCharsets.UTF_8).length;
    }
}
