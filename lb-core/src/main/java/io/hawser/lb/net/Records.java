package io.hawser.lb.net;

import io.hawser.lb.tls.HandshakeFailure;
import io.hawser.lb.tls.Session;
import io.hawser.lb.tls.SignatureWatch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * TLS on a {@link Wire}: between its socket, which carries records, and its connection, which deals with plain bytes.
 * Event loop of its connection.
 *
 * <p>While both sides keep up nothing is held between calls: records are read into one block of the loop, decrypted into
 * the caller's, and the other way round. Held are at most one block of records that came and did not fit, and one of
 * records that the kernel did not take.
 */
public final class Records {
    /** How the handshake stands. */
    public enum Shake {
        /** It is complete. */
        DONE,
        /** Nothing more to do until an event. */
        WAITS,
        /** It has failed; {@link #failure} says why. */
        FAILED
    }

    private static final int FULL = 1;

    private final Wire wire;
    private final Wire.Loop loop;
    private final Session session;
    private @Nullable Block input;
    private @Nullable Block output;
    private @Nullable HandshakeFailure failure;
    private boolean wantsInput;
    private boolean shaken;
    private boolean mayHoldMore;
    private boolean inputEnded;
    private boolean isEnding;
    private boolean saidFin;
    private boolean isRefused;
    private final @Nullable SignatureWatch signatures;
    private int watched;

    /**
     * TLS that begins with the next byte.
     *
     * @param server whether the other side speaks first
     * @param already what was read of the other side's records; the wire's from now on; null for nothing
     */
    Records(Wire wire, Wire.Loop loop, Session session, boolean server, @Nullable Block already) {
        this.wire = wire;
        this.loop = loop;
        this.session = session;
        this.wantsInput = server;
        this.signatures = server ? new SignatureWatch() : null;
        this.input = already;
    }

    /** The session, which stays the wire's. */
    public Session session() {
        return session;
    }

    /** Why the handshake failed. */
    public HandshakeFailure failure() {
        return failure == null ? HandshakeFailure.PROTOCOL : failure;
    }

    boolean isShaken() {
        return shaken;
    }

    /** Goes on with the handshake as far as it can. */
    public Shake shake() {
        try {
            while (true) {
                if (!flush()) {
                    return Shake.WAITS;
                }
                if (wantsInput && input == null && !receiveInput()) {
                    return failure == null ? Shake.WAITS : Shake.FAILED;
                }
                switch (step()) {
                    case DONE -> {
                        shaken = true;
                        return Shake.DONE;
                    }
                    case FAILED -> {
                        failure = failure == null ? session.failure() : failure;
                        return Shake.FAILED;
                    }
                    case WANTS_INPUT -> wantsInput = true;
                    case WANTS_OUTPUT -> wantsInput = false;
                }
            }
        } catch (IOException _) {
            failure = HandshakeFailure.CLOSED;
            return Shake.FAILED;
        }
    }

    private boolean receiveInput() throws IOException {
        if (!wire.mayReceive()) {
            return false;
        }
        // Not kept while a client is slow: the session takes in what has come, up to a record.
        Block block = loop.blocks().takeSmallAnyway();
        if (block == null) {
            failure = HandshakeFailure.NO_MEMORY;
            return false;
        }
        int read = 0;
        try {
            read = wire.receiveAsIs(block, block.size());
        } finally {
            if (read <= 0) {
                loop.blocks().give(block);
            }
        }
        if (read < 0) {
            failure = HandshakeFailure.CLOSED;
        } else if (read > 0) {
            input = block;
        }
        return read > 0;
    }

    private Session.Step step() throws IOException {
        Block in = input;
        Block out = takeOutput();
        if (in != null && signatures != null && signatures.finds(in.memory(), in.from + watched, in.to)) {
            failure = HandshakeFailure.CIPHER;
            alert(out, SignatureWatch.ALERT);
            return Session.Step.FAILED;
        }
        Session.Step step = in == null
                ? session.handshake(0, 0, out.address(), out.capacity())
                : session.handshake(in.address() + in.from, in.to - in.from, out.address(), out.capacity());
        if (in != null) {
            watched = session.inUnused();
            keep(in, watched);
        }
        if (step == Session.Step.FAILED && session.unsaidAlert() != 0) {
            alert(out, session.unsaidAlert());
        } else {
            pass(out);
        }
        return step;
    }

    /** Ends a handshake that is in the clear yet (RFC 5246 7.2). */
    private void alert(Block out, int description) throws IOException {
        out.memory().put(0, new byte[] {21, 3, 3, 0, 2, 2, (byte) description});
        isRefused = true;
        pass(out, 7);
    }

    /** Whether one side has ended the session with an alert, which a reset could overtake. */
    boolean isRefused() {
        return isRefused;
    }

