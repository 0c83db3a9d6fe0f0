package io.hawser.lb.daemon;

import io.hawser.healthcheck.HealthChange;
import io.hawser.healthcheck.HealthChecks;
import io.hawser.healthcheck.HealthListener;
import io.hawser.healthcheck.HealthLoop;
import io.hawser.healthcheck.MemberHealth;
import io.hawser.healthcheck.Peer;
import io.hawser.healthcheck.PeerProbe;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.AdminException;
import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.Commands;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Health;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.cli.Version;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Listener;
import io.hawser.lb.config.Node;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.lb.daemon.FitnessJudge.Facts;
import io.hawser.lb.daemon.FitnessJudge.ListenerFact;
import io.hawser.lb.daemon.FitnessJudge.LoopFact;
import io.hawser.lb.daemon.FitnessJudge.PoolFact;
import io.hawser.lb.daemon.FitnessJudge.Tracked;
import io.hawser.lb.daemon.FitnessJudge.Verdict;
import io.hawser.lb.proxy.ConnectFailure;
import io.hawser.lb.proxy.ListenerPlan;
import io.hawser.lb.proxy.Proxy;
import io.hawser.lb.proxy.ProxyEvents;
import io.hawser.lb.proxy.ProxyException;
import io.hawser.lb.proxy.ProxySettings;
import io.hawser.sysctl.Change;
import io.hawser.sysctl.KernelPreparation;
import io.hawser.sysctl.Missing;
import io.hawser.sysctl.Outcome;
import io.hawser.sysctl.Preparation;
import io.hawser.sysctl.linux.Capabilities;
import io.hawser.sysctl.linux.Capability;
import io.hawser.sysctl.linux.Errno;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Limits;
import io.hawser.vrrp.Evidence;
import io.hawser.vrrp.VrrpException;
import io.hawser.vrrp.VrrpListener;
import io.hawser.vrrp.VrrpSpeaker;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running node: everything wired together. Started and stopped by one thread; the rest is callbacks of the parts, each
 * on the thread that its part names.
 */
