package io.hawser.lb.pem;

import java.io.IOException;

/** A file holds no keys of session tickets that can be used; the message says why, as the end of a sentence about the file. */
public final class UnusableKeysException extends IOException {
    private static final long serialVersionUID = 1L;

    UnusableKeysException(String message) {
        super(message);
    }
}
