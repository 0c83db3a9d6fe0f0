package io.hawser.lb.demo;

import io.hawser.sysctl.linux.NetworkNamespace;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A little data centre of network namespaces: a switch, a client, two load-balancer nodes and three masters, all in 10.77.0.0/24. Making and
 * removing it needs root, {@code ip} and {@code nft}. One thread at a time; every method blocks for some milliseconds.
 *
 * <pre>
 *   c .100    lb1 .11    lb2 .12    m1 .21    m2 .22    m3 .23        virtual address .10
 *      └─────────┴──────────┴─ br0 in sw ┴──────────┴─────┘
 * </pre>
 */
public final class Network implements AutoCloseable {
    /** The virtual address. */
    public static final String VIRTUAL_ADDRESS = "10.77.0.10";

    /** The client's host name. */
    public static final String CLIENT = "c";

    /** The load-balancer nodes, highest priority first. */
    public static final List<String> NODES = List.of("lb1", "lb2");

    /** The masters. */
    public static final List<String> MASTERS = List.of("m1", "m2", "m3");

    private static final String SWITCH = "sw";
    private static final List<String> HOSTS =
            List.of(CLIENT, NODES.get(0), NODES.get(1), MASTERS.get(0), MASTERS.get(1), MASTERS.get(2));
    private static final List<Integer> HOST_PARTS = List.of(100, 11, 12, 21, 22, 23);

    private final String prefix;

    private Network(String prefix) {
        this.prefix = prefix;
    }

    /**
     * Makes the namespaces {@code prefix-sw}, {@code prefix-c}, ... and connects them.
     *
     * @throws DemoException when a namespace or a device cannot be made; what was made so far is removed
     */
    public static Network create(String prefix) {
        Network network = new Network(prefix);
        Tool.Result first = Tool.attempt("ip", "netns", "add", network.namespace(SWITCH));
        if (!first.isSuccess()) {
            throw DemoException.unavailable(
                    ("ip netns add %s: %s; network namespaces need root with CAP_SYS_ADMIN and CAP_NET_ADMIN "
                                    + "(in a container: --privileged), or run the demo with --single")
                            .formatted(network.namespace(SWITCH), first.output().strip()));
        }
        try {
            network.connect();
        } catch (DemoException e) {
            network.close();
            throw e;
        }
        return network;
    }

    private void connect() {
        String hosts = IntStream.range(0, HOSTS.size())
                .mapToObj(i -> plug(HOSTS.get(i), HOST_PARTS.get(i)))
                .collect(Collectors.joining());
        String sw = namespace(SWITCH);
        Tool.script("""
                ip -n %1$s link set lo up
                ip -n %1$s link add br0 type bridge
                ip -n %1$s link set br0 up
                """.formatted(sw) + hosts);
        // A chain that lets everything through: a fault then only adds rules, and a kernel without it is found out
        // here.
        Tool.Result chain = Tool.attempt(
                "ip",
                "netns",
                "exec",
                sw,
                "nft",
                "add table bridge cut; add chain bridge cut forward { type filter hook forward priority 0; }");
        if (!chain.isSuccess()) {
            throw DemoException.unavailable(
                    "nft add chain bridge cut forward: %s; the demo drops frames on its switch with nftables: install nftables, and load nf_tables"
                            .formatted(chain.output().strip()));
        }
    }

    private String plug(String host, int part) {
        return """
                ip netns add %1$s
                ip -n %1$s link set lo up
                ip -n %1$s link add eth0 type veth peer name %2$s netns %3$s
                ip -n %1$s addr add 10.77.0.%4$d/24 dev eth0
                ip -n %1$s link set eth0 up
                ip -n %3$s link set %2$s master br0 up
                """.formatted(namespace(host), host, namespace(SWITCH), part);
    }

    /** The name of a host's namespace, for {@code ip netns exec}. */
    public String namespace(String host) {
        return prefix + "-" + host;
    }

    /** A host's own address. */
    public static String address(String host) {
        return "10.77.0." + HOST_PARTS.get(HOSTS.indexOf(host));
    }

    /** The command that runs {@code command} in a host's namespace. */
    List<String> exec(String host, List<String> command) {
        return Stream.concat(Stream.of("ip", "netns", "exec", namespace(host)), command.stream())
                .toList();
    }

    /** Calls code in a host's network: sockets that it opens, and threads that it starts, belong there. */
    <T> T callIn(String host, Callable<T> code) {
        try {
            return NetworkNamespace.of(namespace(host)).call(code);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw DemoException.failed("in network namespace %s: %s".formatted(namespace(host), e.getMessage()));
        }
    }

    /** From now on the switch drops every frame from and to a host, without a loss of carrier. */
    public void silence(String host) {
        nft(
                SWITCH,
                "add rule bridge cut forward iifname %1$s drop; add rule bridge cut forward oifname %1$s drop"
                        .formatted(host));
    }

    /** The switch forwards everything again. */
    public void endSilence() {
        nft(SWITCH, "flush chain bridge cut forward");
    }

    /** Takes a host's interface down. */
    public void linkDown(String host) {
        Tool.run("ip", "-n", namespace(host), "link", "set", "eth0", "down");
    }

    /** Brings a host's interface up. */
    public void linkUp(String host) {
        Tool.run("ip", "-n", namespace(host), "link", "set", "eth0", "up");
    }

    /** From now on a host's packets to the masters are lost; everything else passes. */
    public void hideMasters(String host) {
        nft(
                host,
                "add table inet cut; add chain inet cut output { type filter hook output priority 0; }; add rule inet cut output ip daddr { %s } drop"
                        .formatted(MASTERS.stream().map(Network::address).collect(Collectors.joining(", "))));
    }

    /** A host reaches the masters again. */
    public void showMasters(String host) {
        nft(host, "delete table inet cut");
    }

    private void nft(String host, String rules) {
        Tool.run("ip", "netns", "exec", namespace(host), "nft", rules);
    }

    /** Kills whatever runs in the namespaces and removes them. */
    @Override
    public void close() {
        removeAll(prefix + "-");
    }

    /** Kills whatever runs in namespaces whose name starts with {@code start}, removes them and returns how many there were. */
    public static int removeAll(String start) {
        List<String> names = Tool.attempt("ip", "netns", "list")
                .output()
                .lines()
                .map(line -> line.split(" ", 2)[0])
                .filter(name -> name.startsWith(start))
                .toList();
        for (String name : names) {
            Tool.attempt("/bin/sh", "-c", removal("'" + name + "'"));
        }
        return names.size();
    }

    /** Shell words that kill what runs in a namespace and remove it. */
    static String removal(String name) {
        // Processes of a namespace are found by membership, which no reuse of a process id can deceive.
        return "for p in $(ip netns pids %1$s 2>/dev/null); do kill -KILL $p; done 2>/dev/null; ip netns del %1$s 2>/dev/null || :"
                .formatted(name);
    }
}
