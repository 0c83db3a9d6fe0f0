package io.hawser.lb.proxy;

/** Why an attempt to connect to a member failed. */
public enum ConnectFailure {
    /** It answered with a reset: nothing listens there. */
    REFUSED,
    /** It did not answer within the pool's connect timeout, or the kernel gave up. */
    TIMEOUT,
    /** There is no way to it, or a firewall says no. */
    UNREACHABLE,
    /** It reset the connection while it was being set up. */
    RESET,
    /** This host could not try: no descriptor, no port, no memory. Not the member's fault. */
    LOCAL;

    static ConnectFailure of(int errno) {
        return switch (errno) {
            case Errno.ECONNREFUSED -> REFUSED;
            case Errno.ETIMEDOUT -> TIMEOUT;
            case Errno.ECONNRESET -> RESET;
            case Errno.ENETDOWN, Errno.ENETUNREACH, Errno.EHOSTDOWN, Errno.EHOSTUNREACH, Errno.EACCES, Errno.EPERM ->
                UNREACHABLE;
            default -> LOCAL;
        };
    }
}