final class Daemon implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Daemon.class);
    private static final int EVENTS_KEPT = 2_000;
    private static final Duration RESIGN = Duration.ofSeconds(2);
    private static final Duration FIRST_CHECKS = Duration.ofSeconds(5);
    private static final Duration SHORTEST_PROBE = Duration.ofMillis(20);
    private static final Duration LONGEST_PROBE = Duration.ofSeconds(1);
    private static final Duration PROBE_WITHOUT_ROUTERS = Duration.ofSeconds(1);

    private final Config config;
    private final List<String> warnings = new ArrayList<>();
    private final Instant startedAt = Instant.now();
    private final Deque<Runnable> undo = new ArrayDeque<>();
    private final EventLog events = new EventLog(EVENTS_KEPT, Clock.systemUTC());
    private final Metrics metrics = new Metrics(Version.text(), Clock.systemUTC());
    private final Map<String, Pool> pools = new LinkedHashMap<>();
    private final Map<Target, Member> members = new HashMap<>();
    private final Set<String> trackedInterfaces = new LinkedHashSet<>();
    private final Shares shares;
    private final Peers peers;
    private final Steward steward;
    private final StatusView view;
    private volatile @Nullable Proxy proxy;
    private volatile @Nullable HealthChecks checks;
    private volatile @Nullable HealthLoop healthLoop;
    private volatile @Nullable VrrpSpeaker speaker;
    private volatile @Nullable String notReady = "starting";
    private Preparation preparation = new Preparation(List.of(), List.of());

    private Daemon(Config config) {
        this.config = config;
        config.pools().forEach(pool -> pools.put(pool.name(), Plans.pool(pool)));
        for (Pool pool : pools.values()) {
            pool.members().all().forEach(member -> members.put(Plans.target(member), member));
        }
        shares = new Shares(List.copyOf(pools.values()));
        peers = new Peers(config.peers(), config.virtualRouters(), new PeerNews());
        Map<String, Tracked> tracked = new LinkedHashMap<>();
        for (VirtualRouter router : config.virtualRouters()) {
            trackedInterfaces.addAll(router.track().interfaces());
            tracked.put(
                    router.name(),
                    new Tracked(
                            Set.copyOf(router.track().listeners()),
                            Set.copyOf(router.track().interfaces())));
        }
        Tracked everything = new Tracked(
                config.listeners().stream().map(Listener::name).collect(Collectors.toSet()), trackedInterfaces);
        steward = new Steward(this::facts, everything, tracked, this::toRouter, this::judged);
        view = new StatusView(config, startedAt, shares, peers, steward);
    }

    /**
     * Starts a node; all of it or nothing.
     *
     * @param warnings what the configuration warned of
     * @throws StartException when something is missing
     */
    static Daemon start(Config config, List<String> warnings) {
        var daemon = new Daemon(config);
        daemon.warnings.addAll(warnings);
        try {
            daemon.start();
            return daemon;
        } catch (AdminException | ProxyException e) {
            daemon.close();
            throw new StartException(ExitCode.FAILED, String.valueOf(e.getMessage()), e);
        } catch (VrrpException e) {
            daemon.close();
            boolean isRight = e.getCause() instanceof ErrnoException errno
                    && (errno.errno() == Errno.EPERM || errno.errno() == Errno.EACCES);
            throw new StartException(isRight ? ExitCode.PRIVILEGE : ExitCode.FAILED, String.valueOf(e.getMessage()), e);
        } catch (RuntimeException e) {
            daemon.close();
            throw e;
        }
    }

    private void start() {
        event("start", Severity.INFO, config.self().name(), "hawser " + Version.text() + " is starting");
        requireRights();
        prepareKernel();
        int connections = connectionLimit();
        startAdmin();
        startProxy(connections);
        startChecks();
        steward.start();
        undo.push(steward::close);
        startPeers();
        awaitFirstChecks();
        startVrrp();
        notReady = null;
        event(
                "ready",
                Severity.INFO,
                config.self().name(),
                "started in "
                        + Duration.between(startedAt, Instant.now()).toMillis() + " ms, "
                        + steward.verdict().text());
    }

    // --- start, in order

    private void requireRights() {
        if (config.virtualRouters().isEmpty()) {
            return;
        }
        Capabilities own = Capabilities.ofThisProcess();
        List<String> missing = new ArrayList<>();
        if (!own.has(Capability.NET_RAW)) {
            missing.add("CAP_NET_RAW is missing: VRRP needs raw sockets");
        }
        if (!own.has(Capability.NET_ADMIN)) {
            missing.add("CAP_NET_ADMIN is missing: virtual addresses are put on an interface");
        }
        if (!missing.isEmpty()) {
            throw new StartException(
                    ExitCode.PRIVILEGE,
                    String.join("\n", missing)
                            + "\nrun as root, or give the service or pod these capabilities (AmbientCapabilities=,"
                            + " securityContext.capabilities.add)");
        }
    }

    private void prepareKernel() {
        preparation = new KernelPreparation().prepare(Plans.kernel(config.kernel()));
        for (Change change : preparation.changes()) {
            if (change.outcome() == Outcome.CHANGED) {
                event(
                        "kernel",
                        Severity.INFO,
                        change.setting(),
                        "changed from " + change.before() + " to " + change.now() + ": " + change.why());
            } else {
                log.atInfo()
                        .addKeyValue("setting", change.setting())
                        .addKeyValue("now", change.now())
                        .addKeyValue("outcome", change.outcome())
                        .addKeyValue("why", change.why())
                        .log("kernel setting");
            }
        }
        if (!preparation.missing().isEmpty()) {
            throw new StartException(
                    ExitCode.PRIVILEGE,
                    preparation.missing().stream().map(Missing::message).collect(Collectors.joining("\n")));
        }
    }

    private int connectionLimit() {
        long files = Limits.raiseOpenFiles().soft();
        int possible = ProxySettings.connectionsFor(files);
        int wanted = config.limits().connections().orElse(possible);
        if (wanted > possible) {
            warnings.add("limits.connections is " + wanted + ", but with " + files + " open files only " + possible
                    + " are possible: raise the limit of open files (LimitNOFILE=, ulimit -n)");
        }
        view.limits(Math.min(wanted, possible), files);
        return Math.min(wanted, possible);
    }

    private void startAdmin() {
        AdminSources sources = new AdminSources(
                this::health, this::notLive, this::notReady, () -> view.status(parts()), metrics, events);
        AdminServer admin = AdminServer.start(sources);
        undo.push(admin::close);
        undo.push(metrics::close);
        admin.listen(config.admin().bind());
        admin.listen(config.admin().socket(), Commands.NONE);
        view.register(metrics, this::parts);
    }

    private void startProxy(int connections) {
        Proxy started = Proxy.start(ProxySettings.withConnections(connections), new Failures());
        proxy = started;
        undo.push(() -> started.stop(Duration.ZERO));
        List<ListenerPlan> plans = new ArrayList<>();
        for (Listener listener : config.listeners()) {
            plans.add(Plans.listener(listener, this::requirePool));
        }
        started.apply(plans);
    }

    private Pool requirePool(String name) {
        Pool pool = pools.get(name);
        if (pool == null) {
            throw new IllegalStateException("no pool \"" + name + "\"");
        }
        return pool;
    }

    private void startChecks() {
        HealthLoop loop = new HealthLoop();
        healthLoop = loop;
        undo.push(loop::close);
        HealthChecks started = new HealthChecks(loop, new MemberNews());
        checks = started;
        undo.push(started::close);
        for (io.hawser.lb.config.Pool pool : config.pools()) {
            for (Member member : requirePool(pool.name()).members().all()) {
                started.watch(Plans.target(member), Plans.check(pool.health()));
            }
        }
    }

    private void startPeers() {
        HealthLoop loop = healthLoop;
        if (loop == null || config.peers().isEmpty()) {
            return;
        }
        PeerProbe probe = new PeerProbe(loop, peers);
        undo.push(probe::close);
        Duration interval = config.virtualRouters().stream()
                .map(VirtualRouter::advertisementInterval)
                .min(Duration::compareTo)
                .orElse(PROBE_WITHOUT_ROUTERS);
        for (Node peer : config.peers()) {
            probe.watch(
                    new Peer(peer.name(), new InetSocketAddress(peer.address(), peer.adminPort())),
                    clamp(interval, SHORTEST_PROBE, LONGEST_PROBE));
        }
    }

    private static Duration clamp(Duration value, Duration least, Duration most) {
        return value.compareTo(least) < 0 ? least : value.compareTo(most) > 0 ? most : value;
    }

    /** A node takes part in the election when it can serve, or when its checks have had their chance. */
    private void awaitFirstChecks() {
        long endAt = System.nanoTime() + FIRST_CHECKS.toNanos();
        while (!steward.verdict().isFit() && System.nanoTime() - endAt < 0) {
            try {
                Thread.sleep(Duration.ofMillis(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Before VRRP, so that the end of VRRP is still told to its commands. */
    private Notifier startNotifier() {
        Notifier notifier =
                new Notifier(Notifier.LIMIT, (router, text) -> event("notify", Severity.WARNING, router, text));
        notifier.use(Plans.notifications(config));
        undo.push(notifier::close);
        metrics.notifications(() -> notifier.counts().entrySet().stream()
                .map(each -> new Metrics.NotificationSample(
                        each.getKey().router(), each.getKey().outcome().label(), each.getValue()))
                .toList());
        return notifier;
    }

    private void startVrrp() {
        if (config.virtualRouters().isEmpty()) {
            return;
        }
        Verdict verdict = steward.verdict();
        VrrpSpeaker started = VrrpSpeaker.start(
                Plans.routers(config),
                verdict.fitness(),
                verdict.text(),
                startNotifier().around(new RouterNews()));
        undo.push(() -> {
            if (!started.stop(RESIGN)) {
                log.atError()
                        .log("the vrrp thread did not end in time; the kernel takes its addresses when the lease ends");
            }
        });
        speaker = started;
        // What was judged meanwhile.
        config.virtualRouters().forEach(router -> toRouter(router.name(), steward.judge(router.name())));
        var status = started.status();
        log.atInfo()
                .addKeyValue("realtime", status.realtime())
                .addKeyValue("memory-lock", status.memory())
                .log("vrrp thread runs");
    }

    // --- stop

    /** Resigns first, so that the addresses are away before anything else ends; then everything in reverse. Waits. */
    @Override
    public void close() {
        notReady = "stopping";
        Proxy serving = proxy;
        VrrpSpeaker speaking = speaker;
        if (speaking != null) {
            event("stop", Severity.INFO, config.self().name(), "stopping: resigning, then letting connections end");
            if (!speaking.stop(RESIGN)) {
                log.atError()
                        .log("the vrrp thread did not end in time; the kernel takes its addresses when the lease ends");
            }
        }
        if (serving != null && speaking != null) {
            // Connections to a virtual address died with it: its packets go to another node now.
            serving.stop(listensOnOwnAddresses() ? config.limits().drain() : Duration.ZERO);
        } else if (serving != null) {
            serving.stop(config.limits().drain());
        }
        while (!undo.isEmpty()) {
            try {
                undo.pop().run();
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("stopping a part failed; going on with the others");
            }
        }
    }

    private boolean listensOnOwnAddresses() {
        Set<InetAddress> virtual = new HashSet<>();
        config.virtualRouters().forEach(router -> router.addresses().forEach(each -> virtual.add(each.address())));
        return config.listeners().stream()
                .flatMap(listener -> listener.bind().stream())
                .anyMatch(bind -> !virtual.contains(bind.getAddress()));
    }

    // --- what the parts see of each other

    StatusView.Parts parts() {
        HealthChecks checking = checks;
        VrrpSpeaker speaking = speaker;
        Proxy serving = proxy;
        return new StatusView.Parts(
                pools,
                checking == null ? Map.of() : checking.snapshot(),
                speaking == null ? null : speaking.status(),
                serving == null ? null : serving.snapshot(),
                preparation,
                List.copyOf(warnings),
                notReady == null);
    }

    private Health health() {
        VrrpSpeaker speaking = speaker;
        Verdict verdict = steward.verdict();
        String waiting = notReady;
        boolean isStopping = "stopping".equals(waiting);
        List<String> reasons = isStopping ? List.of("stopping") : verdict.reasons();
        return new Health(
                config.self().name(),
                verdict.isFit() && !isStopping,
                reasons,
                // A peer that believed a stuck node to be active would leave the address to nobody.
                speaking == null || speaking.stalledFor().compareTo(FitnessJudge.VRRP_STALL) >= 0
                        ? List.of()
                        : view.routers(speaking.routersNow()));
    }

    private List<String> notReady() {
        String waiting = notReady;
        return waiting == null ? List.of() : List.of(waiting);
    }

    private List<String> notLive() {
        List<String> problems = new ArrayList<>();
        for (LoopFact loop : loopFacts()) {
            if (loop.isStalled()) {
                problems.add("thread " + loop.name() + " does not run");
            }
        }
        return problems;
    }

    private List<LoopFact> loopFacts() {
        List<LoopFact> loops = new ArrayList<>();
        Proxy serving = proxy;
        if (serving != null) {
            loops.add(new LoopFact("io", serving.loopsStalledFor(), FitnessJudge.IO_STALL));
        }
        VrrpSpeaker speaking = speaker;
        if (speaking != null) {
            loops.add(new LoopFact("vrrp", speaking.stalledFor(), FitnessJudge.VRRP_STALL));
        }
        HealthLoop checking = healthLoop;
        if (checking != null) {
            loops.add(new LoopFact("health", Duration.ofNanos(checking.lagNanos()), FitnessJudge.HEALTH_STALL));
        }
        return loops;
    }

    private Facts facts() {
        shares.sampleIfDue(System.nanoTime());
        Proxy serving = proxy;
        HealthChecks checking = checks;
        Map<Target, MemberHealth> health = checking == null ? Map.of() : checking.snapshot();
        List<ListenerFact> listeners = new ArrayList<>();
        for (Listener listener : config.listeners()) {
            boolean bound = serving != null
                    && (serving.isBound(listener.name())
                            || !requirePool(listener.pools().getLast()).isUsable());
            listeners.add(
                    new ListenerFact(listener.name(), bound, listener.pools().getLast()));
        }
        List<PoolFact> ofPools = new ArrayList<>();
        for (Pool pool : pools.values()) {
            boolean served = false;
            boolean answered = false;
            for (Member member : pool.members().all()) {
                served |= member.health() == Member.Health.UP;
                MemberHealth known = health.get(Plans.target(member));
                answered |= known == null || known.last() == null || Answers.isAnswer(known.last());
            }
            ofPools.add(new PoolFact(pool.name(), served, answered));
        }
        long now = System.nanoTime();
        int answering =
                (int) peers.views().stream().filter(peer -> peer.answered(now)).count();
        Set<String> down = trackedInterfaces.stream()
                .filter(name -> !Interfaces.isUp(name))
                .collect(Collectors.toSet());
        return new Facts(listeners, ofPools, loopFacts(), down, config.peers().size(), answering);
    }

    private void toRouter(String router, Verdict verdict) {
        VrrpSpeaker speaking = speaker;
        if (speaking != null) {
            speaking.fitness(router, verdict.fitness(), verdict.text());
        }
    }

    private void judged(Verdict verdict) {
        event(
                "fitness",
                verdict.isFit() ? Severity.INFO : Severity.WARNING,
                config.self().name(),
                verdict.fitness().label() + ": " + verdict.text());
    }

    private void event(String kind, Severity severity, String subject, String text) {
        events.append(kind, severity, subject, text);
    }

    /** News of members, on the health loop. */
    private final class MemberNews implements HealthListener {
        @Override
        public void changed(HealthChange change) {
            Member member = members.get(change.target());
            if (member == null) {
                return;
            }
            requirePool(member.pool()).health(member, Plans.health(change.to()));
            boolean isGood = change.to() == io.hawser.healthcheck.Health.UP;
            event(
                    "member-health",
                    isGood ? Severity.INFO : Severity.WARNING,
                    member.pool() + "/" + member.name(),
                    label(change.from()) + " to "
                            + label(change.to()) + ": "
                            + change.why().reason());
            steward.lookNow();
        }

        private String label(io.hawser.healthcheck.Health health) {
            return health.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public void checked(Target target, io.hawser.healthcheck.CheckResult result) {
            if (result.tookNanos() > 0) {
                metrics.check().of(target.pool(), target.member()).record(result.tookNanos());
            }
        }
    }

    /** What real connections find out about members, on the event loops. */
    private final class Failures implements ProxyEvents {
        @Override
        public void memberFailed(Member member, ConnectFailure why) {
            HealthChecks checking = checks;
            if (checking != null) {
                checking.connectionFailed(Plans.target(member));
            }
        }
    }

    /** News of virtual routers, on the vrrp thread. */
    private final class RouterNews implements VrrpListener {
        @Override
        public void moved(Transition transition) {
            event(
                    "vrrp-state",
                    Severity.INFO,
                    transition.router(),
                    transition.from().label() + " to " + transition.to().label() + " (" + transition.cause() + "): "
                            + transition.explanation());
        }

        @Override
        public void alarmed(Alarm alarm) {
            event("vrrp-" + alarm.kind().label(), Severity.WARNING, alarm.router(), alarm.explanation());
        }

        @Override
        public void ticked(long lateNanos) {
            metrics.tickLate().record(lateNanos);
        }
    }

    /** News of the other nodes, on the health loop. */
    private final class PeerNews implements Peers.Sink {
        @Override
        public void evidence(String router, Evidence evidence) {
            VrrpSpeaker speaking = speaker;
            if (speaking != null) {
                speaking.evidence(router, evidence);
            }
        }

        @Override
        public void changed(Peers.View before, Peers.View now) {
            if (before.isUp() == now.isUp() && fit(before) == fit(now)) {
                return;
            }
            event(
                    "peer",
                    fit(now) ? Severity.INFO : Severity.WARNING,
                    now.node().name(),
                    words(now));
        }

        private String words(Peers.View peer) {
            if (!peer.isUp()) {
                return "does not answer: " + peer.problem();
            }
            return fit(peer) ? "answers, and can serve" : "answers, and cannot serve";
        }

        private boolean fit(Peers.View peer) {
            return peer.health() != null && peer.health().fit();
        }
    }
}
