package io.hawser.lb.proxy;

import io.hawser.lb.net.Errno;

/** What an attempt to connect to a member has found wrong with it. */
public enum ConnectFailure {
    /** It answered with a reset: nothing listens there. */
    REFUSED,
    /** It did not answer within the pool's connect timeout, or the kernel gave up. */
    TIMEOUT,
    /** There is no way to it, or a firewall says no. */
    UNREACHABLE,
    /** It reset the connection while it was being set up. */
    RESET,
    /** It had not answered the connect when hedge-after had passed; the attempt goes on. */
    HUNG,
    /** It accepted, got a whole ClientHello, and had not answered when hedge-after had passed; the attempt goes on. */
    SILENT,
    /** It accepted and ended the connection before it said anything. */
    DROPPED,
    /** It was hung, silent or dropped the connection while another member did what it did not, for the same client. */
    OUTDONE,
    /** It sent something before it was sent the ClientHello, so it doesn't speak TLS. */
    SPOKE_FIRST,
    /** The TLS handshake with it failed, or it speaks none of what the client has agreed on. */
    TLS,
    /** This host could not try: no descriptor, no port, no memory. Not the member's fault. */
    LOCAL;

    /**
     * Whether it says something about the member alone. What a client may have brought about, and what a slow network
     * explains, is a reason to look closer but no proof.
     */
    public boolean isProof() {
        return switch (this) {
            case REFUSED, TIMEOUT, UNREACHABLE, RESET, OUTDONE, SPOKE_FIRST, TLS -> true;
            case HUNG, SILENT, DROPPED, LOCAL -> false;
        };
    }

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
