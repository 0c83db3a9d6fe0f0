package io.hawser.lb.net;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * What a socket is ready for: what epoll has said about it, until a system call has shown the opposite. Event loop of its
 * connection. Whose readiness it is extends it, so that it takes no object of its own.
 */
abstract class Readiness implements EpollIoHandle {
    /*
     * Why not a Netty channel: once a peer has said FIN, Netty's epoll channel reads all there is whether or not reading
     * is switched off, and an error or hang-up spins its loop while reading is off; neither can be bounded from outside.
     * It also makes several system calls a connection that a relay has no use for (getsockname twice, SO_SNDBUF,
     * TCP_NODELAY on what has inherited it, EPOLL_CTL_MOD, EPOLL_CTL_DEL before close).
     *
     * Interest is edge-triggered and set once: reading stops by not reading. An edge says that something may have
     * changed; the flags below remember it until a system call has shown the opposite.
     */
    private static final EpollIoOps READING =
            EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLRDHUP).with(EpollIoOps.EPOLLET);
    private static final EpollIoOps READING_AND_WRITING = READING.with(EpollIoOps.EPOLLOUT);
    private static final int IN = EpollIoOps.EPOLLIN.value();
    private static final int OUT = EpollIoOps.EPOLLOUT.value();
    private static final int ERR = EpollIoOps.EPOLLERR.value();
    private static final int RDHUP = EpollIoOps.EPOLLRDHUP.value();
    private static final int HUP = 0x10;

    private final TcpSocket socket;
    private @Nullable IoRegistration registration;
    private boolean watchesWriting;
    private boolean readable;
    private boolean writable = true;
    private boolean hungUp;
    private boolean broken;
    private boolean closed;

    /** Of a socket that is not watched yet. */
    Readiness(TcpSocket socket) {
        this.socket = socket;
    }

    /**
     * The socket has news.
     *
     * @param mayWrite whether it can be written to, or has been connected, or has failed
     */
    abstract void ready(boolean mayWrite);

    /** Called by Netty when the loop ends. */
    @Override
    public abstract void close();

    /** Its socket, which stays its own. */
    public TcpSocket socket() {
        return socket;
    }

    /** Has events tell what happens from now on; also that there is room to write, when asked for. */
    void watch(IoRegistration granted, boolean writing) throws IOException {
        registration = granted;
        watchesWriting = writing;
        submit(granted, writing ? READING_AND_WRITING : READING);
    }

    /** Has an event tell when there is room again. */
    void watchWriting() throws IOException {
        if (!watchesWriting && registration != null) {
            watchesWriting = true;
            submit(registration, READING_AND_WRITING);
        }
    }

    private static void submit(IoRegistration registration, EpollIoOps ops) throws IOException {
        try {
            registration.submit(ops);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        if (closed) {
            return;
        }
        int ops = ((EpollIoEvent) event).ops().value();
        readable |= (ops & (IN | RDHUP | HUP | ERR)) != 0;
        hungUp |= (ops & (RDHUP | HUP | ERR)) != 0;
        broken |= (ops & ERR) != 0;
        boolean mayWrite = (ops & (OUT | HUP | ERR)) != 0;
        writable |= mayWrite;
        ready(mayWrite);
    }

    /** Whether the socket may have something to read, or an end or an error. */
    boolean isAnnounced() {
        return readable;
    }

    /** Has the socket be read although no event has told yet that there is something, because a write found it broken. */
    void expectInput() {
        readable = true;
        hungUp = true;
    }

    /** It was read; {@code filled} when that filled the room there was. */
    void wasRead(boolean filled) {
        // tcp leaves a short read only when it has no more; but an end or an error that epoll has announced already
        // is not announced again.
        readable = filled || hungUp;
    }

    /** It had nothing to be read, or has ended. */
    void wasEmpty() {
        readable = false;
    }

    /** Whether the socket may take something. */
    boolean maySend() {
        return writable;
    }

    /** It was written to, and took all, or a part. */
    void wasWritten(boolean all) {
        writable = all;
    }

    /** Whether epoll reported an end or an error, read or not. */
    public boolean hasHungUp() {
        return hungUp;
    }

    /** Whether epoll reported an error. */
    public boolean isBroken() {
        return broken;
    }

    /** A system call has found it broken, of which an event may not have told yet. */
    void foundBroken() {
        broken = true;
    }

    /** Has no event be told any more; false when that was so already. */
    boolean ignore() {
        boolean wasWatched = !closed;
        closed = true;
        return wasWatched;
    }

    /** Ends the watching. The socket is to be closed before that, which spares an EPOLL_CTL_DEL. */
    void unwatch() {
        if (registration != null) {
            registration.cancel();
        }
    }

    @Override
    public FileDescriptor fd() {
        return socket;
    }
}
