package io.hawser.lb.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Counts connections that end for nothing, second by second, and finds who opens most of them, in a fixed amount of memory
 * (the majority vote of Boyer and Moore, 1981: whoever opens more than half is found). Of one event loop, except for
 * {@link #last}.
 */
final class Churn {
    private static final int ADDRESS_BYTES = 16;

    private final byte[] address = new byte[ADDRESS_BYTES];
    private int length;
    private long key;
    private long votes;
    private long ended;
    private long refused;
    private long ofSource;
    private volatile Fruitless last = Fruitless.NONE;

    /**
     * A client has come.
     *
     * @param from the key of its address
     * @param bytes holds the address in network order
     * @param offset where it starts
     * @param size 4 or 16
     */
    void came(long from, byte[] bytes, int offset, int size) {
        if (from == key) {
            votes++;
        } else if (votes > 0) {
            votes--;
        } else {
            key = from;
            votes = 1;
            length = size;
            System.arraycopy(bytes, offset, address, 0, size);
            ofSource = 0;
        }
    }

    /** A connection ended in this way; {@code answered} when its client had been sent a byte of a member. */
    void ended(long from, Outcome outcome, boolean answered) {
        if (answered) {
            return;
        }
        switch (outcome) {
            case DENIED, SOURCE_CONNECTIONS, SOURCE_RATE -> {
                refused++;
                count(from);
            }
            case CLIENT_RESET,
                    CLIENT_LEFT,
                    HELLO_TIMEOUT,
                    NOT_TLS,
                    HELLO_MALFORMED,
                    HELLO_TOO_LARGE,
                    TLS_FAILED,
                    NO_ROUTE,
                    PROXY_HEADER_MISSING,
                    PROXY_HEADER_MALFORMED,
                    PROXY_HEADER_UNTRUSTED -> count(from);
            default -> {
                // Somebody else's doing, or an ordinary end.
            }
        }
    }

    private void count(long from) {
        ended++;
        if (from == key) {
            ofSource++;
        }
    }

    /** A second is over. */
    void turn() {
        last = ended == 0 ? Fruitless.NONE : new Fruitless(ended, refused, source(), ofSource);
        ended = 0;
        refused = 0;
        ofSource = 0;
        votes = 0;
    }

    private @Nullable InetAddress source() {
        if (length == 0 || votes == 0) {
            return null;
        }
        byte[] copy = new byte[length];
        System.arraycopy(address, 0, copy, 0, length);
        try {
            return InetAddress.getByAddress(copy);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The second that ended last. Any thread. */
    Fruitless last() {
        return last;
    }
}
