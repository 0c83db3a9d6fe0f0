package io.hawser.lb.proxy;

import io.hawser.lb.admission.AccessControl;
import io.hawser.lb.admission.ConnectionLimit;
import io.hawser.lb.admission.Refusal;
import io.hawser.lb.balance.AffinityKey;
import io.hawser.lb.net.Errno;
import io.hawser.lb.net.TcpSocket;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One loop's listening socket of an address. Event loop, except for the methods that say otherwise.
 *
 * <p>A place under the limits is taken before each accept, so no connection is accepted only to be dropped: at a limit
 * the kernel keeps them in its backlog.
 */
final class Acceptor implements EpollIoHandle, ConnectionLimit.Waiter {
    private static final int MOST_ACCEPTS = 16;
    private static final int ADDRESS_BYTES = 25;
    private static final int IPV4_LENGTH = 8;
    private static final int IPV4_BYTES = 4;
    private static final int IPV6_BYTES = 16;

    private final Supplier<Listener> listener;
    private final IoLoop loop;
    private final TcpSocket socket;
    private final Counters counters;
    private final Runnable resuming = this::resume;
    private final byte[] address = new byte[ADDRESS_BYTES];
    private @Nullable IoRegistration registration;
    private boolean paused;
    private boolean closed;
    // One at first, so that the common case is spared the accept that finds nobody; more while more come.
    private int accepts = 1;

    /**
     * An acceptor that does not accept yet.
     *
     * @param listener whose connections it accepts at the moment
     * @param socket which listens; the acceptor's from now on
     */
    Acceptor(Supplier<Listener> listener, IoLoop loop, TcpSocket socket, Counters counters) {
        this.listener = listener;
        this.loop = loop;
        this.socket = socket;
        this.counters = counters;
    }

    /** Starts to accept. Any thread. */
    void start() {
        loop.executor().execute(() -> {
            if (closed) {
                return;
            }
            registration = loop.executor().register(this).getNow();
            watch(EpollIoOps.EPOLLIN);
        });
    }

    /** Stops listening; connections that nobody has accepted yet are reset by the kernel. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            socket.close();
        } catch (IOException _) {
            // close(2) frees the descriptor whatever it says.
        }
        if (registration != null) {
            registration.cancel();
        }
    }

    IoLoop loop() {
        return loop;
    }

    @Override
    public FileDescriptor fd() {
        return socket;
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        if (closed || paused) {
            return;
        }
        try {
            accept();
        } catch (Throwable e) {
            // Netty's loop would sleep for a second, or end, on what a handle throws.
            loop.failed(e);
        }
    }

    private void accept() {
        for (int i = 0; i < accepts; i++) {
            Listener accepting = listener.get();
            if (!takePlaces(accepting)) {
                return;
            }
            int fd;
            try {
                fd = socket.accept(address);
            } catch (IOException e) {
                giveBack(accepting);
                failed(Errno.of(e));
                return;
            }
            if (fd < 0) {
                giveBack(accepting);
                accepts = 1;
                return;
            }
            loop.shortages().accepted();
            accepting.accepted();
            open(accepting, new TcpSocket(fd));
        }
        accepts = Math.min(accepts * 2, MOST_ACCEPTS);
    }

    /** Has the connection begin, unless who it comes from may not connect. */
    private void open(Listener accepting, TcpSocket accepted) {
        // accept(2) has said who it is: the length of what follows, the address, and the scope or nothing, and the
        // port.
        int length = address[0] == IPV4_LENGTH ? IPV4_BYTES : IPV6_BYTES;
        long source = AffinityKey.ofAddress(address, 1, length);
        AccessControl guard = accepting.guard();
        boolean isHeldBack = !guard.isProxy(address, 1, length) && loop.churn().holdsBack(source, address, 1, length);
        int admission = isHeldBack ? AccessControl.TOO_FAST : guard.admit(address, 1, length, loop.exactNow());
        Refusal refusal = AccessControl.refusal(admission);
        if (refusal == null) {
            Connection connection = new Connection(loop, accepting, accepted);
            connection.admitted(admission, source);
            connection.start();
        } else {
            Outcome outcome = Outcome.of(refusal);
            accepting.refused(outcome);
            loop.churn().ended(source, outcome, false);
            loop.limit().release();
            reset(accepted);
        }
    }

    private static void reset(TcpSocket accepted) {
        try {
            accepted.setSoLinger(0);
        } catch (IOException _) {
            // It has been reset already.
        }
        try {
            accepted.close();
        } catch (IOException _) {
            // close(2) frees the descriptor whatever it says.
        }
    }

    private boolean takePlaces(Listener accepting) {
        if (loop.shortages().isLacking() || loop.isShortOfMemory()) {
            sleep();
            loop.retryLater(resuming);
            return false;
        }
        if (!loop.limit().tryAcquire()) {
            pause(loop.limit());
            return false;
        }
        if (!accepting.limit().tryAcquire()) {
            loop.limit().release();
            pause(accepting.limit());
            return false;
        }
        return true;
    }

    private void giveBack(Listener accepting) {
        accepting.limit().release();
        loop.limit().release();
    }

    /*
     * Out of descriptors: the connection stays in the backlog, and level-triggered epoll would report it for ever.
     * Anything else concerns a connection that died before it was accepted: accept(2) says to go on.
     */
    private void failed(int errno) {
        if (Errno.isExhaustion(errno)) {
            counters.pauses.increment();
            loop.onResourceShortage(errno, "accept");
            loop.shortages().acceptFailed();
            sleep();
            loop.retryLater(resuming);
        }
    }

    private void pause(ConnectionLimit full) {
        counters.pauses.increment();
        sleep();
        full.await(this);
    }

    private void sleep() {
        if (!paused) {
            paused = true;
            watch(EpollIoOps.EPOLLERR);
        }
    }

    /** Says that a limit may have room again. Any thread. */
    @Override
    public void roomAgain() {
        loop.executor().execute(resuming);
    }

    /** Accepts again. */
    private void resume() {
        if (paused && !closed) {
            paused = false;
            watch(EpollIoOps.EPOLLIN);
        }
    }

    private void watch(EpollIoOps ops) {
        if (registration != null) {
            registration.submit(ops);
        }
    }
}
