package io.hawser.sysctl.linux;

import org.jspecify.annotations.Nullable;

/** Reads the link and address messages of rtnetlink(7); never throws, whatever the bytes. For one thread at a time. */
final class RouteDecoder {
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_DELADDR = 21;

    /*  struct ifinfomsg:  0 family (1)   2 hardware type (2)   4 index   8 flags   12 mask  */
    private static final int IFINFOMSG_SIZE = 16;
    private static final int IFF_UP = 0x1;
    private static final int IFF_RUNNING = 0x40;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_LINK = 5;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_AF_SPEC = 26;
    private static final int AF_INET = 2;
    private static final int IFLA_INET_CONF = 1;
    private static final int IFLA_CARRIER = 33;

    /*  struct ifaddrmsg:  0 family (1)   1 prefix (1)   2 flags (1)   3 scope (1)   4 index  */
    private static final int IFADDRMSG_SIZE = 8;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_CACHEINFO = 6;
    private static final int IFA_FLAGS = 8;
    private static final int IFA_F_SECONDARY = 0x01;
    private static final int IFA_F_DADFAILED = 0x08;
    private static final int IFA_F_TENTATIVE = 0x40;
    private static final int IFA_F_PERMANENT = 0x80;
    private static final int INFINITE = -1;

    /*  struct ndmsg:  0 family (1)   4 index   8 state (2)   10 flags (1)   11 type (1)  */
    private static final int RTM_NEWNEIGH = 28;
    private static final int NDMSG_SIZE = 12;
    private static final int NDA_LLADDR = 2;

    private static final byte[] NO_MAC = {};

    private final NetlinkAttributes attributes;
    private final AddressCache addresses = new AddressCache();

    /** Reads messages of the same buffer as the given attributes. */
    RouteDecoder(NetlinkAttributes attributes) {
        this.attributes = attributes;
    }

    /** The change that a message tells of, or null if it tells of none. */
    @Nullable
    RouteEvent event(NetlinkMessages message) {
        return switch (message.type()) {
            case RTM_NEWLINK -> {
                Link changed = link(message);
                yield changed == null ? null : new RouteEvent.LinkChanged(changed);
            }
            case RTM_DELLINK -> {
                Link changed = link(message);
                yield changed == null ? null : new RouteEvent.LinkRemoved(changed.index(), changed.name());
            }
            case RTM_NEWADDR -> {
                InterfaceAddress changed = address(message);
                yield changed == null ? null : new RouteEvent.AddressAdded(changed);
            }
            case RTM_DELADDR -> {
                InterfaceAddress changed = address(message);
                yield changed == null ? null : new RouteEvent.AddressRemoved(changed);
            }
            default -> null;
        };
    }

    /** The interface that a message is about, or null if it is about none. */
    @Nullable
    Link link(NetlinkMessages message) {
        boolean about = message.type() == RTM_NEWLINK || message.type() == RTM_DELLINK;
        if (!about || message.payloadLength() < IFINFOMSG_SIZE) {
            return null;
        }
        int at = message.payloadAt();
        // A bridge announces its ports as links of family AF_BRIDGE: their "removal" is only that of the port.
        if (message.bytes().get(at) != 0) {
            return null;
        }
        String name = "";
        byte[] mac = NO_MAC;
        int mtu = 0;
        int parent = 0;
        String kind = "";
        boolean carrier = true;
        attributes.of(message, IFINFOMSG_SIZE);
        while (attributes.next()) {
            switch (attributes.type()) {
                case IFLA_IFNAME -> name = attributes.string();
                case IFLA_ADDRESS -> mac = attributes.value();
                case IFLA_MTU -> mtu = attributes.int32(0);
                case IFLA_LINK -> parent = attributes.int32(0);
                case IFLA_LINKINFO -> kind = kind(attributes.nested());
                case IFLA_CARRIER -> carrier = attributes.int8(1) != 0;
                default -> {}
            }
        }
        int flags = message.bytes().getInt(at + 8);
        boolean up = (flags & IFF_UP) != 0;
        // Carrier besides IFF_RUNNING: the latter may follow its loss a second late.
        boolean running = up && (flags & IFF_RUNNING) != 0 && carrier;
        return new Link(message.bytes().getInt(at + 4), name, up, running, mac, mtu, kind, parent);
    }

