package io.hawser.lb.pem;

import java.io.IOException;

/** A file holds no revocation list that can be used; the message says why, as the end of a sentence about the list or the file. */
public final class UnusableListException extends IOException {
    private static final long serialVersionUID = 1L;

    UnusableListException(String message) {
        super(message);
    }
}
