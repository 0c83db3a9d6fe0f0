package io.hawser.lb.admin;

/** The admin port or socket cannot be had; the message says why and what to do. */
public final class AdminException extends RuntimeException {
    private static final long serialVersionUID = 1;

    AdminException(String message, Throwable cause) {
        super(message, cause);
    }

    AdminException(String message) {
        super(message);
    }
}