    /** The same contract as {@link Wire#receive}, for plain bytes. */
    int receive(Block block) throws IOException {
        if (inputEnded) {
            return -1;
        }
        int before = block.to;
        Block in = input;
        input = null;
        if (in != null) {
            session.offer(in.address() + in.from, in.to - in.from);
        }
        int state;
        try {
            state = open(block);
            while (state == Session.WANTS_INPUT && block.to == before && wire.mayReceive()) {
                if (in == null) {
                    in = takeInput();
                }
                in.from = 0;
                in.to = 0;
                int read = wire.receiveAsIs(in, roomFor(in, block));
                if (read < 0) {
                    // RFC 8446 6.1: without close_notify nobody knows whether that was all.
                    throw wire.failed("the connection ended in the middle of a TLS session", Errno.ECONNRESET);
                }
                if (read == 0) {
                    break;
                }
                session.offer(in.address(), read);
                state = open(block);
            }
        } finally {
            int unused = in == null ? 0 : session.unused();
            session.withdraw();
            if (in != null) {
                keep(in, unused);
            }
        }
        speakForItself();
        mayHoldMore = state == FULL;
        if (block.to > before) {
            // An end or a failure behind these bytes is found again by the next call.
            mayHoldMore |= state != Session.WANTS_INPUT;
            return block.to - before;
        }
        if (state == Session.FAILED) {
            isRefused = true;
            throw wire.failed("a TLS record is not what it should be", Errno.ECONNRESET);
        }
        inputEnded = state == Session.ENDED;
        return inputEnded ? -1 : 0;
    }

    // Plain bytes of the records, and of the one that is inside the session already, shall fit.
    private static int roomFor(Block in, Block block) {
        return Math.min(in.size(), Math.max(Blocks.SMALL, block.size() - block.to - Session.RECORD_BYTES));
    }

    private int open(Block block) {
        while (block.to < block.size()) {
            int read = session.read(block.address() + block.to, block.size() - block.to);
            if (read <= 0) {
                return read;
            }
            block.to += read;
            if (block.to < block.size() && session.unused() == 0) {
                return Session.WANTS_INPUT;
            }
        }
        return FULL;
    }

    private void speakForItself() throws IOException {
        if (output == null && session.hasOutput()) {
            Block out = takeOutput();
            session.drain(out.address(), out.capacity());
            pass(out);
        }
    }

    /** Whether there may be something to read without a byte from the socket. */
    boolean holdsInput() {
        return !inputEnded && (mayHoldMore || input != null);
    }

    /** The same contract as {@link Wire#send}; nothing may be held. */
    boolean send(Block block) throws IOException {
        while (!block.isDrained()) {
            Block out = takeOutput();
            int taken =
                    session.write(block.address() + block.from, block.to - block.from, out.address(), out.capacity());
            if (taken < 0) {
                loop.blocks().give(out);
                throw wire.failed("the TLS session is broken", Errno.EPIPE);
            }
            block.from += taken;
            if (!pass(out)) {
                return false;
            }
        }
        return true;
    }

    /** Records that the kernel did not take; null for none. */
    @Nullable
    Block output() {
        return output;
    }

    /** Bytes of memory that it holds. */
    long heldBytes() {
        return (input == null ? 0L : input.capacity()) + (output == null ? 0L : output.capacity());
    }

    /** Whether records are held that the kernel did not take. */
    boolean holdsOutput() {
        return output != null;
    }

    /** Sends records that were held, and what the session has to say itself; says whether nothing is held any more. */
    boolean flush() throws IOException {
        Block out = output;
        if (out != null) {
            if (!wire.maySend() || !wire.sendAsIs(out)) {
                return false;
            }
            output = null;
            loop.blocks().give(out);
            speakForItself();
        }
        if (isEnding && output == null) {
            sayEnd();
        }
        return output == null;
    }

    /** Tells the other side that no more will come: first in TLS, then in TCP. */
    void end() throws IOException {
        isEnding = true;
        flush();
    }

    private void sayEnd() throws IOException {
        if (!session.hasSaidEnd()) {
            Block out = takeOutput();
            session.end(out.address(), out.capacity());
            pass(out);
        }
        if (output == null && !saidFin) {
            saidFin = true;
            wire.shutdown();
        }
    }

    /** Sends the records just produced, and holds what the kernel does not take; says whether it took all. */
    private boolean pass(Block out) throws IOException {
        return pass(out, session.produced());
    }

    private boolean pass(Block out, int length) throws IOException {
        out.from = 0;
        out.to = length;
        boolean sent = false;
        boolean failed = true;
        try {
            sent = out.isDrained() || wire.sendAsIs(out);
            failed = false;
        } finally {
            if (sent || failed) {
                loop.blocks().give(out);
            }
        }
        if (!sent) {
            output = out;
            out.held(loop.now());
            wire.watchWriting();
        }
        return sent;
    }

    private void keep(Block in, int unused) {
        if (unused > 0) {
            in.from = in.to - unused;
            input = in;
        } else {
            input = null;
            loop.blocks().give(in);
        }
    }

    private Block takeInput() throws IOException {
        return taken(loop.blocks().take());
    }

    private Block takeOutput() throws IOException {
        return taken(loop.blocks().take());
    }

    private Block taken(@Nullable Block block) throws IOException {
        if (block == null) {
            loop.lacks(Errno.ENOMEM, "encrypt or decrypt");
            throw wire.failed("no memory for TLS records", Errno.ENOMEM);
        }
        return block;
    }

    /** Says good-bye if that is possible, and lets go of the blocks. */
    void close(boolean abrupt) {
        if (!abrupt && shaken && output == null) {
            try {
                isEnding = true;
                sayEnd();
            } catch (IOException _) {
                // Whoever is gone needs no good-bye.
            }
        }
        giveBack(input);
        giveBack(output);
        input = null;
        output = null;
    }

    private void giveBack(@Nullable Block block) {
        if (block != null) {
            loop.blocks().give(block);
        }
    }

    /** Frees the session. */
    void release() {
        session.close();
    }
}
