package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NotifySocketTest {
    /** What a service manager has: a bound datagram socket. */
    private static final class Receiver implements AutoCloseable {
        private final Descriptor descriptor = Descriptor.of(Libc.socket(1, 2 | 0x800, 0), "socket", "");
        private final Libc.Message incoming = new Libc.Message(110, 4096, 0);

        Receiver(String address) {
            byte[] name = address.getBytes(StandardCharsets.UTF_8);
            NativeBuffer bound = new NativeBuffer(110);
            bound.bytes().putShort(0, (short) 1).put(2, name);
            boolean isAbstract = name[0] == '@';
            if (isAbstract) {
                bound.bytes().put(2, (byte) 0);
            }
            Libc.check(Libc.bind(descriptor.fd(), bound, 2 + name.length + (isAbstract ? 0 : 1)), "bind", "");
        }

        String next() {
            int n = (int) Libc.check(Libc.recvmsg(descriptor.fd(), incoming, 0), "recvmsg", "");
            byte[] bytes = new byte[n];
            incoming.data().get(0, bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }

        @Override
        public void close() {
            descriptor.close();
        }
    }

    @Test
    void sendsStatesToAPath(@TempDir Path directory) {
        String address = directory.resolve("notify").toString();
        try (Receiver receiver = new Receiver(address);
                NotifySocket socket = NotifySocket.to(address)) {
            socket.send("READY=1\nSTATUS=für alle");
            socket.send("WATCHDOG=1");

            assertEquals("READY=1\nSTATUS=für alle", receiver.next());
            assertEquals("WATCHDOG=1", receiver.next());
        }
    }

    @Test
    void sendsStatesToAnAbstractName() {
        String address = "@hawser-test-" + ProcessHandle.current().pid();
        try (Receiver receiver = new Receiver(address);
                NotifySocket socket = NotifySocket.to(address)) {
            socket.send("STOPPING=1");

            assertEquals("STOPPING=1", receiver.next());
        }
    }

    @Test
    void saysWhenNobodyIsThere(@TempDir Path directory) {
        try (NotifySocket socket = NotifySocket.to(directory.resolve("nobody").toString())) {
            assertEquals(
                    Errno.ENOENT,
                    assertThrows(ErrnoException.class, () -> socket.send("READY=1"))
                            .errno());
        }
    }

    @Test
    void aServiceManagerThatDoesNotReadCostsNoWaiting(@TempDir Path directory) {
        String address = directory.resolve("full").toString();
        try (Receiver receiver = new Receiver(address);
                NotifySocket socket = NotifySocket.to(address)) {
            ErrnoException full = assertThrows(ErrnoException.class, () -> {
                while (true) {
                    socket.send("WATCHDOG=1");
                }
            });

            assertEquals(Errno.EAGAIN, full.errno());
            assertEquals("WATCHDOG=1", receiver.next());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "@", "/", "relative", "vsock:2:1234"})
    void anAddressThatIsNoneIsRefused(String address) {
        assertThrows(LinuxException.class, () -> NotifySocket.to(address));
    }

    @Test
    void anAddressThatIsTooLongIsRefused() {
        assertThrows(LinuxException.class, () -> NotifySocket.to("/" + "x".repeat(107)));
    }
}
