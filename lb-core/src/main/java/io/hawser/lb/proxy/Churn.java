package io.hawser.lb.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Counts connections that end for nothing, second by second; finds the sources that open most, in a fixed amount of memory
 * (Misra and Gries, 1982: whoever opens more than one in nine is found); and holds back those that open too many for
 * nothing. Of one event loop, except for {@link #last}.
 */
final class Churn {
    private static final int SOURCES = 8;

    /** Out of so many of a source's connections, all but one must end for nothing. */
    private static final int ONE_IN = 10;

    /** For so many seconds on end a source that is held back must behave. */
    private static final int CALM_SECONDS = 5;

    private static final int ADDRESS_BYTES = 16;

    private record Limits(int most, int allowed) {}

    private static final class Source {
        private final byte[] address = new byte[ADDRESS_BYTES];
        private int length;
        private long key;
        private long votes;
        private long opened;
        private long ended;
        private long heldBack;
        private boolean isHeld;
        private int calm;

        void become(long from, byte[] bytes, int offset, int size) {
            key = from;
            length = size;
            System.arraycopy(bytes, offset, address, 0, size);
            opened = 0;
            ended = 0;
            heldBack = 0;
            isHeld = false;
        }

        boolean is(long from) {
            return length > 0 && key == from;
        }

        /** A second is over, of which so many connections that end for nothing are too many; 0 for never. */
        void endSecond(int most) {
            long letIn = opened - heldBack;
            long forNothing = ended - heldBack;
            boolean isWasteful =
                    most > 0 && opened >= most && forNothing > 0 && forNothing * ONE_IN >= letIn * (ONE_IN - 1);
            if (!isHeld) {
                isHeld = isWasteful && ended >= most;
                calm = 0;
            } else {
                calm = isWasteful ? 0 : calm + 1;
                isHeld = most > 0 && calm < CALM_SECONDS;
            }
            votes = 0;
            opened = 0;
            ended = 0;
            heldBack = 0;
        }

        InetAddress address() {
            byte[] copy = new byte[length];
            System.arraycopy(address, 0, copy, 0, length);
            try {
                return InetAddress.getByAddress(copy);
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private final Source[] sources = new Source[SOURCES];
    private long opened;
    private long ended;
    private long refused;
    private volatile Limits limit = new Limits(0, 1);
    private volatile Fruitless last = Fruitless.NONE;

    Churn() {
        for (int i = 0; i < SOURCES; i++) {
            sources[i] = new Source();
        }
    }

    /**
     * Says who is held back. Any thread.
     *
     * @param most from how many connections of this loop a second that end for nothing on; 0 for nobody
     * @param allowed how many of a source that is held back are let in a second, at least 1
     */
    void limit(int most, int allowed) {
        this.limit = new Limits(most, allowed);
    }

    /**
     * Counts a connection that a client has opened.
     *
     * @param from the key of its address
     * @param bytes holds the address in network order
     * @param offset where it starts
     * @param size 4 or 16
     * @return whether it must be sent away, as its source is held back; it then still {@link #ended ends}
     */
    boolean holdsBack(long from, byte[] bytes, int offset, int size) {
        opened++;
        Source free = null;
        for (Source source : sources) {
            if (source.is(from)) {
                source.votes++;
                source.opened++;
                if (source.isHeld && source.opened - source.heldBack > limit.allowed()) {
                    source.heldBack++;
                    return true;
                }
                return false;
            }
            if (source.votes == 0 && !source.isHeld) {
                free = source;
            }
        }
        if (free == null) {
            for (Source source : sources) {
                source.votes = Math.max(0, source.votes - 1);
            }
        } else {
            free.become(from, bytes, offset, size);
            free.votes = 1;
            free.opened = 1;
        }
        return false;
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
        for (Source source : sources) {
            if (source.is(from)) {
                source.ended++;
                return;
            }
        }
    }

    /** A second is over. */
    void endSecond() {
        last = ended == 0 ? Fruitless.NONE : ofThisSecond();
        opened = 0;
        ended = 0;
        refused = 0;
        for (Source source : sources) {
            source.endSecond(limit.most());
        }
    }

    private Fruitless ofThisSecond() {
        long heldBack = 0;
        Source first = null;
        for (Source source : sources) {
            heldBack += source.heldBack;
            if (source.opened * 2 > opened) {
                first = source;
            }
        }
        return new Fruitless(
                ended, refused, heldBack, first == null ? null : first.address(), first == null ? 0 : first.ended);
    }

    /** The second that ended last. Any thread. */
    Fruitless last() {
        return last;
    }
}
