package io.hawser.lb.net;

import io.hawser.lb.tls.HandshakeFailure;
import io.hawser.lb.tls.Session;
import io.hawser.lb.tls.SignatureWatch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * TLS on a {@link Endpoint}: between its socket, which carries records, and its connection, which deals with plain bytes.
 * Event loop of its connection.
 *
 * <p>While both sides keep up nothing is held between calls: records are read into one buffer of the loop, decrypted into
 * the caller's, and the other way round. Held are at most one buffer of records that came and did not fit, and one of
 * records that the kernel did not take.
 */
public final class TlsLayer {
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

    private final Endpoint endpoint;
    private final Endpoint.Loop loop;
    private final Session session;
    private @Nullable Buffer input;
    private @Nullable Buffer output;
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
     * @param already what was read of the other side's records; the endpoint's from now on; null for nothing
     */
    TlsLayer(Endpoint endpoint, Endpoint.Loop loop, Session session, boolean server, @Nullable Buffer already) {
        this.endpoint = endpoint;
        this.loop = loop;
        this.session = session;
        this.wantsInput = server;
        this.signatures = server ? new SignatureWatch() : null;
        this.input = already;
    }

    /** The session, which stays the endpoint's. */
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
        if (!endpoint.mayReceive()) {
            return false;
        }
        // Not kept while a client is slow: the session takes in what has come, up to a record.
        Buffer buffer = loop.buffers().takeSmallAnyway();
        if (buffer == null) {
            failure = HandshakeFailure.NO_MEMORY;
            return false;
        }
        int read = 0;
        try {
            read = endpoint.receiveAsIs(buffer, buffer.size());
        } finally {
            if (read <= 0) {
                loop.buffers().release(buffer);
            }
        }
        if (read < 0) {
            failure = HandshakeFailure.CLOSED;
        } else if (read > 0) {
            input = buffer;
        }
        return read > 0;
    }

    private Session.Step step() throws IOException {
        Buffer in = input;
        Buffer out = takeOutput();
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
    private void alert(Buffer out, int description) throws IOException {
        out.memory().put(0, new byte[] {21, 3, 3, 0, 2, 2, (byte) description});
        isRefused = true;
        pass(out, 7);
    }

    /** Whether one side has ended the session with an alert, which a reset could overtake. */
    boolean isRefused() {
        return isRefused;
    }

    /** The same contract as {@link Endpoint#receive}, for plain bytes. */
    int receive(Buffer buffer) throws IOException {
        if (inputEnded) {
            return -1;
        }
        int before = buffer.to;
        Buffer in = input;
        input = null;
        if (in != null) {
            session.offer(in.address() + in.from, in.to - in.from);
        }
        int state;
        try {
            state = open(buffer);
            while (state == Session.WANTS_INPUT && buffer.to == before && endpoint.mayReceive()) {
                if (in == null) {
                    in = takeInput();
                }
                in.from = 0;
                in.to = 0;
                int read = endpoint.receiveAsIs(in, roomFor(in, buffer));
                if (read < 0) {
                    // RFC 8446 6.1: without close_notify nobody knows whether that was all.
                    throw endpoint.failed("the connection ended in the middle of a TLS session", Errno.ECONNRESET);
                }
                if (read == 0) {
                    break;
                }
                session.offer(in.address(), read);
                state = open(buffer);
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
        if (buffer.to > before) {
            // An end or a failure behind these bytes is found again by the next call.
            mayHoldMore |= state != Session.WANTS_INPUT;
            return buffer.to - before;
        }
        if (state == Session.FAILED) {
            isRefused = true;
            throw endpoint.failed("a TLS record is invalid", Errno.ECONNRESET);
        }
        inputEnded = state == Session.ENDED;
        return inputEnded ? -1 : 0;
    }

    // Plain bytes of the records, and of the one that is inside the session already, must fit.
    private static int roomFor(Buffer in, Buffer buffer) {
        return Math.min(in.size(), Math.max(BufferPool.SMALL, buffer.size() - buffer.to - Session.RECORD_BYTES));
    }

    private int open(Buffer buffer) {
        while (buffer.to < buffer.size()) {
            int read = session.read(buffer.address() + buffer.to, buffer.size() - buffer.to);
            if (read <= 0) {
                return read;
            }
            buffer.to += read;
            if (buffer.to < buffer.size() && session.unused() == 0) {
                return Session.WANTS_INPUT;
            }
        }
        return FULL;
    }

    private void speakForItself() throws IOException {
        if (output == null && session.hasOutput()) {
            Buffer out = takeOutput();
            session.drain(out.address(), out.capacity());
            pass(out);
        }
    }

    /** Whether there may be something to read without a byte from the socket. */
    boolean holdsInput() {
        return !inputEnded && (mayHoldMore || input != null);
    }

    /** The same contract as {@link Endpoint#send}; nothing may be held. */
    boolean send(Buffer buffer) throws IOException {
        while (!buffer.isDrained()) {
            Buffer out = takeOutput();
            int taken = session.write(
                    buffer.address() + buffer.from, buffer.to - buffer.from, out.address(), out.capacity());
            if (taken < 0) {
                loop.buffers().release(out);
                throw endpoint.failed("the TLS session is broken", Errno.EPIPE);
            }
            buffer.from += taken;
            if (!pass(out)) {
                return false;
            }
        }
        return true;
    }

    /** Output that the kernel did not take; null for none. */
    @Nullable
    Buffer output() {
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
        Buffer out = output;
        if (out != null) {
            if (!endpoint.maySend() || !endpoint.sendAsIs(out)) {
                return false;
            }
            output = null;
            loop.buffers().release(out);
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
            Buffer out = takeOutput();
            session.end(out.address(), out.capacity());
            pass(out);
        }
        if (output == null && !saidFin) {
            saidFin = true;
            endpoint.shutdown();
        }
    }

    /** Sends the records just produced, and holds what the kernel does not take; says whether it took all. */
    private boolean pass(Buffer out) throws IOException {
        return pass(out, session.produced());
    }

    private boolean pass(Buffer out, int length) throws IOException {
        out.from = 0;
        out.to = length;
        boolean sent = false;
        boolean failed = true;
        try {
            sent = out.isDrained() || endpoint.sendAsIs(out);
            failed = false;
        } finally {
            if (sent || failed) {
                loop.buffers().release(out);
            }
        }
        if (!sent) {
            output = out;
            out.held(loop.now());
            endpoint.watchWriting();
        }
        return sent;
    }

    private void keep(Buffer in, int unused) {
        if (unused > 0) {
            in.from = in.to - unused;
            input = in;
        } else {
            input = null;
            loop.buffers().release(in);
        }
    }

    private Buffer takeInput() throws IOException {
        return taken(loop.buffers().take());
    }

    private Buffer takeOutput() throws IOException {
        return taken(loop.buffers().take());
    }

    private Buffer taken(@Nullable Buffer buffer) throws IOException {
        if (buffer == null) {
            loop.onResourceShortage(Errno.ENOMEM, "encrypt or decrypt");
            throw endpoint.failed("no memory for TLS records", Errno.ENOMEM);
        }
        return buffer;
    }

    /** Says good-bye if that is possible, and lets go of the buffers. */
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

    private void giveBack(@Nullable Buffer buffer) {
        if (buffer != null) {
            loop.buffers().release(buffer);
        }
    }

    /** Frees the session. */
    void release() {
        session.close();
    }
}
