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

/** A wire by itself: no connection has it, and no event loop runs. */
@Timeout(60)
class WireTest {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_USER_TIMEOUT = 18;

    private static final class Standstill implements Wire.Loop {
        final Blocks blocks = new Blocks(1 << 20, 0);
        final List<Wire> buried = new ArrayList<>();

        @Override
        public long now() {
            return 0;
        }

        @Override
        public Blocks blocks() {
            return blocks;
        }

        @Override
        public IoRegistration register(IoHandle handle) throws IOException {
            throw new IOException("nothing is watched here");
        }

        @Override
        public void bury(Wire wire) {
            buried.add(wire);
        }

        @Override
        public void lacks(int errno, String attempted) {
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
                Wire wire = new Wire(loop, (_, _) -> {}, socket);
                conversation.hold(wire, peer);
                wire.release();
            }
        } finally {
            assertEquals(0, loop.blocks.taken(), "all blocks were given back");
            loop.blocks.close();
        }
    }

    private interface Conversation {
        void hold(Wire wire, Socket peer) throws IOException;
    }

    private void fill(Wire wire) {
        while (!wire.hasPending()) {
            Block block = requireNonNull(loop.blocks.take());
            block.to = block.size();
            assertTrue(wire.give(block));
        }
    }

    @Test
    void holdsOneBlockThatTheKernelDoesNotTakeAndLetsGoOfItAtTheEnd() throws IOException {
        withPeer((wire, peer) -> {
            fill(wire);
            assertEquals(wire.heldBytes(), loop.blocks.taken());
            assertFalse(wire.flush(), "nobody has said that there is room again");

            wire.close(true);
            assertEquals(List.of(wire), loop.buried);
            wire.close(true);
            assertEquals(1, loop.buried.size(), "it ends once");
        });
    }

    @Test
    void anAbruptEndIsAResetOnceItIsReleased() throws IOException {
        withPeer((wire, peer) -> {
            wire.close(true);
            wire.release();
            assertThrows(SocketException.class, () -> peer.getInputStream().read());
        });
    }

    @Test
    void whatOnlyAConnectionThatLastsNeedsIsSetOnce() throws IOException {
        withPeer((wire, peer) -> {
            wire.settle();
            assertEquals(14_000, wire.socket().getIntOpt(IPPROTO_TCP, TCP_USER_TIMEOUT));

            SocketOptions.userTimeout(wire.socket(), 0);
            wire.settle();
            assertEquals(0, wire.socket().getIntOpt(IPPROTO_TCP, TCP_USER_TIMEOUT));
        });
    }
}
