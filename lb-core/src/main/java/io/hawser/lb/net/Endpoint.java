package io.hawser.lb.net;

import io.hawser.lb.tls.Session;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import org.jspecify.annotations.Nullable;

/**
 * One side of a connection: a socket, what it is {@link Readiness ready} for, and the bytes that wait to be sent on it. Event
 * loop of its connection.
 */
public final class Endpoint extends Readiness {

    /** Whose endpoint it is. Event loop of its connection. */
    public interface Owner {
        /**
         * The socket has news; it must not throw.
         *
         * @param endpoint whose socket
         * @param writable whether it can be written to, or has been connected, or has failed
         */
        void ready(Endpoint endpoint, boolean writable);
    }

    /** What an endpoint needs of the event loop that it belongs to, and calls on its thread only. */
    public interface Loop {
        /** Monotonic time in nanoseconds, up to 0.1 s old, and free. */
        long now();

        /** Its buffers. */
        BufferPool buffers();

        /**
         * Has a handle receive its events from now on.
         *
         * @throws IOException when the kernel does not watch it
         */
        IoRegistration register(IoHandle handle) throws IOException;

        /** {@link Endpoint#release Releases} the endpoint when this round of events is over. */
        void closeLater(Endpoint endpoint);

        /**
         * Counts that this host lacks something, and says so now and then.
         *
         * @param errno what it lacks, of {@link Errno}
         * @param attempted what for
         */
        void onResourceShortage(int errno, String attempted);
    }

    private static final long DELIVERY_CHECK_NANOS = 4_000_000_000L;

    private final Loop loop;
    private final Owner owner;
    private @Nullable Buffer pending;
    private @Nullable TlsLayer records;
    private boolean inputEnded;
    // With an int an endpoint would take 8 bytes more, and a connection has two of them for hours.
    private short errno;

    private long received;
    private boolean undelivered;
    private boolean patient;
    private boolean settled;
    private long deliveryCheckedAt;

    /**
     * A side that is not registered yet.
     *
     * @param socket the endpoint's from now on, which closes it
     */
    public Endpoint(Loop loop, Owner owner, TcpSocket socket) {
        super(socket);
        this.loop = loop;
        this.owner = owner;
        this.deliveryCheckedAt = loop.now();
    }

    /** Starts to receive events; also of becoming writable, or connected, when asked for. */
    public void register(boolean writing) throws IOException {
        watch(loop.register(this), writing);
    }

    @Override
    void ready(boolean mayWrite) {
        owner.ready(this, mayWrite);
    }

    /**
     * Has TLS begin with the next byte either way.
     *
     * @param server whether the peer speaks first
     * @param already what has been received of its records; the endpoint's from now on; null for nothing
     */
    public TlsLayer secure(Session session, boolean server, @Nullable Buffer already) {
        if (already != null) {
            received -= already.to - already.from;
        }
        TlsLayer begun = new TlsLayer(this, loop, session, server, already);
        records = begun;
        return begun;
    }

    /** What carries its bytes in TLS; null while none does. */
    public @Nullable TlsLayer tls() {
        return records;
    }

    /** Whether TLS was ended with an alert, so that the socket is to end with a FIN and not with a reset. */
    public boolean isRefused() {
        return records != null && records.isRefused();
    }

    /** Bytes that have come in; with TLS, those that were in it. */
    public long received() {
        return received;
    }

    /** Whether there may be something to read. */
    public boolean isReadable() {
        return (isAnnounced() || (records != null && records.holdsInput())) && !inputEnded;
    }

    /** Whether the socket may have something to read. */
    boolean mayReceive() {
        return isAnnounced() && !inputEnded;
    }

    /** Whether the peer has said, and we have read, that it sends no more. */
    public boolean hasInputEnded() {
        return inputEnded;
    }

    /** Whether something waits to be sent, as the kernel did not take all. */
    public boolean hasPending() {
        return pending != null || (records != null && records.holdsOutput());
    }

