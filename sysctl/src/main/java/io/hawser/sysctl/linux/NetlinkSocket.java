package io.hawser.sysctl.linux;

import java.util.function.Consumer;

/**
 * A netlink socket of any protocol (netlink(7)): requests that are acknowledged, dumps, and notifications. Owner's
 * thread.
 */
final class NetlinkSocket implements AutoCloseable {
    static final int NETLINK_ROUTE = 0;
    static final int NETLINK_NETFILTER = 12;

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int NETLINK_GET_STRICT_CHK = 12;
    private static final int MSG_TRUNC = 0x20;

    private static final int NLMSGERR_ATTR_MSG = 1;

    /*  struct sockaddr_nl:  0 family (2)   4 port (0: the kernel)   8 groups  */
    private static final int SOCKADDR_NL_SIZE = 12;
    /** A dump fills at most 32 KiB at a time (NETLINK_MAX_RECVMSG_LEN). */
    private static final int DATAGRAM_SIZE = 65_536;
    /** The kernel answers within the system call; this only keeps a broken one from stopping us for ever. */
    private static final int ANSWER_SECONDS = 2;
    /** A dump that another change disturbed is asked for again, this often at most. */
    private static final int DUMP_ATTEMPTS = 10;

    private final Descriptor descriptor;
    private final Libc.Message outgoing;
    private final Libc.Message incoming = new Libc.Message(SOCKADDR_NL_SIZE, DATAGRAM_SIZE, 0);
    private final NetlinkRequest request;
    private final NetlinkMessages messages = new NetlinkMessages(incoming.data());
    private final NetlinkAttributes attributes = new NetlinkAttributes(incoming.data());
    private int sequence;

    private NetlinkSocket(Descriptor descriptor, int longestRequest) {
        this.descriptor = descriptor;
        outgoing = new Libc.Message(SOCKADDR_NL_SIZE, longestRequest, 0);
        request = new NetlinkRequest(outgoing.data());
        outgoing.name().putShort(0, (short) AF_NETLINK);
    }

    /** A socket for requests, which waits for their answers. */
    static NetlinkSocket forRequests(int protocol) {
        return forRequests(protocol, 4_096);
    }

    /** A socket for requests of up to {@code longest} bytes. */
    static NetlinkSocket forRequests(int protocol, int longest) {
        NetlinkSocket socket = create(protocol, 0, 0, longest);
        try {
            NativeBuffer time = new NativeBuffer(2 * Long.BYTES);
            time.bytes().putLong(0, ANSWER_SECONDS);
            socket.descriptor.option(SOL_SOCKET, SO_RCVTIMEO, time, "SO_RCVTIMEO");
            // Without them (before Linux 4.12) errors only lack their explanation.
            socket.descriptor.optionIfKnown(SOL_NETLINK, NETLINK_CAP_ACK, 1, "NETLINK_CAP_ACK");
            socket.descriptor.optionIfKnown(SOL_NETLINK, NETLINK_EXT_ACK, 1, "NETLINK_EXT_ACK");
            // Lets the kernel leave out of a dump what was not asked for; without it (before Linux 4.20) we do.
            socket.descriptor.optionIfKnown(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1, "NETLINK_GET_STRICT_CHK");
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * A non-blocking socket for notifications.
     *
     * @param groups a bit for each group
     * @param bufferSize how many bytes may wait before notifications are lost; the most that is permitted, if less
     */
    static NetlinkSocket forNotifications(int protocol, int groups, int bufferSize) {
        NetlinkSocket socket = create(protocol, SOCK_NONBLOCK, groups, 0);
        // Beyond net.core.rmem_max only with CAP_NET_ADMIN; the plain option cuts to what is permitted.
        if (Libc.setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUFFORCE, bufferSize) < 0) {
            Libc.setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, bufferSize);
        }
        return socket;
    }

