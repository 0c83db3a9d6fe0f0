package io.hawser.lb.daemon;

import io.hawser.healthcheck.MemberHealth;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.NodeHealth;
import io.hawser.lb.admin.RouterState;
import io.hawser.lb.admin.Status;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.cli.Version;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Listener;
import io.hawser.lb.config.Node;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.lb.daemon.FitnessRules.Verdict;
import io.hawser.lb.proxy.Outcome;
import io.hawser.lb.proxy.ProxyStats;
import io.hawser.sysctl.Change;
import io.hawser.sysctl.Preparation;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.RouterStatus;
import io.hawser.vrrp.SpeakerStatus;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Puts what the components of a node say of themselves into what people see. Admin thread. */
final class StatusView {

    /** Ends that a client sees as an error, and that somebody other than the client brought about. */
    private static final Set<Outcome> FAILED = Set.of(
            Outcome.NO_MEMBER,
            Outcome.CONNECT_FAILED,
            Outcome.MEMBER_RESET,
            Outcome.MEMBER_LOST,
            Outcome.MEMBER_DOWN,
            Outcome.QUEUE_FULL,
            Outcome.QUEUE_TIMEOUT,
            Outcome.INTERNAL);

    private final Lifetime lifetime;
    private final Sources sources;

    /**
     * What does not change while the process lives. Immutable.
     *
     * @param openFiles how many descriptors it may have
     */
    record Lifetime(Instant startedAt, long openFiles) {}

    /** Who says what. Each may be asked by any thread. */
    record Sources(
            CurrentConfiguration current,
            Supplier<Preparation> kernel,
            DataPath dataPath,
            Supplier<MemberChecks> checks,
            Supplier<VirtualRouters> routers,
            Peers peers,
            Shares shares,
            Supplier<Verdict> verdict) {}

    StatusView(Lifetime lifetime, Sources sources) {
        this.lifetime = lifetime;
        this.sources = sources;
    }

    /**
     * What people see.
     *
     * @param ready whether the start is complete
     * @param certificates when what is in each certificate file ends
     * @param warnings what else they should know
     */
    Status status(boolean ready, List<Status.Certificate> certificates, List<String> warnings) {
        Instant now = Instant.now();
        ActiveConfiguration active = sources.current().active();
        Verdict verdict = sources.verdict().get();
        ProxyStats proxy = sources.dataPath().stats();
        return new Status(
                active.config().self().name(),
                Version.text(),
                lifetime.startedAt(),
                now,
                ready,
                verdict.isFit(),
                verdict.reasons(),
                changes(sources.kernel().get()),
                routerStatus(active.config(), sources.routers().get().status()),
                peerStatus(active.config()),
                listeners(active.config(), proxy),
                pools(active, sources.checks().get().snapshot(), now),
                new Status.Limits(proxy.mostActive(), proxy.active(), lifetime.openFiles()),
                certificates,
                warnings);
    }

    private static List<Status.KernelChange> changes(Preparation preparation) {
        return preparation.changes().stream()
                .filter(change -> change.outcome() == io.hawser.sysctl.Outcome.CHANGED)
                .map(StatusView::change)
                .toList();
    }

    private static Status.KernelChange change(Change change) {
        return new Status.KernelChange(change.setting(), change.before(), change.now(), change.why());
    }

    /** What /healthz says of the routers. */
    List<NodeHealth.Router> routers(List<RouterStatus> routers) {
        return routers.stream()
                .map(router -> new NodeHealth.Router(
                        router.name(),
                        router.vrid(),
                        state(router.state()),
                        router.priority(),
                        router.addresses().stream()
                                .map(held -> AddressText.of(held.address().address()))
                                .toList()))
                .toList();
    }

    private static List<Status.Router> routerStatus(Config config, SpeakerStatus vrrp) {
        long now = System.nanoTime();
        return vrrp.routers().stream()
                .map(router -> new Status.Router(
                        router.name(),
                        router.vrid(),
                        state(router.state()),
                        router.since(),
                        router.priority(),
                        router.addresses().stream()
                                .map(held -> new Status.Address(
                                        AddressText.of(held.address().address()), held.present()))
                                .toList(),
                        node(config, router.active()),
                        router.heardAt() == null ? null : Duration.ofNanos(now - router.heardAt()),
                        why(config, router)))
                .toList();
    }

