package io.hawser.lb.net;

import java.io.IOException;

/**
 * Moves bytes from one side of a connection to the other. Stateless; event loop of the connection.
 *
 * <p>Nothing is read while something waits to be sent, so a slow reader costs at most one block for each direction, and
 * the end of one side is told to the other after all that came before it. While the reader keeps up, bytes go from kernel
 * to kernel through one block of the loop: no allocation, no queue.
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
     * @param blocks those of the loop of both wires
     */
    public static Moved move(Wire from, Wire to, Blocks blocks) {
        return move(from, to, blocks, false);
    }

    /**
     * Moves what a side has said that can no longer be written to. The failed write has taken the error along, so that the
     * last read tells of an end instead; passed on, it would make half an answer look whole.
     */
    public static Moved moveLastWords(Wire from, Wire to, Blocks blocks) {
        from.expectInput();
        return move(from, to, blocks, true);
    }

    private static Moved move(Wire from, Wire to, Blocks blocks, boolean endIsFailure) {
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
        Block block = blocks.take();
        if (block == null) {
            return Moved.NO_MEMORY;
        }
        Moved moved = readAndSend(from, to, block, endIsFailure);
        if (block.isDrained()) {
            blocks.give(block);
        } else if (moved == Moved.WAITS) {
            moved = hold(to, block);
        } else {
            // The rest has no way to go any more.
            blocks.give(block);
        }
        return moved;
    }

    private static Moved readAndSend(Wire from, Wire to, Block block, boolean endIsFailure) {
        for (int reads = 0; reads < MOST_READS; reads++) {
            block.from = 0;
            block.to = 0;
            int read;
            try {
                read = from.receive(block);
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
                if (!to.send(block)) {
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

    private static void passEnd(Wire to) throws IOException {
        // When the other side has ended before, both are closed next, which says it too.
        if (!to.hasInputEnded()) {
            to.endOutput();
        }
    }

    private static Moved hold(Wire to, Block block) {
        try {
            to.hold(block);
            return Moved.WAITS;
        } catch (IOException _) {
            return Moved.WRITE_FAILED;
        }
    }
}
