package io.hawser.sysctl.linux;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Interfaces and addresses of the network namespace it was opened in (rtnetlink(7)): asks and changes; what
 * others change is heard by a {@link RouteMonitor}. Owner's thread.
 */
public final class RouteSocket implements AutoCloseable {
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int RTM_GETLINK = 18;
    private static final int RTM_SETLINK = 19;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_DELADDR = 21;
    private static final int RTM_GETADDR = 22;
    private static final int RTM_DELNEIGH = 29;
    private static final int RTM_GETNEIGH = 30;

    private static final int IFA_F_NODAD = 0x02;
    private static final int IFA_F_NOPREFIXROUTE = 0x200;
    private static final int IFA_FLAGS = 8;
    private static final int IFA_PROTO = 11;
    private static final int IFA_CACHEINFO = 6;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_ADDRESS = 1;
    private static final int IFF_UP = 1;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_LINK = 5;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int IFLA_MACVLAN_MODE = 1;
    private static final int IFLA_AF_SPEC = 26;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int IFLA_INET_CONF = 1;
    private static final int IFLA_INET6_ADDR_GEN_MODE = 8;
    private static final int IN6_ADDR_GEN_MODE_NONE = 1;
    private static final int NDA_DST = 1;
    private static final int MACVLAN_MODE_BRIDGE = 4;
    private static final int IFLA_EXT_MASK = 29;
    /** Leaves the counters away, most of the bytes of a link message (since Linux 4.4). */
    private static final int RTEXT_FILTER_SKIP_STATS = 8;

    private static final int INFINITE = -1;
    /** Shown as {@code proto 112} by ip-address(8) since Linux 5.18: the protocol number of VRRP. */
    private static final int ORIGIN = 112;

    private final NetlinkSocket netlink;
    private final RouteDecoder decoder;

    private RouteSocket(NetlinkSocket netlink) {
        this.netlink = netlink;
        this.decoder = new RouteDecoder(netlink.attributes());
    }

    /**
     * Opens a socket for requests. It answers within a system call, but the kernel takes changes one after the other:
     * a change may wait for others that are under way.
     */
    public static RouteSocket open() {
        return new RouteSocket(NetlinkSocket.forRequests(NetlinkSocket.NETLINK_ROUTE));
    }

    /** All interfaces. */
    public List<Link> links() {
        List<Link> links = new ArrayList<>();
        linkRequest(0, NetlinkRequest.NLM_F_DUMP).attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        int error = netlink.dump(links::clear, message -> addIfPresent(links, decoder.link(message)));
        check(error, "RTM_GETLINK(all)", "");
        return List.copyOf(links);
    }

    /**
     * Looks an interface up by name.
     *
     * @return the interface, or null when there is none of that name
     */
    public @Nullable Link link(String name) {
        Objects.requireNonNull(name, "name");
        if (name.isEmpty() || name.length() > 15) {
            return null;
        }
        linkRequest(0, NetlinkRequest.NLM_F_ACK).attribute(IFLA_IFNAME, name);
        return oneLink("RTM_GETLINK(" + name + ")");
    }

    /**
     * Looks an interface up by index.
     *
     * @return the interface, or null when there is none of that index
     */
    public @Nullable Link link(int index) {
        if (index <= 0) {
            return null;
        }
        linkRequest(index, NetlinkRequest.NLM_F_ACK);
        return oneLink("RTM_GETLINK(" + index + ")");
    }

    private static <T> void addIfPresent(List<T> list, @Nullable T element) {
        if (element != null) {
            list.add(element);
        }
    }

