package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

/**
 * The password of version 2, which never appears in text. Immutable.
 *
 * @param value at least one character; what follows its eighth byte in UTF-8 is not sent, RFC 2338 5.3.6
 */
public record Password(String value) {
    public Password {
        requireNonNull(value, "value");
        if (value.isEmpty()) {
            throw new IllegalArgumentException("a password is empty");
        }
    }

    /** Nothing of the password, not even its length. */
    @Override
    public String toString() {
        return "***";
    }
}