    private static NetlinkSocket create(int protocol, int flags, int groups, int longestRequest) {
        String call = "socket(AF_NETLINK, SOCK_RAW, " + protocol + ")";
        Descriptor descriptor =
                Descriptor.of(Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, protocol), call, "");
        try {
            NativeBuffer address = new NativeBuffer(SOCKADDR_NL_SIZE);
            address.bytes().putShort(0, (short) AF_NETLINK).putInt(8, groups);
            Libc.check(
                    Libc.bind(descriptor.fd(), address, SOCKADDR_NL_SIZE),
                    "bind(AF_NETLINK, groups 0x" + Integer.toHexString(groups) + ")",
                    "");
            return new NetlinkSocket(descriptor, Math.max(longestRequest, NetlinkMessages.HEADER));
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    /** The request to fill in before {@link #acknowledged} or {@link #dump}. */
    NetlinkRequest request() {
        return request;
    }

    NetlinkMessages messages() {
        return messages;
    }

    NetlinkAttributes attributes() {
        return attributes;
    }

    int fd() {
        return descriptor.fd();
    }

    /**
     * Sends the request and waits for the answer: the acknowledgement, or with one the message asked for.
     *
     * @param answer takes a message that is not the acknowledgement
     * @return 0, or the negated error number; {@link #explanation} then tells more
     */
    int acknowledged(Consumer<NetlinkMessages> answer) {
        int error = send();
        while (error == 0) {
            error = receiveMessages();
            while (error == 0 && messages.next()) {
                if (messages.sequence() != sequence) {
                    continue;
                }
                if (messages.type() == NetlinkMessages.NLMSG_ERROR) {
                    return messages.error();
                }
                answer.accept(messages);
            }
        }
        return error;
    }

    /** What the kernel said about the error just returned (extended acknowledgement), or an empty string. */
    String explanation() {
        int start = messages.acknowledgementAttributesAt();
        if (start < 0) {
            return "";
        }
        attributes.of(messages, start);
        while (attributes.next()) {
            if (attributes.type() == NLMSGERR_ATTR_MSG) {
                return attributes.string();
            }
        }
        return "";
    }

    /**
     * Sends the request and hands over each message of the answer.
     *
     * @param begin called before the first message, again when the dump has to be repeated
     * @return 0, or the negated error number
     */
    int dump(Runnable begin, Consumer<NetlinkMessages> message) {
        int error = -Errno.EAGAIN;
        for (int attempt = 0; attempt < DUMP_ATTEMPTS && error == -Errno.EAGAIN; attempt++) {
            begin.run();
            error = dumpOnce(message);
        }
        return error;
    }

    // EAGAIN: something changed meanwhile and the kernel says the dump may be inconsistent.
    private int dumpOnce(Consumer<NetlinkMessages> message) {
        boolean disturbed = false;
        int error = send();
        while (error == 0) {
            error = receiveMessages();
            while (error == 0 && messages.next()) {
                if (messages.sequence() != sequence) {
                    continue;
                }
                disturbed |= (messages.flags() & NetlinkMessages.NLM_F_DUMP_INTR) != 0;
                switch (messages.type()) {
                    case NetlinkMessages.NLMSG_DONE -> {
                        int result = messages.error();
                        return result == 0 && disturbed ? -Errno.EAGAIN : result;
                    }
                    case NetlinkMessages.NLMSG_ERROR -> {
                        return messages.error();
                    }
                    default -> message.accept(messages);
                }
            }
        }
        return error;
    }

    private int send() {
        int length = request.finish(++sequence);
        int sent = Libc.sendmsg(fd(), outgoing, SOCKADDR_NL_SIZE, length, 0);
        return Math.min(sent, 0);
    }

    // An answer that does not come is told apart from a disturbed dump.
    private int receiveMessages() {
        int n = receive();
        return n == -Errno.EAGAIN ? -Errno.ETIMEDOUT : Math.min(n, 0);
    }

    /**
     * Receives the next datagram from the kernel, to be walked with {@link #messages}.
     *
     * @return its length, 0 if it came from another process and is to be ignored, or a negated error number: EAGAIN
     *     when none waits, ENOBUFS when notifications were lost
     */
    int receive() {
        int n = Libc.recvmsg(fd(), incoming, 0);
        boolean cut = n >= 0 && (incoming.flags() & MSG_TRUNC) != 0;
        boolean foreign = n >= 0 && incoming.name().getInt(4) != 0;
        messages.rewind(foreign ? 0 : Math.max(n, 0));
        if (cut) {
            return -Errno.ENOBUFS;
        }
        return foreign ? 0 : n;
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