    /** The buffer of which the kernel did not take all, as the peer does not read; null when none is held. */
    public @Nullable Buffer waiting() {
        Buffer inTls = records == null ? null : records.output();
        return inTls == null ? pending : inTls;
    }

    /** Bytes of memory that it holds. */
    public long heldBytes() {
        long bytes = pending == null ? 0 : pending.capacity();
        return records == null ? bytes : bytes + records.heldBytes();
    }

    /**
     * Asks the kernel whether the peer has read anything since the last look; to be called about once a second.
     *
     * @param now monotonic time in nanoseconds
     */
    public void watchReader(long now) {
        Buffer buffer = waiting();
        if (buffer != null) {
            try {
                buffer.acknowledged(socket().acknowledged(), now);
            } catch (IOException e) {
                foundBroken();
            }
        }
    }

    /** Whether it failed because the peer stopped answering, and not because the peer ended it. */
    public boolean isLost() {
        int why = errno();
        return why == Errno.ETIMEDOUT || why == Errno.EHOSTUNREACH || why == Errno.ENETUNREACH;
    }

    private int errno() {
        if (errno == Errno.UNKNOWN && isBroken()) {
            try {
                errno = (short) socket().getSoError();
            } catch (IOException e) {
                errno = (short) Errno.of(e);
            }
        }
        return errno;
    }

    /**
     * Reads behind what the buffer holds; there must be room.
     *
     * @return bytes read; 0 when there is nothing now; -1 at the end, after which it must not be called
     */
    public int receive(Buffer buffer) throws IOException {
        TlsLayer tls = records;
        int read = tls == null ? receiveAsIs(buffer, buffer.size()) : tls.receive(buffer);
        if (read > 0) {
            received += read;
        } else {
            inputEnded |= read < 0;
        }
        return read;
    }

    /** The same without TLS and uncounted; {@code limit} is where in the buffer reading stops. */
    int receiveAsIs(Buffer buffer, int limit) throws IOException {
        int read;
        try {
            read = socket().recvAddress(buffer.address(), buffer.to, limit);
        } catch (IOException | NotYetConnectedException e) {
            throw failed(e);
        }
        if (read > 0) {
            int room = limit - buffer.to;
            buffer.to += read;
            wasRead(read == room);
        } else {
            wasEmpty();
        }
        return read;
    }

    /** Sends what the buffer holds, or as much as the kernel takes; says whether that was all. */
    public boolean send(Buffer buffer) throws IOException {
        return records == null ? sendAsIs(buffer) : records.send(buffer);
    }

    /** The same without TLS. */
    boolean sendAsIs(Buffer buffer) throws IOException {
        try {
            int sent = socket().sendAddress(buffer.address(), buffer.from, buffer.to);
            buffer.from += sent;
            if (sent > 0 && !buffer.isDrained()) {
                buffer.moved(loop.now());
            }
        } catch (IOException | NotYetConnectedException e) {
            throw failed(e);
        }
        undelivered = true;
        boolean all = buffer.isDrained();
        wasWritten(all);
        return all;
    }

    /** Keeps a buffer whose rest the kernel did not take, until there is room again. */
    void hold(Buffer buffer) throws IOException {
        pending = buffer;
        buffer.held(loop.now());
        watchWriting();
    }

    /**
     * Sends a buffer that is not the caller's any more, and holds what the kernel doesn't take. Nothing may be held already.
     *
     * @return false if the peer is gone
     */
    public boolean sendOrHold(Buffer buffer) {
        try {
            if (send(buffer)) {
                loop.buffers().release(buffer);
            } else {
                hold(buffer);
            }
            return true;
        } catch (IOException _) {
            if (pending != buffer) {
                loop.buffers().release(buffer);
            }
            return false;
        }
    }

