package io.hawser.lb.daemon;

/** The node cannot start; the message says what is missing and what to do. */
final class StartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    StartException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    StartException(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** How the process ends, one of the contract's codes. */
    int exitCode() {
        return exitCode;
    }
}
