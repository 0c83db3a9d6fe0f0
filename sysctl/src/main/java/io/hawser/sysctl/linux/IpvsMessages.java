package io.hawser.sysctl.linux;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The messages of IPVS over generic netlink (linux/ip_vs.h): writes requests and reads answers. Reading never throws, whatever
 * the bytes: a message that lacks something is none. For one thread at a time.
 */
final class IpvsMessages {
    static final int NEW_SERVICE = 1;
    static final int SET_SERVICE = 2;
    static final int DEL_SERVICE = 3;
    static final int GET_SERVICE = 4;
    static final int NEW_DEST = 5;
    static final int SET_DEST = 6;
    static final int DEL_DEST = 7;
    static final int GET_DEST = 8;
    static final int NEW_DAEMON = 9;
    static final int DEL_DAEMON = 10;
    static final int GET_DAEMON = 11;
    static final int SET_CONFIG = 12;
    static final int GET_CONFIG = 13;
    static final int SET_INFO = 14;
    static final int GET_INFO = 15;

    private static final int CMD_ATTR_SERVICE = 1;
    private static final int CMD_ATTR_DEST = 2;
    private static final int CMD_ATTR_DAEMON = 3;
    private static final int CMD_ATTR_TIMEOUT_TCP = 4;
    private static final int CMD_ATTR_TIMEOUT_TCP_FIN = 5;
    private static final int CMD_ATTR_TIMEOUT_UDP = 6;

    private static final int SVC_ATTR_AF = 1;
    private static final int SVC_ATTR_PROTOCOL = 2;
    private static final int SVC_ATTR_ADDR = 3;
    private static final int SVC_ATTR_PORT = 4;
    private static final int SVC_ATTR_FWMARK = 5;
    private static final int SVC_ATTR_SCHED_NAME = 6;
    private static final int SVC_ATTR_FLAGS = 7;
    private static final int SVC_ATTR_TIMEOUT = 8;
    private static final int SVC_ATTR_NETMASK = 9;
    private static final int SVC_ATTR_STATS = 10;
    private static final int SVC_ATTR_STATS64 = 12;

    private static final int DEST_ATTR_ADDR = 1;
    private static final int DEST_ATTR_PORT = 2;
    private static final int DEST_ATTR_FWD_METHOD = 3;
    private static final int DEST_ATTR_WEIGHT = 4;
    private static final int DEST_ATTR_U_THRESH = 5;
    private static final int DEST_ATTR_L_THRESH = 6;
    private static final int DEST_ATTR_ACTIVE_CONNS = 7;
    private static final int DEST_ATTR_INACT_CONNS = 8;
    private static final int DEST_ATTR_PERSIST_CONNS = 9;
    private static final int DEST_ATTR_STATS = 10;
    private static final int DEST_ATTR_ADDR_FAMILY = 11;
    private static final int DEST_ATTR_STATS64 = 12;

    private static final int STATS_ATTR_CONNS = 1;
    private static final int STATS_ATTR_INPKTS = 2;
    private static final int STATS_ATTR_OUTPKTS = 3;
    private static final int STATS_ATTR_INBYTES = 4;
    private static final int STATS_ATTR_OUTBYTES = 5;

    private static final int DAEMON_ATTR_STATE = 1;
    private static final int DAEMON_ATTR_MCAST_IFN = 2;
    private static final int DAEMON_ATTR_SYNC_ID = 3;

    private static final int INFO_ATTR_VERSION = 1;
    private static final int INFO_ATTR_CONN_TAB_SIZE = 2;

    private static final int ADDRESS_SIZE = 16;
    private static final int IPV4_SIZE = 4;
    private static final int ALL_FLAGS = -1;
    private static final long UNSIGNED = 0xFFFF_FFFFL;

    private IpvsMessages() {}

    // --- requests

    /** What NEW_SERVICE and SET_SERVICE need. */
    static void service(NetlinkRequest request, IpvsService service) {
        request.nest(CMD_ATTR_SERVICE, inside -> {
            key(inside, service.key());
            inside.attribute(SVC_ATTR_SCHED_NAME, service.scheduler())
                    .attributeHeader(SVC_ATTR_FLAGS, 2 * Integer.BYTES)
                    .int32(service.flags())
                    .int32(ALL_FLAGS)
                    .attribute(SVC_ATTR_TIMEOUT, service.persistenceSeconds());
            if (service.key().family() == Family.IPV4) {
                inside.attribute(SVC_ATTR_NETMASK, mask(service.prefix()));
            } else {
                inside.attribute(SVC_ATTR_NETMASK, service.prefix());
            }
        });
    }

