package io.hawser.lb.net;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An endpoint by itself: no connection has it, and no event loop runs. */
@Timeout(300)
class EndpointTest {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_USER_TIMEOUT = 18;

    private static final class Standstill implements Endpoint.Loop {
        final BufferPool buffers = new BufferPool(1 << 20, 0);
        final List<Endpoint> buried = new ArrayList<>();

        @Override
        public long now() {
            return 0;
        }

        @Override
        public BufferPool buffers() {
            return buffers;
        }

        @Override
        public IoRegistration register(IoHandle handle) throws IOException {
            throw new IOException("nothing is watched here");
        }

        @Override
        public void closeLater(Endpoint endpoint) {
            buried.add(endpoint);
        }

        @Override
        public void onResourceShortage(int errno, String attempted) {
            throw new AssertionError(attempted + " lacks " + errno);
        }
    }

    private final Standstill loop = new Standstill();

    @BeforeAll
    static void loadTheNativePart() {
        Epoll.ensureAvailability();
    }

    /** Connected with a peer that reads nothing by itself. */
    private void withPeer(Conversation conversation) throws IOException {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            InetSocketAddress address = (InetSocketAddress) listening.getLocalSocketAddress();
            TcpSocket socket = TcpSocket.openFor(address);
            boolean isConnected = socket.connect(address);
            try (Socket peer = listening.accept()) {
                while (!isConnected) {
                    isConnected = socket.finishConnect();
                }
                Endpoint endpoint = new Endpoint(loop, (_, _) -> {}, socket);
                conversation.hold(endpoint, peer);
                endpoint.release();
            }
        } finally {
            assertEquals(0, loop.buffers.taken(), "all blocks were given back");
            loop.buffers.close();
        }
    }

    private interface Conversation {
        void hold(Endpoint endpoint, Socket peer) throws IOException;
    }

    private void fill(Endpoint endpoint) {
        while (!endpoint.hasPending()) {
            Buffer buffer = requireNonNull(loop.buffers.take());
            buffer.to = buffer.size();
            assertTrue(endpoint.sendOrHold(buffer));
        }
    }

    @Test
    void holdsOneBlockThatTheKernelDoesNotTakeAndLetsGoOfItAtTheEnd() throws IOException {
        withPeer((endpoint, peer) -> {
            fill(endpoint);
            assertEquals(endpoint.heldBytes(), loop.buffers.taken());
            assertFalse(endpoint.flush(), "nobody has said that there is room again");

            endpoint.close(true);
            assertEquals(List.of(endpoint), loop.buried);
            endpoint.close(true);
            assertEquals(1, loop.buried.size(), "it ends once");
        });
    }

    @Test
    void anAbruptEndIsAResetOnceItIsReleased() throws IOException {
        withPeer((endpoint, peer) -> {
            endpoint.close(true);
            endpoint.release();
            assertThrows(SocketException.class, () -> peer.getInputStream().read());
        });
    }

    @Test
    void whatOnlyAConnectionThatLastsNeedsIsSetOnce() throws IOException {
        withPeer((endpoint, peer) -> {
            endpoint.tuneForLongLife();
            assertEquals(14_000, endpoint.socket().getIntOpt(IPPROTO_TCP, TCP_USER_TIMEOUT));

            SocketOptions.userTimeout(endpoint.socket(), 0);
            endpoint.tuneForLongLife();
            assertEquals(0, endpoint.socket().getIntOpt(IPPROTO_TCP, TCP_USER_TIMEOUT));
        });
    }
}
