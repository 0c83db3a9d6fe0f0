package io.hawser.lb.demo;

/** The demo cannot go on; the message says what was tried, what happened and what to do. */
public final class DemoException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /** An exception that ends the process with {@code exitCode} (1 failed while running, 4 right or tool missing). */
    public DemoException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** What the process exits with. */
    public int exitCode() {
        return exitCode;
    }

    static DemoException failed(String message) {
        return new DemoException(1, message);
    }

    static DemoException unavailable(String message) {
        return new DemoException(4, message);
    }
}
