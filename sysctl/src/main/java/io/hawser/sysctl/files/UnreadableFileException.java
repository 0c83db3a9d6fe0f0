package io.hawser.sysctl.files;

import static java.util.Objects.requireNonNull;

import java.io.IOException;

/** A file could not be read; the message says why, as the end of a sentence about the file. */
public final class UnreadableFileException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why a file could not be read. */
    public enum Reason {
        /** There is none of this name. */
        MISSING,
        /** This process may not. */
        FORBIDDEN,
        /** It is a directory. */
        DIRECTORY,
        /** It is a FIFO, a socket or a device. */
        NOT_REGULAR,
        /** It holds more than was asked for. */
        TOO_LARGE,
        /** Its disk or file server does not answer. */
        SLOW,
        /** Whoever asked was interrupted. */
        INTERRUPTED,
        /** The operating system reported something else. */
        FAILED
    }

    private final Reason reason;

    UnreadableFileException(Reason reason, String message) {
        super(requireNonNull(message, "message"));
        this.reason = requireNonNull(reason, "reason");
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }
}