    private @Nullable Link oneLink(String call) {
        List<Link> found = new ArrayList<>(1);
        int error = netlink.acknowledged(message -> addIfPresent(found, decoder.link(message)));
        if (error != -Errno.ENODEV) {
            check(error, call, "");
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    // struct ifinfomsg: family, padding, type (2), index, flags, mask of flags to change.
    private NetlinkRequest linkRequest(int index, int flags) {
        return netlink.request()
                .start(RTM_GETLINK, flags)
                .int32(0)
                .int32(index)
                .int32(0)
                .int32(0);
    }

    /**
     * Makes an interface with a link-layer address of its own on another one (macvlan, mode bridge), switched off and
     * without a link-local IPv6 address.
     *
     * @param name its name, at most 15 characters
     * @param parent the index of the interface that it is made on
     * @param mac 6 bytes
     * @return its index
     * @throws ErrnoException EPERM without CAP_NET_ADMIN, EEXIST when the name is taken, EBUSY when the other interface
     *     is a port of a bridge or bond, EOPNOTSUPP when the kernel has no macvlan
     */
    public int createMacvlan(String name, int parent, byte[] mac) {
        int flags = NetlinkRequest.NLM_F_ACK | NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_EXCL;
        linkMessage(RTM_NEWLINK, flags, 0, 0, 0)
                .attribute(IFLA_IFNAME, name)
                .attribute(IFLA_LINK, parent)
                .attribute(IFLA_ADDRESS, mac)
                .nest(
                        IFLA_LINKINFO,
                        information -> information
                                .attribute(IFLA_INFO_KIND, "macvlan")
                                .nest(IFLA_INFO_DATA, data -> data.attribute(IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE)));
        int error = netlink.acknowledged(message -> {});
        String advice = switch (-error) {
            case Errno.EPERM -> "needs CAP_NET_ADMIN";
            case Errno.EBUSY -> "a port of a bridge or bond cannot carry a macvlan: name the bridge or bond itself";
            case Errno.EOPNOTSUPP -> "this kernel has no macvlan (CONFIG_MACVLAN)";
            default -> "";
        };
        check(error, "RTM_NEWLINK(" + name + ", macvlan on interface " + parent + ")", advice);
        Link made = link(name);
        if (made == null) {
            throw new ErrnoException("RTM_GETLINK(" + name + ")", Errno.ENODEV, "it was removed at once");
        }
        // Only a change may carry it, not the making.
        linkMessage(RTM_SETLINK, NetlinkRequest.NLM_F_ACK, made.index(), 0, 0)
                .nest(
                        IFLA_AF_SPEC,
                        families -> families.nest(
                                AF_INET6,
                                six -> six.attributeHeader(IFLA_INET6_ADDR_GEN_MODE, 1)
                                        .int8(IN6_ADDR_GEN_MODE_NONE)
                                        .pad()));
        int refused = netlink.acknowledged(message -> {});
        // A kernel without IPv6 makes no such address either.
        if (refused != -Errno.EAFNOSUPPORT && refused != -Errno.EOPNOTSUPP) {
            check(refused, "RTM_SETLINK(" + name + ", addrgenmode none)", "");
        }
        return made.index();
    }

    /**
     * Removes an interface, with all its addresses.
     *
     * @return false when there is none of that index
     * @throws ErrnoException EPERM without CAP_NET_ADMIN, EOPNOTSUPP for one that is not virtual
     */
    public boolean removeLink(int index) {
        linkMessage(RTM_DELLINK, NetlinkRequest.NLM_F_ACK, index, 0, 0);
        return changedLink("RTM_DELLINK(" + index + ")");
    }

    /**
     * Switches an interface on or off.
     *
     * @return false when there is none of that index
     * @throws ErrnoException EPERM without CAP_NET_ADMIN
     */
    public boolean setUp(int index, boolean up) {
        linkMessage(RTM_SETLINK, NetlinkRequest.NLM_F_ACK, index, up ? IFF_UP : 0, IFF_UP);
        return changedLink("RTM_SETLINK(" + index + (up ? ", up)" : ", down)"));
    }

    /** Sets the largest packet of an interface, in bytes; result and errors as {@link #setUp}. */
    public boolean setMtu(int index, int mtu) {
        linkMessage(RTM_SETLINK, NetlinkRequest.NLM_F_ACK, index, 0, 0).attribute(IFLA_MTU, mtu);
        return changedLink("RTM_SETLINK(" + index + ", mtu " + mtu + ")");
    }

    private boolean changedLink(String call) {
        int error = netlink.acknowledged(message -> {});
        if (error == -Errno.ENODEV) {
            return false;
        }
        check(error, call, error == -Errno.EPERM ? "needs CAP_NET_ADMIN" : "");
        return true;
    }

    private NetlinkRequest linkMessage(int type, int flags, int index, int values, int mask) {
        return netlink.request()
                .start(type, flags)
                .int32(0)
                .int32(index)
                .int32(values)
                .int32(mask);
    }

    /**
     * Reads a setting of an interface, as {@code /proc/sys/net/ipv4/conf/NAME} shows it.
     *
     * @return its value, or empty when the interface is gone or the kernel does not know the setting
     */
    public OptionalInt ipv4Setting(int index, Ipv4Setting setting) {
        linkRequest(index, NetlinkRequest.NLM_F_ACK);
        List<int[]> found = new ArrayList<>(1);
        int error = netlink.acknowledged(message -> addIfPresent(found, decoder.ipv4Settings(message)));
        if (error != -Errno.ENODEV) {
            check(error, "RTM_GETLINK(" + index + ")", "");
        }
        if (found.isEmpty() || found.getFirst().length < setting.number()) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(found.getFirst()[setting.number() - 1]);
    }

    /**
     * Changes a setting of an interface. It works where {@code /proc/sys} is mounted read-only, as in most containers.
     *
     * @return false when there is no interface of that index
     * @throws ErrnoException EPERM without CAP_NET_ADMIN
     */
    public boolean setIpv4(int index, Ipv4Setting setting, int value) {
        linkMessage(RTM_SETLINK, NetlinkRequest.NLM_F_ACK, index, 0, 0)
                .nest(
                        IFLA_AF_SPEC,
                        families -> families.nest(
                                AF_INET,
                                four -> four.nest(
                                        IFLA_INET_CONF, settings -> settings.attribute(setting.number(), value))));
        return changedLink("RTM_SETLINK(" + index + ", " + setting.key() + "=" + value + ")");
    }

    /**
     * Looks up which link-layer address a neighbour has, without asking the neighbour.
     *
     * @return 6 bytes, or null when it is not known, or the kernel cannot be asked for one (before Linux 5.0)
     */
    public byte @Nullable [] neighbor(int interfaceIndex, InetAddress address) {
        neighborRequest(RTM_GETNEIGH, interfaceIndex, address);
        List<byte[]> found = new ArrayList<>(1);
        int ignored = netlink.acknowledged(message -> addIfPresent(found, decoder.neighborMac(message)));
        return ignored != 0 || found.isEmpty() ? null : found.getFirst();
    }

    /**
     * Forgets which link-layer address a neighbour has, so that the kernel asks again for the next packet to it, and keeps
     * that packet until it hears an answer.
     *
     * @return false when nothing was known of it, or the kernel refused to forget it
     */
    public boolean forgetNeighbor(int interfaceIndex, InetAddress address) {
        neighborRequest(RTM_DELNEIGH, interfaceIndex, address);
        return netlink.acknowledged(message -> {}) == 0;
    }

    private void neighborRequest(int type, int interfaceIndex, InetAddress address) {
        // struct ndmsg: family, padding, index, state, flags, type.
        netlink.request()
                .start(type, NetlinkRequest.NLM_F_ACK)
                .int32(Family.of(address).number())
                .int32(interfaceIndex)
                .int32(0)
                .attribute(NDA_DST, address.getAddress());
    }

    /** All IPv4 and IPv6 addresses. */
    public List<InterfaceAddress> addresses() {
        return addresses(0);
    }

    /**
     * The IPv4 and IPv6 addresses of one interface.
     *
     * @param interfaceIndex the interface; 0 for all of them
     */
    public List<InterfaceAddress> addresses(int interfaceIndex) {
        List<InterfaceAddress> addresses = new ArrayList<>();
        // struct ifaddrmsg: family (any), prefix, flags, scope, index.
        netlink.request().start(RTM_GETADDR, NetlinkRequest.NLM_F_DUMP).int32(0).int32(interfaceIndex);
        int error = netlink.dump(addresses::clear, message -> addIfPresent(addresses, decoder.address(message)));
        if (error == -Errno.ENODEV && interfaceIndex != 0) {
            return List.of();
        }
        check(error, "RTM_GETADDR(" + (interfaceIndex == 0 ? "all" : interfaceIndex) + ")", "");
        // Kernels before 4.20 give those of all interfaces.
        return addresses.stream()
                .filter(each -> interfaceIndex == 0 || each.interfaceIndex() == interfaceIndex)
                .toList();
    }

    /**
     * Adds an address or renews its lifetime; a lifetime ends at most 0.25 s late. An IPv6 address of a single host
     * (/128) is put as deprecated, so that this host does not use it as source of its own connections (RFC 6724 rule
     * 3); other IPv6 and all IPv4 addresses are preferred as long as they are valid.
     *
     * @param interfaceIndex the interface
     * @param address the address
     * @param prefix the length of its network prefix in bits
     * @param lifetimeSeconds how long the kernel keeps it unless renewed; 0 for ever
     * @throws ErrnoException EPERM without CAP_NET_ADMIN, ENODEV when the interface is gone, EACCES where IPv6 is
     *     disabled on it
     */
    public void putAddress(int interfaceIndex, InetAddress address, int prefix, int lifetimeSeconds) {
        Family family = Family.of(address);
        boolean deprecated = family == Family.IPV6 && prefix == family.bits();
        int valid = lifetime(lifetimeSeconds);
        putAddress(family, interfaceIndex, address, prefix, valid, deprecated ? 0 : valid);
    }

    /**
     * Adds an address or renews its lifetime, with a preferred lifetime of its own.
     *
     * @param preferredSeconds how long it may be chosen as source of new connections (RFC 4862 5.5.4): 0 never, at
     *     most the lifetime; {@link Integer#MAX_VALUE} as long as it is valid
     * @throws ErrnoException as the shorter form
     */
    public void putAddress(
            int interfaceIndex, InetAddress address, int prefix, int lifetimeSeconds, int preferredSeconds) {
        int valid = lifetime(lifetimeSeconds);
        boolean whileValid = preferredSeconds == Integer.MAX_VALUE;
        boolean longer = !whileValid && valid != INFINITE && preferredSeconds > valid;
        if (preferredSeconds < 0 || longer) {
            throw new IllegalArgumentException("preferred for " + preferredSeconds + " s is not within 0 to "
                    + lifetimeSeconds + " s, the lifetime of " + AddressText.of(address));
        }
        int preferred = whileValid ? valid : preferredSeconds;
        putAddress(Family.of(address), interfaceIndex, address, prefix, valid, preferred);
    }

    private static int lifetime(int seconds) {
        if (seconds < 0) {
            throw new IllegalArgumentException("lifetime " + seconds + " s is negative");
        }
        return seconds == 0 ? INFINITE : seconds;
    }

    private void putAddress(
            Family family, int interfaceIndex, InetAddress address, int prefix, int valid, int preferred) {
        int flags = NetlinkRequest.NLM_F_ACK | NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_REPLACE;
        NetlinkRequest request = addressRequest(RTM_NEWADDR, flags, family, interfaceIndex, address, prefix);
        if (family == Family.IPV6) {
            // No duplicate detection: VRRP decides who has the address, and a second's wait would be an outage.
            // A host route of its own would only be renewed and announced with each renewal of the address.
            boolean host = prefix == family.bits();
            request.attribute(IFA_FLAGS, host ? IFA_F_NODAD | IFA_F_NOPREFIXROUTE : IFA_F_NODAD);
        }
        request.attributeHeader(IFA_PROTO, 1).int8(ORIGIN).pad();
        // struct ifa_cacheinfo: preferred, valid, created, changed.
        request.attributeHeader(IFA_CACHEINFO, 16)
                .int32(preferred)
                .int32(valid)
                .int32(0)
                .int32(0);
        int error = netlink.acknowledged(message -> {});
        if (error != 0) {
            fail(error, "RTM_NEWADDR", interfaceIndex, address, prefix);
        }
    }

    /**
     * Removes an address.
     *
     * @return false when the interface did not have it with this prefix, or is gone itself
     * @throws ErrnoException EPERM without CAP_NET_ADMIN
     */
    public boolean removeAddress(int interfaceIndex, InetAddress address, int prefix) {
        addressRequest(RTM_DELADDR, NetlinkRequest.NLM_F_ACK, Family.of(address), interfaceIndex, address, prefix);
        int error = netlink.acknowledged(message -> {});
        if (error == -Errno.EADDRNOTAVAIL || error == -Errno.ENODEV || error == -Errno.ENXIO) {
            return false;
        }
        if (error != 0) {
            fail(error, "RTM_DELADDR", interfaceIndex, address, prefix);
        }
        return true;
    }

    private NetlinkRequest addressRequest(
            int type, int flags, Family family, int interfaceIndex, InetAddress address, int prefix) {
        if (prefix < 0 || prefix > family.bits()) {
            throw new IllegalArgumentException(
                    "prefix " + prefix + " of " + AddressText.of(address) + " is not within 0 to " + family.bits());
        }
        byte[] bytes = address.getAddress();
        return netlink.request()
                .start(type, flags)
                .int8(family.number())
                .int8(prefix)
                .int8(0)
                .int8(0)
                .int32(interfaceIndex)
                .attribute(IFA_LOCAL, bytes)
                .attribute(IFA_ADDRESS, bytes);
    }

    private void fail(int error, String call, int interfaceIndex, InetAddress address, int prefix) {
        String advice = switch (-error) {
            case Errno.EPERM -> "needs CAP_NET_ADMIN";
            case Errno.ENODEV -> "the interface is gone";
            case Errno.EACCES -> "IPv6 is disabled there: set net.ipv6.conf.NAME.disable_ipv6 to 0";
            default -> "";
        };
        check(
                error,
                call + "(" + AddressText.of(address) + "/" + prefix + ", interface " + interfaceIndex + ")",
                advice);
    }

    private void check(int error, String call, String advice) {
        if (error == 0) {
            return;
        }
        String explanation = netlink.explanation();
        String both = explanation.isEmpty() || advice.isEmpty() ? explanation + advice : explanation + "; " + advice;
        throw new ErrnoException(call, -error, both);
    }

    /** The descriptor, for a {@link Poller}; it stays owned by this object. */
    public int fd() {
        return netlink.fd();
    }

    @Override
    public void close() {
        netlink.close();
    }
}