    private static byte[] mask(int prefix) {
        int mask = prefix == 0 ? 0 : -1 << (Family.IPV4.bits() - prefix);
        return new byte[] {(byte) (mask >> 24), (byte) (mask >> 16), (byte) (mask >> 8), (byte) mask};
    }

    /** What names a service. */
    static void serviceKey(NetlinkRequest request, IpvsService.Key key) {
        request.nest(CMD_ATTR_SERVICE, inside -> key(inside, key));
    }

    private static void key(NetlinkRequest request, IpvsService.Key key) {
        request.attribute16(SVC_ATTR_AF, key.family().number());
        switch (key) {
            case IpvsService.Address at ->
                request.attribute16(SVC_ATTR_PROTOCOL, at.protocol())
                        .attribute(SVC_ATTR_ADDR, padded(at.address()))
                        .attributeBig16(SVC_ATTR_PORT, at.port());
            case IpvsService.Mark mark -> request.attribute(SVC_ATTR_FWMARK, mark.mark());
        }
    }

    private static byte[] padded(InetAddress address) {
        return Arrays.copyOf(address.getAddress(), ADDRESS_SIZE);
    }

    /** What NEW_DEST and SET_DEST need. */
    static void destination(NetlinkRequest request, IpvsService.Key key, IpvsDestination destination) {
        serviceKey(request, key);
        request.nest(CMD_ATTR_DEST, inside -> {
            destinationKey(inside, destination);
            inside.attribute(DEST_ATTR_FWD_METHOD, destination.forwarding().number())
                    .attribute(DEST_ATTR_WEIGHT, destination.weight())
                    .attribute(DEST_ATTR_U_THRESH, destination.upperThreshold())
                    .attribute(DEST_ATTR_L_THRESH, destination.lowerThreshold());
        });
    }

    /** What names a destination. */
    static void destinationKey(NetlinkRequest request, IpvsService.Key key, IpvsDestination destination) {
        serviceKey(request, key);
        request.nest(CMD_ATTR_DEST, inside -> destinationKey(inside, destination));
    }

    private static void destinationKey(NetlinkRequest request, IpvsDestination destination) {
        request.attribute16(
                        DEST_ATTR_ADDR_FAMILY, Family.of(destination.address()).number())
                .attribute(DEST_ATTR_ADDR, padded(destination.address()))
                .attributeBig16(DEST_ATTR_PORT, destination.port());
    }

    /** What NEW_DAEMON and DEL_DAEMON need. */
    static void daemon(NetlinkRequest request, IpvsDaemon daemon) {
        request.nest(
                CMD_ATTR_DAEMON,
                inside -> inside.attribute(DAEMON_ATTR_STATE, daemon.role().number())
                        .attribute(DAEMON_ATTR_MCAST_IFN, daemon.interfaceName())
                        .attribute(DAEMON_ATTR_SYNC_ID, daemon.id()));
    }

    /** What SET_CONFIG needs. */
    static void timeouts(NetlinkRequest request, IpvsTimeouts timeouts) {
        request.attribute(CMD_ATTR_TIMEOUT_TCP, timeouts.tcp())
                .attribute(CMD_ATTR_TIMEOUT_TCP_FIN, timeouts.tcpFin())
                .attribute(CMD_ATTR_TIMEOUT_UDP, timeouts.udp());
    }

    // --- answers

    /** The attributes of an answer with that command, at its first one of a type; false when it has none. */
    private static boolean find(NetlinkMessages message, NetlinkAttributes attributes, int command, int type) {
        if (!is(message, command)) {
            return false;
        }
        attributes.of(message, GenericNetlink.HEADER);
        while (attributes.next()) {
            if (attributes.type() == type) {
                return true;
            }
        }
        return false;
    }

    private static boolean is(NetlinkMessages message, int command) {
        return message.payloadLength() >= GenericNetlink.HEADER
                && (message.bytes().get(message.payloadAt()) & 0xFF) == command;
    }

    /** The service that an answer tells of, or null if it tells of none. */
    static @Nullable IpvsService service(NetlinkMessages message, NetlinkAttributes attributes) {
        return find(message, attributes, NEW_SERVICE, CMD_ATTR_SERVICE) ? service(attributes.nested()) : null;
    }

