package io.hawser.sysctl.linux;

import java.nio.charset.StandardCharsets;

/** Tells the service manager how this process is (sd_notify(3)): datagrams to a unix socket, which the JDK does not have. One thread at a time. */
public final class NotifySocket implements AutoCloseable {
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOCK_NONBLOCK = 0x800;
    // struct sockaddr_un (unix(7)): the family and at most this much of a path
    private static final int FAMILY_SIZE = Short.BYTES;
    private static final int PATH_SIZE = 108;
    private static final int STATE_SIZE = 2048;

    private final String address;
    private final Descriptor descriptor;
    private final Libc.Message message = new Libc.Message(FAMILY_SIZE + PATH_SIZE, STATE_SIZE, 0);
    private final int nameLength;

    private NotifySocket(String address, byte[] name, Descriptor descriptor) {
        this.address = address;
        this.descriptor = descriptor;
        boolean isAbstract = name[0] == '@';
        message.name().putShort(0, (short) AF_UNIX);
        message.name().put(FAMILY_SIZE, name);
        if (isAbstract) {
            message.name().put(FAMILY_SIZE, (byte) 0);
        }
        // An abstract name is as long as it is said to be; a path ends with a zero.
        nameLength = FAMILY_SIZE + name.length + (isAbstract ? 0 : 1);
    }

    /**
     * Opens a socket for sending to an address.
     *
     * @param address the value of NOTIFY_SOCKET: an absolute path, or {@code @} and an abstract name; at most 107 bytes
     * @throws ErrnoException when there is no socket to be had
     * @throws LinuxException when the address is none
     */
    public static NotifySocket to(String address) {
        byte[] name = address.getBytes(StandardCharsets.UTF_8);
        if (name.length < 2 || name.length >= PATH_SIZE || (name[0] != '/' && name[0] != '@')) {
            throw new LinuxException("NOTIFY_SOCKET \"" + address
                    + "\" is neither an absolute path nor an abstract name of at most " + (PATH_SIZE - 1) + " bytes");
        }
        int fd = Libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        return new NotifySocket(address, name, Descriptor.of(fd, "socket(AF_UNIX, SOCK_DGRAM)", ""));
    }

    /**
     * Sends a state, such as {@code READY=1}; several are separated by line feeds. Does not wait.
     *
     * @throws ErrnoException when nobody takes it: ENOENT or ECONNREFUSED when the service manager is gone, EAGAIN when it does not read
     */
    public void send(String state) {
        byte[] bytes = state.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, STATE_SIZE);
        message.data().put(0, bytes, 0, length);
        Libc.check(
                Libc.sendmsg(descriptor.fd(), message, nameLength, length, 0),
                "sendmsg(fd=" + descriptor.fd() + ", " + address + ")",
                "NOTIFY_SOCKET names a socket that the service manager reads");
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
