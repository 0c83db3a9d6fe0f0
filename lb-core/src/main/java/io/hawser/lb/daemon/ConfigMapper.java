package io.hawser.lb.daemon;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.MemberHealth;
import io.hawser.healthcheck.Peer;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.Hosts;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.MemberPlan;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.config.CertificateFiles;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Health;
import io.hawser.lb.config.Kernel;
import io.hawser.lb.config.Listener;
import io.hawser.lb.config.Node;
import io.hawser.lb.config.NotifyCommand;
import io.hawser.lb.config.ServerName;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.lb.proxy.ListenerPlan;
import io.hawser.lb.proxy.Routes;
import io.hawser.sysctl.KernelSettings;
import io.hawser.vrrp.RouterSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Maps the records of the configuration to the parameters of the parts of a node. Pure; any thread. */
final class ConfigMapper {
    private static final Logger log = LoggerFactory.getLogger(ConfigMapper.class);
    // The JVM with its jars and libraries, the log, files that are being read, sockets of the node itself.
    private static final int FILES_OF_THE_PROCESS = 128;
    private static final int FILES_OF_A_LOOP = 3;
    private static final int FILES_OF_A_CHECK = 2;
    private static final int FILES_OF_A_ROUTER = 8;
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    private ConfigMapper() {}

    static KernelSettings kernel(Kernel kernel) {
        return new KernelSettings(kernel.ipForward(), kernel.nonlocalBind(), kernel.ipvs());
    }

    static List<MemberPlan> members(io.hawser.lb.config.Pool pool) {
        return pool.members().stream()
                .map(member -> new MemberPlan(
                        member.name(),
                        member.address(),
                        member.weight(),
                        member.isBackup(),
                        member.maxConnections().orElse(Member.UNLIMITED)))
                .toList();
    }

    /** The plan of a listener, whose pools are found by their names. */
    static ListenerPlan listener(Listener listener, Function<String, Pool> pools) {
        return new ListenerPlan(
                listener.name(),
                listener.bind(),
                routes(listener, pools),
                listener.greeting(),
                listener.idleTimeout(),
                listener.connections().orElse(0),
                listener.whenNoMember(),
                listener.access());
    }

    private static Routes routes(Listener listener, Function<String, Pool> pools) {
        List<Routes.Route> routes = listener.routing().routes().stream()
                .map(route -> new Routes.Route(
                        route.names().stream().map(ServerName::toString).collect(Collectors.toSet()),
                        Set.copyOf(route.alpn()),
                        pools.apply(route.pool())))
                .toList();
        return Routes.of(routes, listener.routing().rest().map(pools).orElse(null));
    }

    /** Where the other nodes are asked. */
    static Set<Peer> peers(Config config) {
        Set<Peer> peers = new LinkedHashSet<>();
        config.peers()
                .forEach(node ->
                        peers.add(new Peer(node.name(), new InetSocketAddress(node.address(), node.adminPort()))));
        return peers;
    }

    /** From where the nodes connect to each other. */
    static Set<InetAddress> nodeAddresses(Config config) {
        return config.nodes().stream().map(Node::address).collect(Collectors.toCollection(HashSet::new));
    }

    /**
     * How many descriptors are for something else than connections through the proxy.
     *
     * @param members how many members are checked
     * @param loops how many event loops there are, each with a listening socket for each address
     */
    static int reservedFiles(Config config, int members, int loops) {
        int binds = config.listeners().stream()
                .mapToInt(listener -> listener.bind().size())
                .sum();
        return FILES_OF_THE_PROCESS
                + loops * (FILES_OF_A_LOOP + binds)
                + AdminServer.mostConnections(nodeAddresses(config).size())
                + FILES_OF_A_CHECK * (members + config.peers().size())
                + FILES_OF_A_ROUTER * config.virtualRouters().size();
    }

    /** By which names the admin port is asked. */
    static Hosts hosts(Config config) {
        Set<InetAddress> addresses = nodeAddresses(config);
        config.virtualRouters()
                .forEach(router -> router.holding().addresses().forEach(virtual -> addresses.add(virtual.address())));
        List<String> names = new ArrayList<>(config.admin().hosts());
        config.nodes().forEach(node -> names.add(node.name()));
        hostName().ifPresent(names::add);
        return new Hosts(addresses, names);
    }

    private static Optional<String> hostName() {
        try {
            return Optional.of(Files.readString(HOST_NAME).strip());
        } catch (IOException e) {
            log.atWarn().addKeyValue("file", HOST_NAME).setCause(e).log("this host's name is not known");
            return Optional.empty();
        }
    }

    static Target target(Member member) {
        return new Target(member.pool(), member.name(), member.address());
    }

    /** What the checks say of a member; null: nothing yet, or never, as it has no address. */
    static @Nullable MemberHealth known(Map<Target, MemberHealth> health, Member member) {
        return member.address().isUnresolved() ? null : health.get(target(member));
    }

    static CheckPlan check(Health health) {
        return new CheckPlan(
                health.type(),
                health.timing(),
                new CheckPlan.Request(
                        health.request().path(),
                        health.host().orElse(null),
                        Set.copyOf(health.request().expect()),
                        health.request().bearerTokenFile().orElse(null),
                        health.request().onWrongStatus()),
                new CheckPlan.Tls(
                        health.tls().ca().orElse(null),
                        health.host().orElse(null),
                        health.tls().own().map(CertificateFiles::certificate).orElse(null),
                        health.tls().own().map(CertificateFiles::key).orElse(null)),
                health.port().orElse(0));
    }

    static Member.Health health(io.hawser.healthcheck.Health health) {
        return switch (health) {
            case UNKNOWN -> Member.Health.UNKNOWN;
            case UP -> Member.Health.UP;
            case DRAINING -> Member.Health.DRAINING;
            case DOWN -> Member.Health.DOWN;
        };
    }

    static List<RouterSpec> routers(Config config) {
        return config.virtualRouters().stream()
                .map(router -> router(config, router))
                .toList();
    }

    /** The commands that are run at changes of state, by router. */
    static Map<String, List<List<String>>> notifications(Config config) {
        return config.virtualRouters().stream()
                .collect(Collectors.toMap(
                        VirtualRouter::name,
                        router -> router.notifyCommands().stream()
                                .map(NotifyCommand::words)
                                .toList()));
    }

    private static RouterSpec router(Config config, VirtualRouter router) {
        return new RouterSpec(
                router.name(),
                router.id(),
                router.protocol(),
                router.carrier(),
                router.holding(),
                nodes(config),
                router.intervals(),
                router.takeover(),
                router.group());
    }

    private static RouterSpec.Nodes nodes(Config config) {
        return new RouterSpec.Nodes(
                config.self().address(),
                config.self().priority(),
                config.peers().stream().map(Node::address).toList(),
                config.nodes().stream().collect(Collectors.toMap(Node::address, Node::name, (first, _) -> first)));
    }
}
