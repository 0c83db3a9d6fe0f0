package io.hawser.sysctl.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Drops what is sent to some addresses of this host, in a table of the kernel's packet filter that is called "hawser" (nftables
 * shows it as {@code table ip hawser} and {@code table ip6 hawser}). ARP is no matter of this filter, and neighbour
 * discovery passes, so that the addresses are still found. Owner's thread.
 */
public final class InputFilter implements AutoCloseable {

    /*
     * Spoken to directly (nfnetlink), so that no program has to be installed. Each change is one transaction that makes
     * the table if it is missing, removes it, and makes it anew with all its rules: there is no moment without them, and
     * what an earlier process left makes no difference.
     *
     *  struct nfgenmsg:  0 family (1)   1 version (1)   2 resource (2, network order)
     *  Numbers in attributes are in network order.
     */
    private static final int NFNL_SUBSYS_NFTABLES = 10;
    private static final int NFNL_MSG_BATCH_BEGIN = 0x10;
    private static final int NFNL_MSG_BATCH_END = 0x11;
    private static final int NFT_MSG_NEWTABLE = NFNL_SUBSYS_NFTABLES << 8;
    private static final int NFT_MSG_DELTABLE = NFNL_SUBSYS_NFTABLES << 8 | 2;
    private static final int NFT_MSG_NEWCHAIN = NFNL_SUBSYS_NFTABLES << 8 | 3;
    private static final int NFT_MSG_NEWRULE = NFNL_SUBSYS_NFTABLES << 8 | 6;

    private static final int NFTA_TABLE_NAME = 1;
    private static final int NFTA_CHAIN_TABLE = 1;
    private static final int NFTA_CHAIN_NAME = 3;
    private static final int NFTA_CHAIN_HOOK = 4;
    private static final int NFTA_CHAIN_TYPE = 7;
    private static final int NFTA_HOOK_HOOKNUM = 1;
    private static final int NFTA_HOOK_PRIORITY = 2;
    private static final int NFTA_RULE_TABLE = 1;
    private static final int NFTA_RULE_CHAIN = 2;
    private static final int NFTA_RULE_EXPRESSIONS = 4;
    private static final int NFTA_LIST_ELEM = 1;
    private static final int NFTA_EXPR_NAME = 1;
    private static final int NFTA_EXPR_DATA = 2;
    private static final int NFT_REG_VERDICT = 0;
    private static final int NFT_REG_1 = 1;
    private static final int NFT_PAYLOAD_NETWORK_HEADER = 1;
    private static final int NFT_PAYLOAD_TRANSPORT_HEADER = 2;
    private static final int NFT_META_L4PROTO = 16;
    private static final int NFTA_DATA_VALUE = 1;
    private static final int NFTA_DATA_VERDICT = 2;
    private static final int NF_DROP = 0;
    private static final int NF_ACCEPT = 1;
    private static final int NF_INET_LOCAL_IN = 1;

    private static final String TABLE = "hawser";
    private static final String CHAIN = "input";
    /** Before the usual filter rules (0), which may accept. */
    private static final int PRIORITY = -1;

    private static final int ICMPV6 = 58;
    private static final int NEIGHBOR_SOLICITATION = 135;
    private static final int NEIGHBOR_ADVERTISEMENT = 136;
    private static final int LONGEST_REQUEST = 1 << 18;

    private final NetlinkSocket netlink;

    private InputFilter(NetlinkSocket netlink) {
        this.netlink = netlink;
    }

    /** Opens the packet filter of the calling thread's network namespace. */
    public static InputFilter open() {
        return new InputFilter(NetlinkSocket.forRequests(NetlinkSocket.NETLINK_NETFILTER, LONGEST_REQUEST));
    }

    /**
     * Whether there may be rules at all: asking the packet filter would load its module where nobody uses it. A kernel
     * with modules that has it built in is taken for one without.
     */
    public static boolean isLoaded() {
        try (Stream<String> modules = Files.lines(Path.of("/proc/modules"))) {
            return modules.anyMatch(line -> line.startsWith("nf_tables "));
        } catch (IOException | UncheckedIOException e) {
            // Without modules everything is built in.
            return true;
        }
    }

    /**
     * Drops from now on what is sent to these addresses of a family, and nothing else.
     *
     * @param addresses all of the family; none: nothing is dropped, and the table is removed
     * @throws ErrnoException EPERM without CAP_NET_ADMIN, EOPNOTSUPP when the kernel has no nf_tables
     */
    public void drop(Family family, Collection<? extends InetAddress> addresses) {
        NetlinkRequest request = netlink.request().start(NFNL_MSG_BATCH_BEGIN, 0);
        header(request, 0, NFNL_SUBSYS_NFTABLES);
        message(NFT_MSG_NEWTABLE, NetlinkRequest.NLM_F_CREATE, family).attribute(NFTA_TABLE_NAME, TABLE);
        // The acknowledgement of the last change: an error of an earlier one comes first.
        boolean isLast = addresses.isEmpty();
        message(NFT_MSG_DELTABLE, isLast ? NetlinkRequest.NLM_F_ACK : 0, family).attribute(NFTA_TABLE_NAME, TABLE);
        if (!isLast) {
            make(family, List.copyOf(addresses));
        }
        header(request.next(NFNL_MSG_BATCH_END, 0), 0, NFNL_SUBSYS_NFTABLES);
        int error = netlink.acknowledged(message -> {});
        if (error != 0) {
            String advice = switch (-error) {
                case Errno.EPERM -> "needs CAP_NET_ADMIN";
                case Errno.EOPNOTSUPP, Errno.EPROTONOSUPPORT ->
                    "this kernel has no packet filter nf_tables, or its module is not loaded (modprobe nf_tables)";
                default -> netlink.explanation();
            };
            throw new ErrnoException(
                    "nf_tables(" + (family == Family.IPV4 ? "ip " : "ip6 ") + TABLE + ", " + addresses.size()
                            + " addresses)",
                    -error,
                    advice);
        }
    }

