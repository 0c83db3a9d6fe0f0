package io.hawser.vrrp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The authentication of version 2: type 0 (none) or 1 (a plain-text password of up to 8 bytes, RFC 2338 5.3.6). It
 * protects against misconfiguration only; anybody on the link can read it. Immutable.
 */
final class Authentication {

    static final int LENGTH = 8;
    static final Authentication NONE = new Authentication(0, new byte[LENGTH]);

    private static final int PASS = 1;

    private final int type;
    private final byte[] data;

    private Authentication(int type, byte[] data) {
        this.type = type;
        this.data = data;
    }

    /** A password; what follows the eighth byte is ignored, as everybody does. */
    static Authentication pass(Password password) {
        return new Authentication(PASS, Arrays.copyOf(password.value().getBytes(StandardCharsets.UTF_8), LENGTH));
    }

    /** Reads the type from the header of a message, and the data that ends at {@code end}. */
    static Authentication read(ByteBuffer message, int end) {
        byte[] data = new byte[LENGTH];
        message.get(end - LENGTH, data);
        return new Authentication(message.get(4) & 0xFF, data);
    }

    void write(ByteBuffer out) {
        out.put(data);
    }

    int type() {
        return type;
    }

    /** Whether the data are the same, compared in constant time; type 0 has none. */
    boolean sameData(Authentication other) {
        return type == 0 || MessageDigest.isEqual(data, other.data);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Authentication that && type == that.type && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return 31 * type + Arrays.hashCode(data);
    }

    /** The type in words: none, pass, or its number; never the password. */
    String kind() {
        return switch (type) {
            case 0 -> "none";
            case PASS -> "pass";
            default -> "type " + type;
        };
    }

    @Override
    public String toString() {
        return kind();
    }
}
