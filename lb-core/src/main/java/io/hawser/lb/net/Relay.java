package io.hawser.lb.net;

import java.io.IOException;

/**
 * Moves bytes from one side of a connection to the other. Stateless; event loop of the connection.
 *
 * <p>Nothing is read while something waits to be sent, so a slow reader costs at most one buffer for each direction, and
 * the end of one side is told to the other after all that came before it. While the reader keeps up, bytes go from kernel
 * to kernel through one buffer of the loop: no allocation, no queue.
 */
public final class Relay {

    /** How a move ended. */
    public enum Moved {
        /** Nothing more to do until an event. */
        WAITS,
        /** There is more, but others had to wait long enough. */
        MORE,
        /** Reading failed: the source is broken. */
        READ_FAILED,
        /** Writing failed: the destination is broken. */
        WRITE_FAILED,
        /** There was no memory for a buffer. */
        NO_MEMORY
    }

    private static final int MOST_READS = 8;

    private Relay() {}

    /**
     * Moves what there is, up to so much that others have to wait long enough.
     *
     * @param buffers those of the loop of both endpoints
     */
    public static Moved move(Endpoint from, Endpoint to, BufferPool buffers) {
        return move(from, to, buffers, false);
    }

    /**
     * Moves the last bytes of a side that can no longer be written to. The failed write has taken the socket's error, so
     * that the last read finds an end instead; passed on, it would make half an answer look whole.
     */
    public static Moved moveLastWords(Endpoint from, Endpoint to, BufferPool buffers) {
        from.expectInput();
        return move(from, to, buffers, true);
    }

    private static Moved move(Endpoint from, Endpoint to, BufferPool buffers, boolean endIsFailure) {
        if (to.hasPending()) {
            try {
                if (!to.flush()) {
                    return Moved.WAITS;
                }
            } catch (IOException _) {
                return Moved.WRITE_FAILED;
            }
        }
        if (!from.isReadable()) {
            return Moved.WAITS;
        }
        Buffer buffer = buffers.take();
        if (buffer == null) {
            return Moved.NO_MEMORY;
        }
        Moved moved = readAndSend(from, to, buffer, endIsFailure);
        if (buffer.isDrained()) {
            buffers.release(buffer);
        } else if (moved == Moved.WAITS) {
            moved = hold(to, buffer);
        } else {
            // The rest has no way to go any more.
            buffers.release(buffer);
        }
        return moved;
    }

    private static Moved readAndSend(Endpoint from, Endpoint to, Buffer buffer, boolean endIsFailure) {
        for (int reads = 0; reads < MOST_READS; reads++) {
            buffer.from = 0;
            buffer.to = 0;
            int read;
            try {
                read = from.receive(buffer);
            } catch (IOException _) {
                return Moved.READ_FAILED;
            }
            if (read == 0) {
                return Moved.WAITS;
            }
            try {
                if (read < 0 && endIsFailure) {
                    return Moved.READ_FAILED;
                }
                if (read < 0) {
                    passEnd(to);
                    return Moved.WAITS;
                }
                if (!to.send(buffer)) {
                    return Moved.WAITS;
                }
            } catch (IOException _) {
                return Moved.WRITE_FAILED;
            }
            if (!from.isReadable()) {
                return Moved.WAITS;
            }
        }
        return Moved.MORE;
    }

    private static void passEnd(Endpoint to) throws IOException {
        // When the other side has ended before, both are closed next, which says it too.
        if (!to.hasInputEnded()) {
            to.endOutput();
        }
    }

    private static Moved hold(Endpoint to, Buffer buffer) {
        try {
            to.hold(buffer);
            return Moved.WAITS;
        } catch (IOException _) {
            return Moved.WRITE_FAILED;
        }
    }
}
