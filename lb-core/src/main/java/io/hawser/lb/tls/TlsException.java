package io.hawser.lb.tls;

/** TLS cannot be had as it was asked for; the message names the file, what is wrong with it, and never quotes a key. */
public final class TlsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TlsException(String message) {
        super(message);
    }
}
