package io.hawser.lb.daemon;

/** A configuration could not be applied, and everything is as before; the message says why and what to do. */
final class ReloadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean isRefused;

    private ReloadException(String message, boolean isRefused) {
        super(message);
        this.isRefused = isRefused;
    }

    private ReloadException(String message, Throwable cause) {
        super(message, cause);
        this.isRefused = false;
    }

    /** It asks for what a running process cannot do. */
    static ReloadException refused(String message) {
        return new ReloadException(message, true);
    }

    /** It asks for something that could not be had. */
    static ReloadException failed(String message, Throwable cause) {
        return new ReloadException(message, cause);
    }

    boolean isRefused() {
        return isRefused;
    }
}
