package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

/**
 * What a password file says, which never appears in text. Immutable.
 *
 * @param value its first line, not empty
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
