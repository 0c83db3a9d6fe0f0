package io.hawser.lb.daemon;

import io.hawser.lb.admin.AccessLog;
import io.hawser.lb.admin.AdminException;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.HaproxyNames;
import io.hawser.lb.admin.Latency;
import io.hawser.lb.admin.LatencyFamily;
import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.NodeHealth;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.admin.Status;
import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.cli.Version;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Difference;
import io.hawser.lb.config.Finding.NotYet;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import io.hawser.lb.daemon.FitnessRules.Verdict;
import io.hawser.lb.proxy.ProxyException;
import io.hawser.lb.tls.TlsException;
import io.hawser.sysctl.KernelPreparation;
import io.hawser.sysctl.linux.Errno;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Limits;
import io.hawser.vrrp.VrrpException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One running node: its {@link Component}s in the order of their start, and what they see of each other. It starts, changes and stops under its
 * monitor, one after the other; the rest is callbacks, each on the thread that its component names.
 */
final class Daemon implements AutoCloseable {

    private static final int EVENTS_KEPT = 2_000;

    private final Instant startedAt = Instant.now();
    private final EventLog events = new EventLog(EVENTS_KEPT, Clock.systemUTC());
    private final Metrics metrics = new Metrics(Version.text());
    private final TlsProvisioning encryption = new TlsProvisioning(events);
    // Standard output is the log's too: whole lines at a time, so that they do not mix.
    private final AccessLog accessLog = new AccessLog(System.out, AccessLog.CAPACITY);
    private final CurrentConfiguration current;
    private final Shares shares = new Shares();
    private final Overload overload = new Overload(events);
    private final LinkFloods linkFloods = new LinkFloods(events);
    private final KernelWatch kernel = new KernelWatch(new KernelPreparation()::unmet, events);
    private final Disagreements disagreements = new Disagreements(events);
    private final RouterEvents routerEvents;
    private final Peers peers;
    private final FitnessObserver observer;
    private final FitnessMonitor steward;
    private final StatusView view;
    private final Notifier notifier;
    private final Reloader reloader;
    private final Operator operator;
    private final DataPath dataPath = new DataPaths(List.of(this::relayed));
    private final RelayComponent relay;
    private final HealthComponent health;
    private final VrrpComponent vrrp;
    private final Components components;
    private final Inputs inputs;
    private volatile @Nullable String notReady = "starting";

    /**
     * What a node takes from outside besides its configuration. Immutable.
     *
     * @param members where the members of its pools come from
     * @param watchClock the time, for what is looked at now and then: kernel settings, the peers' configurations, overload; in nanoseconds, on a
     *     scale of its own
     */
    record Inputs(MemberSources members, LongSupplier watchClock) {
        /** Those of a real node. */
        static final Inputs OF_A_NODE = new Inputs(MemberSources.FILE, System::nanoTime);

        /** The same with another clock. */
        Inputs with(LongSupplier otherClock) {
            return new Inputs(members, otherClock);
        }

        /** The same with members from elsewhere. */
        Inputs with(MemberSources otherMembers) {
            return new Inputs(otherMembers, watchClock);
        }
    }

    private Daemon(Config config, List<String> warnings, List<NotYet> waits, ConfigFile file, Inputs inputs) {
        this.inputs = inputs;
        current = new CurrentConfiguration(ActiveConfiguration.first(config, warnings, inputs.members()));
        LatencyFamily checkTimes = LatencyFamily.ofRoundTrips("pool", "member");
        Latency tickLate = Latency.ofTimers();
        long openFiles = Limits.raiseOpenFiles().soft();
        steward = new FitnessMonitor(this::observed, this::toRouter, this::judged);
        notifier = new Notifier(Notifier.LIMIT, (router, text) -> event("notify", Severity.WARNING, router, text));
        peers = new Peers(config.peers(), config.virtualRouters(), new PeerEvents(events, this::routers));
        operator = new Operator(current, peers, events, this::lookNow);
        reloader = new Reloader(file, waits, this::apply, events);
        routerEvents = new RouterEvents(events, dataPath, tickLate);
        observer = new FitnessObserver(
                current, dataPath, this::checks, operator::isDrained, this::servingThreads, peers::views);
        KernelComponent prepared = new KernelComponent(events);
        relay = new RelayComponent(
                current, encryption, new ConnectionEvents(current, this::checks, accessLog), openFiles);
        health = new HealthComponent(
                current,
                new MemberEvents(current, events, checkTimes, this::lookNow),
                checkTimes,
                peers,
                disagreements);
        vrrp = new VrrpComponent(steward, notifier.around(routerEvents), events, tickLate, this::isStopping);
        view = new StatusView(
                new StatusView.Lifetime(startedAt, openFiles),
                new StatusView.Sources(
                        current,
                        prepared::preparation,
                        dataPath,
                        health::checks,
                        vrrp::routers,
                        peers,
                        shares,
                        steward::verdict));
        AdminSources sources =
                new AdminSources(this::health, this::notLive, this::notReady, this::status, metrics, events);
        components = new Components(List.of(
                prepared,
                new AdminComponent(sources, metrics, new NodeCommands(reloader, operator)),
                new PoolsComponent(current, this::membersChanged),
                relay,
                health,
                new FitnessComponent(steward),
                new NotifyComponent(notifier),
                vrrp,
                new SettlingComponent()));
    }