    private static String kind(NetlinkAttributes information) {
        while (information.next()) {
            if (information.type() == IFLA_INFO_KIND) {
                return information.string();
            }
        }
        return "";
    }

    /** The IPv4 settings of the interface that a message is about, or null if it tells none. */
    int @Nullable [] ipv4Settings(NetlinkMessages message) {
        if (message.type() != RTM_NEWLINK || message.payloadLength() < IFINFOMSG_SIZE) {
            return null;
        }
        attributes.of(message, IFINFOMSG_SIZE);
        while (attributes.next()) {
            if (attributes.type() != IFLA_AF_SPEC) {
                continue;
            }
            NetlinkAttributes families = attributes.nested();
            while (families.next()) {
                NetlinkAttributes inside = families.nested();
                while (families.type() == AF_INET && inside.next()) {
                    if (inside.type() == IFLA_INET_CONF) {
                        return numbers(inside);
                    }
                }
            }
        }
        return null;
    }

    // The kernel sends the array from its first setting, whose number is 1.
    private static int[] numbers(NetlinkAttributes array) {
        int[] numbers = new int[array.size() / Integer.BYTES];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = array.int32At(i * Integer.BYTES, 0);
        }
        return numbers;
    }

    /** The link-layer address that a neighbour message tells, or null if it tells none. */
    byte @Nullable [] neighborMac(NetlinkMessages message) {
        if (message.type() != RTM_NEWNEIGH || message.payloadLength() < NDMSG_SIZE) {
            return null;
        }
        attributes.of(message, NDMSG_SIZE);
        while (attributes.next()) {
            if (attributes.type() == NDA_LLADDR && attributes.size() == 6) {
                return attributes.value();
            }
        }
        return null;
    }

    /** The address that a message is about, or null if it is about none. */
    @Nullable
    InterfaceAddress address(NetlinkMessages message) {
        boolean about = message.type() == RTM_NEWADDR || message.type() == RTM_DELADDR;
        if (!about || message.payloadLength() < IFADDRMSG_SIZE) {
            return null;
        }
        int at = message.payloadAt();
        Family family = family(message.bytes().get(at));
        if (family == null) {
            return null;
        }
        int size = family.bits() / Byte.SIZE;
        int flags = message.bytes().get(at + 2) & 0xFF;
        int valid = INFINITE;
        int local = -1;
        int peer = -1;
        attributes.of(message, IFADDRMSG_SIZE);
        while (attributes.next()) {
            switch (attributes.type()) {
                case IFA_FLAGS -> flags = attributes.int32(flags);
                case IFA_CACHEINFO -> valid = attributes.int32At(4, INFINITE);
                case IFA_LOCAL -> local = attributes.size() == size ? attributes.valueAt() : -1;
                case IFA_ADDRESS -> peer = attributes.size() == size ? attributes.valueAt() : -1;
                default -> {}
            }
        }
        // On point-to-point links IFA_ADDRESS is the other end's; IPv6 gives IFA_LOCAL only there.
        int from = local >= 0 ? local : peer;
        if (from < 0) {
            return null;
        }
        int index = message.bytes().getInt(at + 4);
        return new InterfaceAddress(
                index,
                addresses.at(family, message.bytes(), from, index),
                message.bytes().get(at + 1) & 0xFF,
                (flags & IFA_F_SECONDARY) != 0 && family == Family.IPV4,
                (flags & IFA_F_PERMANENT) != 0,
                valid == INFINITE ? Long.MAX_VALUE : valid & 0xFFFFFFFFL,
                (flags & IFA_F_TENTATIVE) != 0,
                (flags & IFA_F_DADFAILED) != 0);
    }

    private static @Nullable Family family(byte number) {
        return switch (number) {
            case 2 -> Family.IPV4;
            case 10 -> Family.IPV6;
            default -> null;
        };
    }
}
