package io.hawser.lb.proxy;

/** The proxy could not do what it was asked to; the message says what, why, and the remedy. */
public final class ProxyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Creates one with a message for the operator. */
    public ProxyException(String message) {
        super(message);
    }

    /** Creates one with a message for the operator and its cause. */
    public ProxyException(String message, Throwable cause) {
        super(message, cause);
    }
}