    /**
     * Starts a node; all of it or nothing.
     *
     * @param warnings what the configuration warned of
     * @param file where the configuration came from, and what later ones come from
     * @throws StartException when something is missing
     */
    static Daemon start(Config config, List<String> warnings, ConfigFile file) {
        return start(config, warnings, List.of(), file);
    }

    /**
     * The same by a configuration that waits for something.
     *
     * @param waits what is not there yet, and is looked for from now on
     */
    static Daemon start(Config config, List<String> warnings, List<NotYet> waits, ConfigFile file) {
        return start(config, warnings, waits, file, Inputs.OF_A_NODE);
    }

    /** The same with other inputs. */
    static Daemon start(Config config, List<String> warnings, List<NotYet> waits, ConfigFile file, Inputs inputs) {
        var daemon = new Daemon(config, warnings, waits, file, inputs);
        try {
            daemon.start();
            return daemon;
        } catch (AdminException | ProxyException | TlsException e) {
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

    private synchronized void start() {
        event("start", Severity.INFO, name(), "hawser " + Version.text() + " is starting");
        registerMetrics();
        components.start(current.active());
        notReady = null;
        reloader.start();
        event(
                "ready",
                Severity.INFO,
                name(),
                "started in "
                        + Duration.between(startedAt, Instant.now()).toMillis() + " ms, "
                        + steward.verdict().text());
    }

    private void registerMetrics() {
        MetricFamilies families = metrics.families();
        components.register(families);
        reloader.register(families);
        accessLog.register(families);
        HaproxyNames.register(families, new HaproxyView(current, dataPath, startedAt)::samples);
    }

    // --- change

    /** Reads the configuration file again and applies it; returns at once. Any thread. */
    CompletableFuture<ReloadResult> reload(Reloader.Trigger trigger) {
        return reloader.reload(trigger);
    }

    /**
     * Makes the running node be as another configuration says: all of it or nothing. What did not change is not touched.
     *
     * @param warnings what the configuration warned of
     * @return what has changed, in words; empty when nothing had to
     * @throws ReloadException when something of it cannot be had; everything is as before
     */
    synchronized List<String> apply(Config next, List<String> warnings) {
        if (notReady != null) {
            throw ReloadException.refused("this node is " + notReady + ": the configuration cannot change now");
        }
        ActiveConfiguration before = current.active();
        List<String> differences = Difference.of(before.config(), next);
        if (differences.isEmpty()) {
            current.active(before.becoming(next, warnings, MemberSources.KEPT));
            return differences;
        }
        requireChangeable(before.config(), next);
        ActiveConfiguration after = before.becoming(next, warnings, inputs.members());
        prepare(before, after);
        current.active(after);
        components.commit(before, after);
        return differences;
    }

    private void prepare(ActiveConfiguration before, ActiveConfiguration after) {
        current.next(after);
        try {
            components.prepare(before, after);
        } catch (RuntimeException e) {
            current.next(null);
            throw e instanceof ReloadException ? e : ReloadException.failed(String.valueOf(e.getMessage()), e);
        }
    }

    private void requireChangeable(Config before, Config next) {
        List<String> reasons = new ArrayList<>();
        if (!before.self().name().equals(next.self().name())) {
            reasons.add("this file makes the node \"" + next.self().name() + "\", but it is running as \""
                    + before.self().name() + "\": restart hawser as the other node, or keep its name with --node");
        }
        reasons.addAll(components.whyUnchangeable(before, next));
        if (!reasons.isEmpty()) {
            throw ReloadException.refused(String.join("\n", reasons));
        }
    }

    // --- stop

    /** Resigns first, so that the addresses are away before anything else ends; then everything in reverse. Waits. */
    @Override
    public void close() {
        notReady = "stopping";
        reloader.close();
        stop();
    }

    private boolean isStopping() {
        return "stopping".equals(notReady);
    }

    private synchronized void stop() {
        components.stop(current.active().config());
        encryption.close();
        accessLog.close();
    }

    // --- what is asked of the node

    /** The last events. */
    EventLog events() {
        return events;
    }

    /** Takes the orders of operators. */
    Operator operator() {
        return operator;
    }

    /** Whether this node can serve. */
    boolean isFit() {
        return steward.verdict().isFit();
    }

    /** Where this node counts. */
    Metrics metrics() {
        return metrics;
    }

    /** Which configuration is active, and which is to be. */
    CurrentConfiguration current() {
        return current;
    }

    /** What this node runs now. */
    ActiveConfiguration active() {
        return current.active();
    }

    /** What the listeners run on. */
    DataPath dataPath() {
        return dataPath;
    }

    private DataPath relayed() {
        return relay.dataPath();
    }

    /** The checks of the members. */
    MemberChecks checks() {
        return health.checks();
    }

    /** The virtual routers. */
    VirtualRouters routers() {
        return vrrp.routers();
    }

    private String name() {
        return current.active().config().self().name();
    }

    /** What is known of the other nodes. */
    Peers peers() {
        return peers;
    }

    /** What people see. */
    Status status() {
        ActiveConfiguration active = current.active();
        List<String> warnings = new ArrayList<>(active.warnings());
        warnings.addAll(Warnings.ofLimits(active.config().limits().connections(), relay.capacity(active)));
        String notApplied = reloader.problem();
        if (notApplied != null) {
            warnings.addFirst(notApplied);
        }
        Status status = view.status(notReady == null, encryption.certificates(), List.of());
        warnings.addAll(kernel.warnings());
        warnings.addAll(disagreements.warnings());
        routers().floods().forEach(flood -> warnings.add(flood.explanation()));
        String forNothing = Overload.forNothing(dataPath.shortage().fruitless());
        if (forNothing != null) {
            warnings.add(forNothing);
        }
        warnings.addAll(Warnings.of(status, events.after(0, events.capacity()), routerEvents.worstTickLately()));
        return status.with(warnings);
    }

    /** What peers are told. */
    NodeHealth health() {
        VirtualRouters routers = routers();
        Verdict verdict = steward.verdict();
        boolean isStopping = isStopping();
        List<String> reasons = isStopping ? List.of("stopping") : verdict.reasons();
        return new NodeHealth(
                name(),
                verdict.isFit() && !isStopping,
                reasons,
                // A peer that believed a stuck node to be active would leave the address to nobody.
                routers.stalledFor().compareTo(FitnessRules.VRRP_STALL) >= 0
                        ? List.of()
                        : view.routers(routers.routersNow()),
                current.active().digest());
    }

    private List<String> notReady() {
        String waiting = notReady;
        return waiting == null ? List.of() : List.of(waiting);
    }

    private List<LoopFact> servingThreads() {
        return components.servingThreads();
    }

    /** Why the process does not work, in words; empty when it does. */
    List<String> notLive() {
        List<LoopFact> threads = new ArrayList<>(components.threads());
        // A restart would wait for the kernel too.
        Duration reloading = vrrp.isWaitingForKernel() ? Duration.ZERO : reloader.stalledFor();
        threads.add(new LoopFact("reload", reloading, FitnessRules.FILES_STALL));
        return threads.stream()
                .filter(LoopFact::isStalled)
                .map(loop -> "thread " + loop.name() + " does not run")
                .toList();
    }

    /** How long connections may take to end when this node stops. */
    Duration drainLimit() {
        return current.active().config().limits().drain();
    }

    /** What this node is, for a service manager's status line. */
    String inOneLine() {
        NodeHealth health = health();
        String routers = health.routers().stream()
                .map(router -> router.name() + " " + router.state().name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        return (health.fit() ? "can serve" : "cannot serve: " + String.join("; ", health.reasons()))
                + (routers.isEmpty() ? "" : "; " + routers);
    }

    private FitnessMonitor.Observed observed() {
        long now = inputs.watchClock().getAsLong();
        shares.sampleIfDue(current.active().pools().values(), now);
        FitnessMonitor.Observed observed = observer.look();
        overload.look(observed.facts().notAccepting());
        DataPath.Shortage shortage = dataPath.shortage();
        overload.connectsWithoutPort(shortage.connectsWithoutPort(), now);
        overload.connectionsUnread(shortage.connectionsUnread(), now);
        overload.connectionsForNothing(shortage.fruitless(), now);
        linkFloods.look(routers().floods(), now);
        kernel.look(ConfigMapper.kernel(current.active().config().kernel()), now);
        disagreements.look(current.active().digest(), peers.digests(), now);
        return observed;
    }

    private void lookNow() {
        steward.lookNow();
    }

    private void membersChanged() {
        components.membersChanged();
        lookNow();
    }

    private void toRouter(String router, Verdict verdict) {
        routers().fitness(router, verdict);
    }

    private void judged(Verdict verdict) {
        event(
                "fitness",
                verdict.isFit() ? Severity.INFO : Severity.WARNING,
                name(),
                verdict.fitness().label() + ": " + verdict.text());
    }

    private void event(String kind, Severity severity, String subject, String text) {
        events.append(kind, severity, subject, text);
    }
}