    private static @Nullable IpvsService service(NetlinkAttributes inside) {
        Family family = null;
        int protocol = -1;
        byte[] address = null;
        int port = 0;
        int mark = 0;
        String scheduler = "";
        int flags = 0;
        int timeout = 0;
        byte[] mask = {};
        int prefix = 0;
        IpvsCounters counters = IpvsCounters.NONE;
        boolean isCounted = false;
        while (inside.next()) {
            switch (inside.type()) {
                case SVC_ATTR_AF -> family = family(inside.int16(0));
                case SVC_ATTR_PROTOCOL -> protocol = inside.int16(-1);
                case SVC_ATTR_ADDR -> address = inside.value();
                case SVC_ATTR_PORT -> port = inside.bigInt16(0);
                case SVC_ATTR_FWMARK -> mark = inside.int32(0);
                case SVC_ATTR_SCHED_NAME -> scheduler = inside.string();
                case SVC_ATTR_FLAGS -> flags = inside.int32(0);
                case SVC_ATTR_TIMEOUT -> timeout = inside.int32(0);
                case SVC_ATTR_NETMASK -> {
                    mask = inside.value();
                    prefix = inside.int32(0);
                }
                case SVC_ATTR_STATS64 -> {
                    counters = counters(inside.nested());
                    isCounted = true;
                }
                case SVC_ATTR_STATS -> counters = isCounted ? counters : counters(inside.nested());
                default -> {}
            }
        }
        IpvsService.Key key = key(family, protocol, address, port, mark);
        if (key == null || scheduler.length() > IpvsService.LONGEST_SCHEDULER) {
            return null;
        }
        int bits = family == Family.IPV4 ? ones(mask) : prefix;
        return new IpvsService(key, scheduler, flags, timeout, bits, counters);
    }

    private static IpvsService.@Nullable Key key(
            @Nullable Family family, int protocol, byte @Nullable [] address, int port, int mark) {
        if (family == null) {
            return null;
        }
        if (mark != 0) {
            return new IpvsService.Mark(family, mark);
        }
        InetAddress at = address(family, address);
        return at == null || protocol < 0 ? null : new IpvsService.Address(protocol, at, port);
    }

    private static int ones(byte[] mask) {
        int count = 0;
        for (int i = 0; i < Math.min(mask.length, IPV4_SIZE); i++) {
            count += Integer.bitCount(mask[i] & 0xFF);
        }
        return count;
    }

    private static @Nullable Family family(int number) {
        for (Family each : Family.values()) {
            if (each.number() == number) {
                return each;
            }
        }
        return null;
    }

