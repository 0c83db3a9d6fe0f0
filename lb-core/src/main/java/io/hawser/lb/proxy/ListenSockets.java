package io.hawser.lb.proxy;

import io.hawser.lb.net.Errno;
import io.hawser.lb.net.SocketOptions;
import io.hawser.lb.net.TcpSocket;
import io.hawser.sysctl.net.AddressText;
import io.netty.channel.ChannelException;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An address that is listened on, with one socket for each loop; the kernel spreads connections over them, and each stays
 * on the loop that accepted it. Control threads, one at a time; {@link #listener()} any thread.
 */
final class ListenSockets {
    private static final int BACKLOG = 4096;
    private static final long CLOSE_SECONDS = 2;

    private final InetSocketAddress address;
    private final List<Acceptor> acceptors = new ArrayList<>();
    private volatile Listener listener;

    private ListenSockets(InetSocketAddress address, Listener listener) {
        this.address = address;
        this.listener = listener;
    }

    /**
     * Listens on the address, without accepting yet.
     *
     * @param wanted the address; port 0 for any
     * @param exclusive whether to make sure first that nobody else has the port
     * @throws BindException with an errno when it cannot be had; nothing is left open
     */
    static ListenSockets open(
            InetSocketAddress wanted, Listener listener, List<IoLoop> loops, Counters counters, boolean exclusive)
            throws BindException {
        List<TcpSocket> sockets = new ArrayList<>();
        try {
            /*
             * The loops share the port with SO_REUSEPORT, and the kernel shares it with any other process of the same
             * user that asks for it alike. HAProxy does: both would get a part of the connections, silently. A socket
             * that does not want to share is refused in that case, so one is tried first.
             */
            if (exclusive && wanted.getPort() != 0) {
                listen(wanted, false).close();
            }
            InetSocketAddress address = wanted;
            for (int i = 0; i < loops.size(); i++) {
                TcpSocket socket = listen(address, true);
                sockets.add(socket);
                address = socket.localAddress();
            }
            ListenSockets binding = new ListenSockets(address, listener);
            for (int i = 0; i < loops.size(); i++) {
                binding.acceptors.add(new Acceptor(binding::listener, loops.get(i), sockets.get(i), counters));
            }
            return binding;
        } catch (IOException | ChannelException e) {
            sockets.forEach(ListenSockets::closeQuietly);
            throw new BindException(Errno.of(e), e);
        }
    }

    private static TcpSocket listen(InetSocketAddress address, boolean shared) throws IOException {
        TcpSocket socket = TcpSocket.openFor(address);
        try {
            SocketOptions.beforeBind(socket, TcpSocket.isIpv6(address), shared);
            SocketOptions.inherited(socket);
            socket.bind(address);
            socket.listen(BACKLOG);
            return socket;
        } catch (IOException e) {
            closeQuietly(socket);
            throw e;
        }
    }

    private static void closeQuietly(TcpSocket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // close(2) frees the descriptor whatever it says.
        }
    }

    /** Starts to accept. */
    void start() {
        acceptors.forEach(Acceptor::start);
    }

    /** Stops listening; returns when the port is free, or a loop did not answer in time. Not on an event loop. */
    void close() {
        List<Future<?>> closing = new ArrayList<>();
        for (Acceptor acceptor : acceptors) {
            closing.add(acceptor.loop().executor().submit(acceptor::close));
        }
        for (Future<?> each : closing) {
            each.awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** The address, with the port that the kernel chose if it was asked to. */
    InetSocketAddress address() {
        return address;
    }

    /** Whose connections it accepts. */
    Listener listener() {
        return listener;
    }

    /** Gives the address, without a gap, to another listener. */
    void listener(Listener next) {
        listener = next;
        // Who waited for room under the old one's limit may have it under the new one's.
        acceptors.forEach(Acceptor::roomAgain);
    }

    /** An address cannot be listened on. */
    static final class BindException extends Exception {
        private static final long serialVersionUID = 1L;
        private final int errno;

        BindException(int errno, Exception cause) {
            super(cause);
            this.errno = errno;
        }

        int errno() {
            return errno;
        }

        /** What happened and what to do, for the operator. */
        String explain(String listener, InetSocketAddress address) {
            String what = "listener \"" + listener + "\": cannot listen on " + AddressText.of(address) + ": ";
            return what
                    + switch (errno) {
                        case Errno.EADDRINUSE ->
                            "another process listens there already (\"ss -ltnp sport = :" + address.getPort()
                                    + "\" names it); stop it, or give one of the two another port or its own address";
                        case Errno.EACCES ->
                            "no permission to use a port below 1024; run with CAP_NET_BIND_SERVICE, or lower"
                                    + " net.ipv4.ip_unprivileged_port_start, or use a higher port";
                        case Errno.EADDRNOTAVAIL ->
                            "this host does not have the address and the kernel does not let it be used in advance;"
                                    + " write an address of this host, a virtual one, or 0.0.0.0";
                        case Errno.EMFILE, Errno.ENFILE ->
                            "no file descriptor left; raise the limit of open files (LimitNOFILE)";
                        default -> String.valueOf(getCause());
                    };
        }
    }
}