    /** Sends what was held; says whether nothing is held any more. */
    public boolean flush() throws IOException {
        if (records != null && !records.flush()) {
            return false;
        }
        Buffer buffer = pending;
        if (buffer == null) {
            return true;
        }
        if (!maySend() || !send(buffer)) {
            return false;
        }
        pending = null;
        loop.buffers().release(buffer);
        return true;
    }

    /** Tells the peer that no more will come. */
    public void endOutput() throws IOException {
        if (records == null) {
            shutdown();
        } else {
            records.end();
        }
    }

    /** The same without TLS. */
    void shutdown() throws IOException {
        try {
            socket().shutdown(false, true);
        } catch (IOException | NotYetConnectedException e) {
            throw failed(e);
        }
    }

    /** Sets what only a connection that lasts needs, once. */
    public void tuneForLongLife() {
        if (settled) {
            return;
        }
        settled = true;
        try {
            SocketOptions.longLived(socket());
        } catch (IOException e) {
            // Only a socket that is broken refuses them, and its event is on the way.
            foundBroken();
        }
    }

    /*
     * TCP_USER_TIMEOUT also ends a connection whose peer is alive but does not read (tcp_probe_timer of Linux): 14 s of
     * "kubectl logs | less" would be its end. So while the peer answers window probes the time-out is lifted; when it
     * stops answering them it is put back.
     */
    /**
     * Looks after data the peer has not acknowledged; to be called about once a second.
     *
     * @param now monotonic time in nanoseconds
     */
    public void watchDelivery(long now) {
        if (!undelivered || now - deliveryCheckedAt < DELIVERY_CHECK_NANOS) {
            return;
        }
        deliveryCheckedAt = now;
        try {
            TcpSocket.Delivery delivery = socket().delivery();
            undelivered = delivery != TcpSocket.Delivery.DONE;
            boolean wantsPatience = delivery == TcpSocket.Delivery.PEER_FULL;
            if (wantsPatience != patient) {
                patient = wantsPatience;
                SocketOptions.userTimeout(socket(), patient ? 0 : SocketOptions.USER_TIMEOUT_MILLIS);
            }
        } catch (IOException e) {
            foundBroken();
        }
    }

    /** Whether the peer has acknowledged all that was sent, or never will; a system call while it is not known. */
    public boolean isDelivered() {
        if (undelivered) {
            try {
                undelivered = socket().delivery() != TcpSocket.Delivery.DONE;
            } catch (IOException e) {
                foundBroken();
                return true;
            }
        }
        return !undelivered;
    }

    /** Closes the socket at the end of this round of events, with a reset when it is abrupt. */
    public void close(boolean abrupt) {
        if (!ignore()) {
            return;
        }
        Buffer buffer = pending;
        if (buffer != null) {
            pending = null;
            loop.buffers().release(buffer);
        }
        if (records != null) {
            records.close(abrupt || buffer != null);
        }
        if (abrupt) {
            try {
                socket().setSoLinger(0);
            } catch (IOException _) {
                // It has been reset already.
            }
        }
        loop.closeLater(this);
    }

    /** Gives the descriptor back. The registration goes second, which spares an EPOLL_CTL_DEL. */
    public void release() {
        if (records != null) {
            records.release();
        }
        try {
            socket().close();
        } catch (IOException _) {
            // close(2) frees the descriptor whatever it says.
        }
        unwatch();
    }

    /** Called by Netty when the loop ends. */
    @Override
    public void close() {
        ignore();
        release();
    }

    /** Notes a failure that is not the socket's. */
    IOException failed(String what, int number) {
        errno = (short) number;
        return new IOException(what);
    }

    private IOException failed(Exception cause) {
        if (cause instanceof IOException failure) {
            errno = (short) Errno.of(failure);
            return failure;
        }
        // ENOTCONN: it was reset, and the error has been fetched before.
        errno = Errno.ECONNRESET;
        return new IOException("socket is no longer connected", cause);
    }
}