    private static @Nullable InetAddress address(Family family, byte @Nullable [] value) {
        int size = family == Family.IPV4 ? IPV4_SIZE : ADDRESS_SIZE;
        if (value == null || value.length < size) {
            return null;
        }
        try {
            InetAddress address = InetAddress.getByAddress(Arrays.copyOf(value, size));
            // An IPv4 address inside an IPv6 one reads as the former, and would be sent as such.
            return (family == Family.IPV4) == (address instanceof Inet4Address) ? address : null;
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The destination that an answer tells of, or null if it tells of none. */
    static @Nullable IpvsDestination destination(
            NetlinkMessages message, NetlinkAttributes attributes, Family ofService) {
        return find(message, attributes, NEW_DEST, CMD_ATTR_DEST) ? destination(attributes.nested(), ofService) : null;
    }

    private static @Nullable IpvsDestination destination(NetlinkAttributes inside, Family ofService) {
        Family family = ofService;
        byte[] address = null;
        int port = 0;
        IpvsForwarding forwarding = null;
        int weight = 0;
        int upper = 0;
        int lower = 0;
        long active = 0;
        long inactive = 0;
        long persistent = 0;
        IpvsCounters counters = IpvsCounters.NONE;
        boolean isCounted = false;
        while (inside.next()) {
            switch (inside.type()) {
                case DEST_ATTR_ADDR_FAMILY -> family = family(inside.int16(0));
                case DEST_ATTR_ADDR -> address = inside.value();
                case DEST_ATTR_PORT -> port = inside.bigInt16(0);
                case DEST_ATTR_FWD_METHOD -> forwarding = IpvsForwarding.of(inside.int32(0));
                case DEST_ATTR_WEIGHT -> weight = inside.int32(0);
                case DEST_ATTR_U_THRESH -> upper = inside.int32(0);
                case DEST_ATTR_L_THRESH -> lower = inside.int32(0);
                case DEST_ATTR_ACTIVE_CONNS -> active = inside.int32(0) & UNSIGNED;
                case DEST_ATTR_INACT_CONNS -> inactive = inside.int32(0) & UNSIGNED;
                case DEST_ATTR_PERSIST_CONNS -> persistent = inside.int32(0) & UNSIGNED;
                case DEST_ATTR_STATS64 -> {
                    counters = counters(inside.nested());
                    isCounted = true;
                }
                case DEST_ATTR_STATS -> counters = isCounted ? counters : counters(inside.nested());
                default -> {}
            }
        }
        InetAddress at = family == null ? null : address(family, address);
        if (at == null || forwarding == null) {
            return null;
        }
        var connections = new IpvsDestination.Connections(active, inactive, persistent);
        return new IpvsDestination(at, port, forwarding, weight, upper, lower, connections, counters);
    }

    private static IpvsCounters counters(NetlinkAttributes inside) {
        long connections = 0;
        long inPackets = 0;
        long outPackets = 0;
        long inBytes = 0;
        long outBytes = 0;
        while (inside.next()) {
            long value = inside.int64(inside.int32(0) & UNSIGNED);
            switch (inside.type()) {
                case STATS_ATTR_CONNS -> connections = value;
                case STATS_ATTR_INPKTS -> inPackets = value;
                case STATS_ATTR_OUTPKTS -> outPackets = value;
                case STATS_ATTR_INBYTES -> inBytes = value;
                case STATS_ATTR_OUTBYTES -> outBytes = value;
                default -> {}
            }
        }
        return new IpvsCounters(connections, inPackets, outPackets, inBytes, outBytes);
    }

    /** The role that an answer tells of, or null if it tells of none. */
    static @Nullable IpvsDaemon daemon(NetlinkMessages message, NetlinkAttributes attributes) {
        if (!find(message, attributes, NEW_DAEMON, CMD_ATTR_DAEMON)) {
            return null;
        }
        NetlinkAttributes inside = attributes.nested();
        IpvsDaemon.Role role = null;
        String name = "";
        int id = -1;
        while (inside.next()) {
            switch (inside.type()) {
                case DAEMON_ATTR_STATE -> role = role(inside.int32(0));
                case DAEMON_ATTR_MCAST_IFN -> name = inside.string();
                case DAEMON_ATTR_SYNC_ID -> id = inside.int32(-1);
                default -> {}
            }
        }
        if (role == null || name.isEmpty() || name.length() > IpvsDaemon.LONGEST_NAME || id < 0 || id > 0xFF) {
            return null;
        }
        return new IpvsDaemon(role, name, id);
    }

    private static IpvsDaemon.@Nullable Role role(int number) {
        for (IpvsDaemon.Role each : IpvsDaemon.Role.values()) {
            if (each.number() == number) {
                return each;
            }
        }
        return null;
    }

    /** The timeouts that an answer tells of, or null if it tells of none. */
    static @Nullable IpvsTimeouts timeouts(NetlinkMessages message, NetlinkAttributes attributes) {
        if (!is(message, SET_CONFIG)) {
            return null;
        }
        int tcp = 0;
        int tcpFin = 0;
        int udp = 0;
        attributes.of(message, GenericNetlink.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case CMD_ATTR_TIMEOUT_TCP -> tcp = attributes.int32(0);
                case CMD_ATTR_TIMEOUT_TCP_FIN -> tcpFin = attributes.int32(0);
                case CMD_ATTR_TIMEOUT_UDP -> udp = attributes.int32(0);
                default -> {}
            }
        }
        return new IpvsTimeouts(tcp, tcpFin, udp);
    }

    /** What an answer tells of the kernel's IPVS, or null if it tells nothing. */
    static @Nullable IpvsInfo info(NetlinkMessages message, NetlinkAttributes attributes) {
        if (!is(message, SET_INFO)) {
            return null;
        }
        int version = 0;
        int buckets = 0;
        attributes.of(message, GenericNetlink.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case INFO_ATTR_VERSION -> version = attributes.int32(0);
                case INFO_ATTR_CONN_TAB_SIZE -> buckets = attributes.int32(0);
                default -> {}
            }
        }
        String text = (version >> 16 & 0xFF) + "." + (version >> 8 & 0xFF) + "." + (version & 0xFF);
        return new IpvsInfo(text, buckets);
    }
}