    /** Why a router is in its state; one that has nothing to run on says what it waits for. */
    private static String why(Config config, RouterStatus router) {
        if (state(router.state()) == RouterState.INITIALIZE) {
            for (VirtualRouter wanted : config.virtualRouters()) {
                String carrier = wanted.carrier().interfaceName();
                if (wanted.name().equals(router.name()) && carrier.equals(VirtualRouter.NOT_KNOWN_YET)) {
                    return "waits for an interface with this node's address "
                            + AddressText.of(config.self().address());
                } else if (wanted.name().equals(router.name()) && !Interfaces.exists(carrier)) {
                    return "waits for interface " + carrier;
                }
            }
        }
        return router.cause() + ": " + router.explanation();
    }

    private static @Nullable String node(Config config, @Nullable InetAddress address) {
        if (address == null) {
            return null;
        }
        for (Node node : config.nodes()) {
            if (node.address().equals(address)) {
                return node.name();
            }
        }
        return AddressText.of(address);
    }

    private List<Status.Peer> peerStatus(Config config) {
        List<Status.Peer> found = new ArrayList<>();
        for (Node node : config.peers()) {
            Peers.View view = sources.peers().view(node.name());
            NodeHealth health = view == null ? null : view.health();
            String problem = view == null ? "not probed" : view.problem();
            if (health != null && !health.fit()) {
                problem = String.join("; ", health.reasons());
            }
            found.add(new Status.Peer(
                    node.name(),
                    AddressText.of(node.address()),
                    health != null,
                    health == null ? null : health.fit(),
                    problem,
                    health == null
                            ? List.of()
                            : health.routers().stream()
                                    .map(router ->
                                            new Status.PeerRouter(router.name(), router.state(), router.priority()))
                                    .toList()));
        }
        return found;
    }

    private static List<Status.Listener> listeners(Config config, ProxyStats proxy) {
        Map<String, ProxyStats.ListenerStats> byName = new HashMap<>();
        proxy.listeners().forEach(stats -> byName.put(stats.name(), stats));
        boolean isFull =
                (proxy.mostActive() > 0 && proxy.active() >= proxy.mostActive()) || proxy.notAccepting() != null;
        List<Status.Listener> found = new ArrayList<>();
        for (Listener listener : config.listeners()) {
            ProxyStats.ListenerStats stats = byName.get(listener.name());
            int limit = listener.connections().orElse(0);
            int active = stats == null ? 0 : stats.active();
            found.add(new Status.Listener(
                    listener.name(),
                    listener.bind().stream().map(AddressText::of).toList(),
                    stats != null && stats.bound(),
                    isFull || (limit > 0 && active >= limit),
                    active,
                    limit,
                    String.join(", ", listener.pools()),
                    stats == null ? new Status.Traffic(0, 0, 0, 0) : traffic(stats)));
        }
        return found;
    }

    private static Status.Traffic traffic(ProxyStats.ListenerStats stats) {
        long failed = stats.endings().stream()
                .filter(ending -> FAILED.contains(ending.outcome()))
                .mapToLong(ProxyStats.Ending::count)
                .sum();
        return new Status.Traffic(stats.accepted(), stats.fromClients(), stats.fromMembers(), failed);
    }

    private List<Status.Pool> pools(ActiveConfiguration active, Map<Target, MemberHealth> health, Instant now) {
        List<Status.Pool> found = new ArrayList<>();
        for (Pool pool : active.pools().values()) {
            List<Status.Member> ofPool = new ArrayList<>();
            for (Member member : pool.members().all()) {
                ofPool.add(member(member, ConfigMapper.known(health, member), now));
            }
            found.add(new Status.Pool(
                    pool.name(),
                    pool.settings().balance().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                    ofPool));
        }
        return found;
    }

    private Status.Member member(Member member, @Nullable MemberHealth known, Instant now) {
        Instant since = known == null ? lifetime.startedAt() : now.minusNanos(System.nanoTime() - known.sinceNanos());
        return new Status.Member(
                member.name(),
                AddressText.of(member.address()),
                Status.MemberHealth.valueOf(member.health().name()),
                since,
                reason(member, known),
                member.weight(),
                member.isDrained(),
                member.active(),
                member.queued(),
                member.failures(),
                sources.shares().of(member),
                known == null || known.last() == null
                        ? null
                        : Duration.ofNanos(known.last().tookNanos()));
    }

    private static String reason(Member member, @Nullable MemberHealth known) {
        if (member.address().isUnresolved()) {
            return "does not resolve: " + member.address().getHostString();
        }
        return known == null || known.last() == null
                ? "not checked yet"
                : known.last().reason();
    }

    private static RouterState state(io.hawser.vrrp.election.RouterState state) {
        return switch (state) {
            case INITIALIZE -> RouterState.INITIALIZE;
            case BACKUP -> RouterState.BACKUP;
            case ACTIVE -> RouterState.ACTIVE;
        };
    }
}
