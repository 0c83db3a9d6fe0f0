package io.hawser.sysctl.linux;

import java.util.function.Consumer;

/**
 * A family of generic netlink (linux/genetlink.h) that is known by its name: its number is given anew each time its module
 * is loaded, so it is asked for, and asked for again when it has changed. Owner's thread.
 */
final class GenericNetlink implements AutoCloseable {
    /*  struct genlmsghdr:  0 command (1)   1 version (1)   2 reserved (2)  */
    static final int HEADER = 4;

    private static final int NETLINK_GENERIC = 16;
    private static final int GENL_ID_CTRL = 0x10;
    private static final int CTRL_CMD_GETFAMILY = 3;
    private static final int CTRL_ATTR_FAMILY_ID = 1;
    private static final int CTRL_ATTR_FAMILY_NAME = 2;
    private static final int VERSION = 1;
    private static final int UNKNOWN = 0;

    private final NetlinkSocket netlink;
    private final String name;
    private int id = UNKNOWN;

    private GenericNetlink(NetlinkSocket netlink, String name) {
        this.netlink = netlink;
        this.name = name;
    }

    /** Opens a socket for requests to the family of that name; nothing is asked yet. */
    static GenericNetlink open(String name) {
        return new GenericNetlink(NetlinkSocket.forRequests(NETLINK_GENERIC), name);
    }

    /** Writes what follows the header of a message. */
    interface Body {
        /** Adds the attributes. */
        void write(NetlinkRequest request);
    }

    /**
     * Sends a command and waits until it is acknowledged.
     *
     * @param answer takes a message that is not the acknowledgement
     * @return 0, or the negated error number; ENOENT also when the family is not there
     */
    int acknowledged(int command, Body body, Consumer<NetlinkMessages> answer) {
        return withFamily(() -> {
            start(command, NetlinkRequest.NLM_F_ACK, body);
            return netlink.acknowledged(answer);
        });
    }

    /**
     * Sends a command that answers with many messages.
     *
     * @param begin called before the first message, again when the dump has to be repeated
     * @return 0, or the negated error number; ENOENT also when the family is not there
     */
    int dump(int command, Body body, Runnable begin, Consumer<NetlinkMessages> message) {
        return withFamily(() -> {
            start(command, NetlinkRequest.NLM_F_DUMP, body);
            return netlink.dump(begin, message);
        });
    }

    private interface Exchange {
        int run();
    }

    // The kernel answers ENOENT to the number of a family that is gone, as it does to much else.
    private int withFamily(Exchange exchange) {
        if (id == UNKNOWN) {
            int error = ask();
            if (error != 0) {
                return error;
            }
        }
        int error = exchange.run();
        if (error != -Errno.ENOENT && error != -Errno.EOPNOTSUPP) {
            return error;
        }
        int before = id;
        int asked = ask();
        if (asked != 0) {
            return asked;
        }
        return id == before ? error : exchange.run();
    }

    private int ask() {
        id = UNKNOWN;
        header(netlink.request(), GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NetlinkRequest.NLM_F_ACK)
                .attribute(CTRL_ATTR_FAMILY_NAME, name);
        int error = netlink.acknowledged(message -> id = familyId(message, netlink.attributes()));
        return error == 0 && id == UNKNOWN ? -Errno.ENOENT : error;
    }

    /** The number that an answer of the controller tells, or 0. */
    static int familyId(NetlinkMessages message, NetlinkAttributes attributes) {
        if (message.type() == GENL_ID_CTRL) {
            attributes.of(message, HEADER);
            while (attributes.next()) {
                if (attributes.type() == CTRL_ATTR_FAMILY_ID) {
                    return attributes.int16(UNKNOWN);
                }
            }
        }
        return UNKNOWN;
    }

    private void start(int command, int flags, Body body) {
        body.write(header(netlink.request(), id, command, flags));
    }

    /** Starts a message to a family. */
    static NetlinkRequest header(NetlinkRequest request, int family, int command, int flags) {
        return request.start(family, flags).int8(command).int8(VERSION).int16(0);
    }

    /** Whether the family was there when it was asked for last. */
    boolean isKnown() {
        return id != UNKNOWN;
    }

    /** Reads the attributes of what is answered. */
    NetlinkAttributes attributes() {
        return netlink.attributes();
    }

    /** What the kernel said about the error just returned, or an empty string. */
    String explanation() {
        return netlink.explanation();
    }

    @Override
    public void close() {
        netlink.close();
    }
}
