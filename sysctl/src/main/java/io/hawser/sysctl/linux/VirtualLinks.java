package io.hawser.sysctl.linux;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;

/**
 * Makes veth pairs, bridges and addresses in the network namespace it was opened in (rtnetlink(7)), as an administrator would with ip(8):
 * nothing of it is marked as hawser's own. Owner's thread.
 */
final class VirtualLinks implements AutoCloseable {
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_NEWADDR = 20;
    private static final int IFF_UP = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MASTER = 10;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int VETH_INFO_PEER = 1;
    private static final int IFLA_BR_FORWARD_DELAY = 1;
    private static final int IFLA_BR_MCAST_SNOOPING = 23;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_F_NODAD = 0x02;

    private final NetlinkSocket netlink;

    private VirtualLinks(NetlinkSocket netlink) {
        this.netlink = netlink;
    }

    static VirtualLinks open() {
        return new VirtualLinks(NetlinkSocket.forRequests(NetlinkSocket.NETLINK_ROUTE));
    }

    /**
     * Makes a pair of interfaces. The one here is up; the kernel makes the other one first, and so cannot switch it on.
     *
     * @param name the one here
     * @param bridge the index of the bridge that the one here is a port of, or 0
     * @param peer the other one
     * @param peerNamespace an open file of the other one's network namespace
     * @throws ErrnoException EEXIST when a name is taken, EPERM without CAP_NET_ADMIN, ERANGE when a name is too long
     */
    void createVeth(String name, int bridge, String peer, Descriptor peerNamespace) {
        NetlinkRequest request = newLink().attribute(IFLA_IFNAME, name);
        if (bridge != 0) {
            request.attribute(IFLA_MASTER, bridge);
        }
        request.nest(
                IFLA_LINKINFO,
                information -> information
                        .attribute(IFLA_INFO_KIND, "veth")
                        .nest(
                                IFLA_INFO_DATA,
                                data -> data.nest(
                                        VETH_INFO_PEER,
                                        other -> link(other, 0)
                                                .attribute(IFLA_IFNAME, peer)
                                                .attribute(IFLA_NET_NS_FD, peerNamespace.fd()))));
        acknowledged("RTM_NEWLINK(" + name + ", veth to " + peer + ")");
    }

    /** Makes a bridge, up, that forwards at once. Errors as {@link #createVeth}. */
    void createBridge(String name) {
        newLink()
                .attribute(IFLA_IFNAME, name)
                .nest(
                        IFLA_LINKINFO,
                        information -> information
                                .attribute(IFLA_INFO_KIND, "bridge")
                                .nest(
                                        IFLA_INFO_DATA,
                                        data -> data.attribute(IFLA_BR_FORWARD_DELAY, 0)
                                                .attributeHeader(IFLA_BR_MCAST_SNOOPING, 1)
                                                .int8(0)
                                                .pad()));
        acknowledged("RTM_NEWLINK(" + name + ", bridge)");
    }

    /**
     * Gives an interface one more address, at once: no duplicate is looked for.
     *
     * @param index of the interface
     * @param prefix the length of the network prefix, in bits
     * @throws ErrnoException EEXIST when it is there, EPERM without CAP_NET_ADMIN
     */
    void addAddress(int index, InetAddress address, int prefix) {
        // struct ifaddrmsg: family, prefix, flags, scope, index.
        netlink.request()
                .start(RTM_NEWADDR, NetlinkRequest.NLM_F_ACK | NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_EXCL)
                .int8(Family.of(address).number())
                .int8(prefix)
                .int8(IFA_F_NODAD)
                .int8(0)
                .int32(index)
                .attribute(IFA_LOCAL, address.getAddress())
                .attribute(IFA_ADDRESS, address.getAddress());
        acknowledged("RTM_NEWADDR(" + AddressText.of(address) + "/" + prefix + " on interface " + index + ")");
    }

    private NetlinkRequest newLink() {
        return link(
                netlink.request()
                        .start(
                                RTM_NEWLINK,
                                NetlinkRequest.NLM_F_ACK | NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_EXCL),
                IFF_UP);
    }

    // struct ifinfomsg: family, padding, type (2), index, flags, mask of flags to change.
    private static NetlinkRequest link(NetlinkRequest request, int flags) {
        return request.int32(0).int32(0).int32(flags).int32(flags);
    }

    private void acknowledged(String call) {
        int error = netlink.acknowledged(message -> {});
        Libc.check(error, call, error == -Errno.EPERM ? "needs CAP_NET_ADMIN" : netlink.explanation());
    }

    @Override
    public void close() {
        netlink.close();
    }
}
