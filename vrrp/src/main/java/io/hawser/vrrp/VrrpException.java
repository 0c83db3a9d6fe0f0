package io.hawser.vrrp;

/** The speaker cannot start: a right or the kernel's support is missing, or the system is out of something. */
public final class VrrpException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    VrrpException(String message, Throwable cause) {
        super(message, cause);
    }
}