    private void make(Family family, List<InetAddress> addresses) {
        message(NFT_MSG_NEWTABLE, NetlinkRequest.NLM_F_CREATE, family).attribute(NFTA_TABLE_NAME, TABLE);
        message(NFT_MSG_NEWCHAIN, NetlinkRequest.NLM_F_CREATE, family)
                .attribute(NFTA_CHAIN_TABLE, TABLE)
                .attribute(NFTA_CHAIN_NAME, CHAIN)
                .attribute(NFTA_CHAIN_TYPE, "filter")
                .nest(
                        NFTA_CHAIN_HOOK,
                        hook -> hook.attribute(NFTA_HOOK_HOOKNUM, number(NF_INET_LOCAL_IN))
                                .attribute(NFTA_HOOK_PRIORITY, number(PRIORITY)));
        if (family == Family.IPV6) {
            // RFC 9568 6.4.3: these MUST NOT be dropped, whatever Accept_Mode is.
            for (int type : new int[] {NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT}) {
                rule(family, false, expressions -> {
                    protocol(expressions);
                    equal(expressions, new byte[] {ICMPV6});
                    load(expressions, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
                    equal(expressions, new byte[] {(byte) type});
                    verdict(expressions, NF_ACCEPT);
                });
            }
        }
        int at = family == Family.IPV4 ? 16 : 24;
        for (int i = 0; i < addresses.size(); i++) {
            byte[] address = addresses.get(i).getAddress();
            rule(family, i == addresses.size() - 1, expressions -> {
                load(expressions, NFT_PAYLOAD_NETWORK_HEADER, at, address.length);
                equal(expressions, address);
                verdict(expressions, NF_DROP);
            });
        }
    }

    private NetlinkRequest message(int type, int flags, Family family) {
        return header(netlink.request().next(type, flags), family.number(), 0);
    }

    private static NetlinkRequest header(NetlinkRequest request, int family, int resource) {
        return request.int8(family).int8(0).int8(resource >> 8).int8(resource);
    }

    private void rule(Family family, boolean isLast, Consumer<NetlinkRequest> expressions) {
        int flags = NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_APPEND | (isLast ? NetlinkRequest.NLM_F_ACK : 0);
        message(NFT_MSG_NEWRULE, flags, family)
                .attribute(NFTA_RULE_TABLE, TABLE)
                .attribute(NFTA_RULE_CHAIN, CHAIN)
                .nest(NFTA_RULE_EXPRESSIONS, expressions);
    }

    private static void expression(NetlinkRequest request, String name, Consumer<NetlinkRequest> parameters) {
        request.nest(
                NFTA_LIST_ELEM,
                element -> element.attribute(NFTA_EXPR_NAME, name).nest(NFTA_EXPR_DATA, parameters));
    }

    // NFTA_META_DREG 1, NFTA_META_KEY 2
    private static void protocol(NetlinkRequest request) {
        expression(
                request,
                "meta",
                parameters -> parameters.attribute(1, number(NFT_REG_1)).attribute(2, number(NFT_META_L4PROTO)));
    }

    // NFTA_PAYLOAD_DREG 1, NFTA_PAYLOAD_BASE 2, NFTA_PAYLOAD_OFFSET 3, NFTA_PAYLOAD_LEN 4
    private static void load(NetlinkRequest request, int base, int offset, int length) {
        expression(
                request,
                "payload",
                parameters -> parameters
                        .attribute(1, number(NFT_REG_1))
                        .attribute(2, number(base))
                        .attribute(3, number(offset))
                        .attribute(4, number(length)));
    }

    // NFTA_CMP_SREG 1, NFTA_CMP_OP 2 (0: equal), NFTA_CMP_DATA 3
    private static void equal(NetlinkRequest request, byte[] value) {
        expression(
                request,
                "cmp",
                parameters -> parameters
                        .attribute(1, number(NFT_REG_1))
                        .attribute(2, number(0))
                        .nest(3, data -> data.attribute(NFTA_DATA_VALUE, value)));
    }

    // NFTA_IMMEDIATE_DREG 1, NFTA_IMMEDIATE_DATA 2, NFTA_VERDICT_CODE 1
    private static void verdict(NetlinkRequest request, int code) {
        expression(
                request,
                "immediate",
                parameters -> parameters
                        .attribute(1, number(NFT_REG_VERDICT))
                        .nest(2, data -> data.nest(NFTA_DATA_VERDICT, verdict -> verdict.attribute(1, number(code)))));
    }

    private static byte[] number(int value) {
        return new byte[] {(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
    }

    @Override
    public void close() {
        netlink.close();
    }
}
