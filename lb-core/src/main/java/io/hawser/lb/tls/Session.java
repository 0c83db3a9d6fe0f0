package io.hawser.lb.tls;

import io.hawser.sysctl.net.HostName;
import io.netty.internal.tcnative.SSL;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One side of one TLS connection, without its socket: turns plain bytes into records and back, in native memory that the
 * caller owns. One thread at a time; after {@link #close} no more calls.
 *
 * <p>Bytes that come are offered with {@link #offer} and stay offered over the calls that use them up; the memory must be
 * withdrawn with {@link #withdraw} before it is used for anything else.
 */
public final class Session implements AutoCloseable {
    /*
     * The library is used without Netty's SSLEngine: that copies through ByteBuffer arrays, keeps a state machine of the
     * JDK's and allocates for each call and handshake what a relay has no use for. The price is that the memory rules of
     * the library's BIO are ours to keep: before records are written, what it has written by itself meanwhile (alerts,
     * key updates, parts of a handshake) is taken out completely, into a buffer that holds all of it; a part of it left
     * inside, followed by more, would overrun the BIO's own buffer.
     */

    /** How a step of the handshake ended. */
    public enum Step {
        /** It is complete. */
        DONE,
        /** It needs more bytes from the other side. */
        WANTS_INPUT,
        /** It has more to say than fitted. */
        WANTS_OUTPUT,
        /** It has failed; an alert may have been written. */
        FAILED
    }

    /** What {@link #read} returns when it needs more bytes from the other side. */
    public static final int WANTS_INPUT = 0;

    /** What {@link #read} returns when the other side has said that it sends no more. */
    public static final int ENDED = -1;

    /** What {@link #read} and {@link #write} return when the session is broken. */
    public static final int FAILED = -2;

    /** Plain bytes in a full record. */
    public static final int RECORD_BYTES = 16 << 10;

    /** More than a record adds to its plain bytes with any cipher that is spoken here (29 with AES-GCM of TLS 1.2). */
    public static final int RECORD_OVERHEAD = 64;

    /** The least memory that {@link #handshake}, {@link #drain} and {@link #end} may be given. */
    public static final int LEAST_OUTPUT = 1 << 10;

    private static final int OWN_OUTPUT_BYTES = 512;
    private static final AtomicLong LIVE = new AtomicLong();

    private static final int HANDSHAKE_FAILURE = 40; // RFC 5246 7.2
    private static final int INTERNAL_ERROR = 80;

    private final Context context;
    private final boolean server;
    private final long ssl;
    private final long bio;
    private @Nullable HandshakeFailure failure;
    private int produced;
    private int inUnused;
    private int unfinished;
    private int unsaidAlert;
    private boolean saidEnd;
    private boolean closed;

    /** Opens one in a context that was retained for it. */
    Session(Context context, boolean server) {
        this.context = context;
        this.server = server;
        ssl = SSL.newSSL(context.address(), server);
        bio = SSL.bioNewByteBuffer(ssl, OWN_OUTPUT_BYTES);
        LIVE.incrementAndGet();
    }

    long address() {
        return ssl;
    }

    /** Has the next calls take records from this memory. */
    public void offer(long address, int length) {
        SSL.bioSetByteBuffer(bio, address, length, false);
    }

    /** Bytes offered that no call has used up. */
    public int unused() {
        return SSL.bioLengthByteBuffer(bio);
    }

    /** Forgets the memory that was offered. */
    public void withdraw() {
        SSL.bioClearByteBuffer(bio);
    }

    /**
     * Goes on with the handshake, with the bytes offered. Withdraws them; {@code inUnused} tells how many are left.
     *
     * @param in where the other side's bytes are
     * @param inLength how many there are; may be 0
     * @param out where to write what goes to the other side
     * @param outCapacity room there, at least {@value #LEAST_OUTPUT}
     */
    public Step handshake(long in, int inLength, long out, int outCapacity) {
        int unused = 0;
        Step step;
        if (inLength > 0) {
            offer(in, inLength);
            step = shake();
            unused = unused();
        } else {
            withdraw();
            step = shake();
        }
        inUnused = unused;
        SSL.bioSetByteBuffer(bio, out, outCapacity, true);
        SSL.bioFlushByteBuffer(bio);
        if (step == Step.WANTS_OUTPUT) {
            step = shake();
            if (step == Step.WANTS_INPUT && unused > 0) {
                // It has not seen them yet.
                step = Step.WANTS_OUTPUT;
            }
        }
        produced = outCapacity - SSL.bioLengthByteBuffer(bio);
        withdraw();
        if (produced > 0) {
            unsaidAlert = 0;
        }
        if (step == Step.DONE && server && isStale()) {
            failure = HandshakeFailure.EXPIRED_CERTIFICATE;
            return Step.FAILED;
        }
        return step;
    }

    /** Bytes at the end of what {@link #handshake} was given that it has not used: they come first the next time. */
    public int inUnused() {
        return inUnused;
    }

    /** Bytes that the last {@link #handshake}, {@link #write}, {@link #drain} or {@link #end} has written. */
    public int produced() {
        return produced;
    }

    private Step shake() {
        int result = SSL.doHandshake(ssl);
        int error = result == 1 ? SSL.SSL_ERROR_NONE : SSL.getError(ssl, result);
        // Contexts with a signer of their own leave calls to be made here: signatures and the judging of certificates.
        while (result != 1 && isTask(error)) {
            Runnable task = SSL.getTask(ssl);
            if (task == null) {
                break;
            }
            task.run();
            result = SSL.doHandshake(ssl);
            error = result == 1 ? SSL.SSL_ERROR_NONE : SSL.getError(ssl, result);
        }
        if (result == 1) {
            return Step.DONE;
        }
        if (error == SSL.SSL_ERROR_WANT_READ) {
            return Step.WANTS_INPUT;
        }
        if (error == SSL.SSL_ERROR_WANT_WRITE) {
            return Step.WANTS_OUTPUT;
        }
        failure = reason();
        return Step.FAILED;
    }

    private static boolean isTask(int error) {
        return error == SSL.SSL_ERROR_WANT_PRIVATE_KEY_OPERATION
                || error == SSL.SSL_ERROR_WANT_CERTIFICATE_VERIFY
                || error == SSL.SSL_ERROR_WANT_X509_LOOKUP;
    }

    private HandshakeFailure reason() {
        HandshakeFailure refused = Refusal.take();
        long number = SSL.getLastErrorNumber() & 0xFFFF_FFFFL;
        SSL.clearError();
        if (refused != null) {
            unsaidAlert = switch (refused) {
                case CIPHER -> HANDSHAKE_FAILURE;
                case SIGNATURE -> INTERNAL_ERROR;
                default -> 0;
            };
            return refused;
        }
        String text = SSL.getErrorString(number);
        return HandshakeFailure.of(text.substring(text.lastIndexOf(':') + 1));
    }

    // A session that is resumed brings its certificate along unchecked, and that may have ended meanwhile.
    private boolean isStale() {
        if (!SSL.isSessionReused(ssl)) {
            return false;
        }
        byte[] peer = SSL.getPeerCertificate(ssl);
        return peer != null && !Trust.isCurrent(peer, Instant.now());
    }

    /** Why the handshake failed; null when it has not. */
    public @Nullable HandshakeFailure failure() {
        return failure;
    }

    /**
     * The alert that a failed handshake has to be followed by and that the library has not sent, as it sends none where a signer
     * refuses; 0 for none. It is sent in the clear: in TLS 1.3 too, what tells the client of keys waits for the signature, and goes
     * out with it or not at all.
     */
    public int unsaidAlert() {
        return unsaidAlert;
    }

    /**
     * Decrypts bytes offered; at most one record for each call.
     *
     * @return plain bytes written; or {@link #WANTS_INPUT}, {@link #ENDED}, {@link #FAILED}
     */
    public int read(long address, int capacity) {
        int read = SSL.readFromSSL(ssl, address, capacity);
        if (read > 0) {
            return read;
        }
        int error = SSL.getError(ssl, read);
        if (error == SSL.SSL_ERROR_WANT_READ || error == SSL.SSL_ERROR_WANT_WRITE) {
            return WANTS_INPUT;
        }
        if (error == SSL.SSL_ERROR_ZERO_RETURN) {
            return ENDED;
        }
        SSL.clearError();
        return FAILED;
    }

    /**
     * Encrypts as much as there is room for. Withdraws what is offered. What was not taken must come first the next time.
     *
     * @param outCapacity room for records, at least {@link #LEAST_OUTPUT}
     * @return plain bytes taken, also 0 when what the session had to say itself needed all the room; or {@link #FAILED}
     */
    public int write(long plain, int length, long out, int outCapacity) {
        SSL.bioSetByteBuffer(bio, out, outCapacity, true);
        int room = outCapacity - SSL.bioFlushByteBuffer(bio);
        int taken = 0;
        while (taken < length) {
            // A record that did not fit, because tickets went before it, must be asked for again as it was.
            int chunk = unfinished > 0
                    ? unfinished
                    : Math.min(Math.min(length - taken, RECORD_BYTES), room - RECORD_OVERHEAD);
            if (chunk <= 0) {
                break;
            }
            int wrote = SSL.writeToSSL(ssl, plain + taken, chunk);
            if (wrote <= 0) {
                if (SSL.getError(ssl, wrote) == SSL.SSL_ERROR_WANT_WRITE) {
                    unfinished = chunk;
                } else {
                    SSL.clearError();
                    taken = FAILED;
                }
                break;
            }
            unfinished = 0;
            taken += wrote;
            room = SSL.bioLengthByteBuffer(bio);
        }
        produced = outCapacity - SSL.bioLengthByteBuffer(bio);
        withdraw();
        return taken;
    }

    /** Whether the session has something to say by itself, such as an alert. */
    public boolean hasOutput() {
        return SSL.bioLengthNonApplication(bio) > 0;
    }

    /** Writes what the session has to say by itself; see {@link #produced}. Withdraws what is offered. */
    public void drain(long out, int outCapacity) {
        SSL.bioSetByteBuffer(bio, out, outCapacity, true);
        SSL.bioFlushByteBuffer(bio);
        produced = outCapacity - SSL.bioLengthByteBuffer(bio);
        withdraw();
    }

    /** Writes that no more will come (close_notify), once; reading goes on. Withdraws what is offered. */
    public void end(long out, int outCapacity) {
        SSL.bioSetByteBuffer(bio, out, outCapacity, true);
        SSL.bioFlushByteBuffer(bio);
        if (!saidEnd) {
            saidEnd = true;
            SSL.shutdownSSL(ssl);
            SSL.clearError();
        }
        produced = outCapacity - SSL.bioLengthByteBuffer(bio);
        withdraw();
    }

    /** Whether {@link #end} was called. */
    public boolean hasSaidEnd() {
        return saidEnd;
    }

    /** Whether an earlier session is gone on with. */
    public boolean isResumed() {
        return SSL.isSessionReused(ssl);
    }

    /** The application protocol agreed on; null for none. */
    public @Nullable String alpn() {
        return SSL.getAlpnSelected(ssl);
    }

    /** The server that the client has asked for, in lower case and without a dot at its end; null when it named none. */
    public @Nullable String serverName() {
        String name = SSL.getSniHostname(ssl);
        return name == null ? null : HostName.canonical(name);
    }

    /** All that the handshake has agreed on; once it is done. */
    public SessionInfo info() {
        byte[] peer = SSL.getPeerCertificate(ssl);
        return new SessionInfo(
                SSL.getVersion(ssl),
                SSL.getCipherForSSL(ssl),
                alpn(),
                serverName(),
                isResumed(),
                peer == null ? null : new PeerCertificate(peer));
    }

    /** Frees it. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            // With its BIO, which it owns.
            SSL.freeSSL(ssl);
            context.release();
            LIVE.decrementAndGet();
        }
    }

    /** Sessions that have not been closed, in the whole process. */
    public static long live() {
        return LIVE.get();
    }
}
