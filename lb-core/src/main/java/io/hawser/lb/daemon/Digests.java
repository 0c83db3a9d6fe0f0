package io.hawser.lb.daemon;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.admin.ConfigDigest;
import io.hawser.lb.balance.MemberPlan;
import io.hawser.lb.balance.MemberSource;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Listener;
import io.hawser.lb.config.Node;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.sysctl.net.AddressText;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Says what of a configuration has to be alike on all nodes. No secrets, and nothing that is a node's own. Pure; any thread. */
final class Digests {
    /** The sections, as they are called in the file and in metrics. */
    static final List<String> SECTIONS = List.of("nodes", "virtual-routers", "listeners", "pools");

    private Digests() {}

    /**
     * What the others are told of {@code config}.
     *
     * @param sources where the members of each pool come from, by its name
     */
    static ConfigDigest of(Config config, Map<String, MemberSource> sources) {
        return new ConfigDigest(
                ConfigDigest.FORM,
                SECTIONS.stream()
                        .map(name -> ConfigDigest.Section.of(name, values(name, config, sources)))
                        .toList());
    }

    private static Map<String, String> values(String section, Config config, Map<String, MemberSource> sources) {
        Map<String, String> values = new LinkedHashMap<>();
        switch (section) {
            case "nodes" -> config.nodes().forEach(node -> put(node, values));
            case "virtual-routers" -> config.virtualRouters().forEach(router -> put(router, values));
            case "listeners" ->
                config.listeners()
                        .forEach(listener -> put(listener, config.self().address(), values));
            case "pools" ->
                config.pools()
                        .forEach(pool ->
                                put(pool.name(), requireNonNull(sources.get(pool.name()), pool.name()), values));
            default -> throw new IllegalStateException("no section " + section);
        }
        return values;
    }

    private static void put(Node node, Map<String, String> values) {
        String of = "node " + node.name() + ": ";
        values.put(of + "address", text(node.address()));
        values.put(of + "priority", String.valueOf(node.priority()));
    }

    private static void put(VirtualRouter router, Map<String, String> values) {
        String of = "virtual router " + router.name() + ": ";
        values.put(of + "id", String.valueOf(router.id()));
        values.put(of + "version", String.valueOf(router.protocol().version()));
        values.put(
                of + "addresses",
                router.holding().addresses().stream()
                        .map(each -> text(each.address()) + "/" + each.prefix())
                        .collect(Collectors.toCollection(TreeSet::new))
                        .stream()
                        .collect(Collectors.joining(", ")));
        values.put(of + "advertisement-interval", text(router.intervals().own()));
        values.put(of + "transport", router.protocol().transport().name().toLowerCase(Locale.ROOT));
    }

    private static void put(Listener listener, InetAddress self, Map<String, String> values) {
        String of = "listener " + listener.name() + ": ";
        values.put(
                of + "bind",
                listener.bind().stream()
                        .map(bind -> bind.getAddress().equals(self) ? "the node:" + bind.getPort() : text(bind))
                        .collect(Collectors.joining(", ")));
        values.put(of + "pool", String.join(", ", listener.pools()));
        values.put(of + "mode", listener.tls().isPresent() ? "tls" : "tcp");
    }

    private static void put(String pool, MemberSource source, Map<String, String> values) {
        List<MemberPlan> members = source.sameOnAllNodes();
        values.put("pool " + pool + ": members", String.valueOf(members.size()));
        members.forEach(member -> values.put("member " + pool + "/" + member.name(), text(member.address())));
    }

    private static String text(Duration duration) {
        return duration.toMillis() + "ms";
    }

    private static String text(InetAddress address) {
        return AddressText.of(address);
    }

    /** By its name where it has one: each node looks that up for itself. */
    private static String text(InetSocketAddress address) {
        String host = address.getHostString();
        boolean isAddress = NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
        return isAddress ? AddressText.of(address) : host + ":" + address.getPort();
    }
}
