package io.hawser.lb.daemon;

import io.hawser.lb.admin.AccessLog;
import io.hawser.lb.admin.AdminException;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.HaproxyNames;
import io.hawser.lb.admin.Health;
import io.hawser.lb.admin.Latency;
import io.hawser.lb.admin.LatencyFamily;
import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.admin.Status;
import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.cli.Version;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Finding.NotYet;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import io.hawser.lb.daemon.FitnessRules.Verdict;
import io.hawser.lb.proxy.ProxyException;
import io.hawser.lb.tls.TlsException;
import io.hawser.sysctl.KernelPreparation;
import io.hawser.sysctl.linux.Errno;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Limits;
import io.hawser.vrrp.Flood;
import io.hawser.vrrp.VrrpException;
import io.hawser.vrrp.VrrpSpeaker;
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
    private final Parts parts;
    private final Shares shares = new Shares();
    private final Overload overload = new Overload(events);
    private final LinkFloods linkFloods = new LinkFloods(events);
    private final KernelWatch kernel = new KernelWatch(new KernelPreparation()::unmet, events);
    private final Disagreements disagreements = new Disagreements(events);
    private final EventFanout news;
    private final Peers peers;
    private final FitnessObserver observer;
    private final FitnessMonitor steward;
    private final StatusView view;
    private final Notifier notifier;
    private final Reloader reloader;
    private final Operator operator;
    private final RelayComponent relay;
    private final VrrpComponent vrrp;
    private final Components components;
    private final Inputs inputs;
    private volatile @Nullable String notReady = "starting";

    /**
     * What a node takes from outside beside its configuration. Immutable.
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
        parts = new Parts(ActiveConfiguration.first(config, warnings, inputs.members()));
        LatencyFamily checkTimes = LatencyFamily.ofRoundTrips("pool", "member");
        Latency tickLate = Latency.ofTimers();
        news = new EventFanout(parts, events, checkTimes, tickLate, accessLog, this::lookNow);
        peers = new Peers(config.peers(), config.virtualRouters(), news.ofPeers());
        observer = new FitnessObserver(parts, this::servingThreads, peers::views);
        steward = new FitnessMonitor(this::observed, this::toRouter, this::judged);
        view = new StatusView(parts, startedAt, shares, peers, steward);
        notifier = new Notifier(Notifier.LIMIT, (router, text) -> event("notify", Severity.WARNING, router, text));
        reloader = new Reloader(file, waits, this::apply, events);
        operator = new Operator(parts, peers, events, this::lookNow);
        long openFiles = Limits.raiseOpenFiles().soft();
        AdminSources sources =
                new AdminSources(this::health, this::notLive, this::notReady, this::status, metrics, events);
        relay = new RelayComponent(parts, encryption, news.ofConnections(), view, openFiles);
        vrrp = new VrrpComponent(parts, steward, notifier.around(news.ofRouters()), events, tickLate, this::isStopping);
        ChecksComponent checks = new ChecksComponent(parts, news.ofMembers(), checkTimes);
        components = new Components(List.of(
                new KernelComponent(parts, events),
                new AdminComponent(sources, metrics, new NodeCommands(reloader, operator)),
                new PoolsComponent(parts, this::membersChanged),
                relay,
                checks,
                new FitnessComponent(steward),
                new PeersComponent(checks, peers, disagreements),
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
        ActiveConfiguration running = parts.running();
        event("start", Severity.INFO, name(), "hawser " + Version.text() + " is starting");
        registerMetrics();
        components.start(running);
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
        HaproxyNames.register(families, new HaproxyView(parts, startedAt)::samples);
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
            throw ReloadException.refused("this node is " + notReady + ": nothing is changed now");
        }
        ActiveConfiguration before = parts.running();
        List<String> differences = Difference.of(before.config(), next);
        if (differences.isEmpty()) {
            parts.running(before.becoming(next, warnings, MemberSources.KEPT));
            return differences;
        }
        requireChangeable(before.config(), next);
        ActiveConfiguration after = before.becoming(next, warnings, inputs.members());
        prepare(before, after);
        parts.running(after);
        components.commit(before, after);
        return differences;
    }

    private void prepare(ActiveConfiguration before, ActiveConfiguration after) {
        parts.becoming(after);
        try {
            components.prepare(before, after);
        } catch (RuntimeException e) {
            parts.becoming(null);
            throw e instanceof ReloadException ? e : ReloadException.failed(String.valueOf(e.getMessage()), e);
        }
    }

    private void requireChangeable(Config before, Config next) {
        List<String> reasons = new ArrayList<>();
        if (!before.self().name().equals(next.self().name())) {
            reasons.add("by this file the node is \"" + next.self().name() + "\", and it runs as \""
                    + before.self().name() + "\": restart hawser to make it another node, or name it with --node");
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
        components.stop(parts.running().config());
        accessLog.close();
    }

    // --- what the parts see of each other

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

    /** The parts as they run. */
    Parts parts() {
        return parts;
    }

    private String name() {
        return parts.running().config().self().name();
    }

    /** What is known of the other nodes. */
    Peers peers() {
        return peers;
    }

    /** What people see. */
    Status status() {
        ActiveConfiguration running = parts.running();
        List<String> warnings = new ArrayList<>(running.warnings());
        warnings.addAll(Warnings.ofLimits(running.config().limits().connections(), relay.capacity(running)));
        String notApplied = reloader.problem();
        if (notApplied != null) {
            warnings.addFirst(notApplied);
        }
        Status status = view.status(notReady == null, encryption.certificates(), List.of());
        warnings.addAll(kernel.warnings());
        warnings.addAll(disagreements.warnings());
        linkFloods().forEach(flood -> warnings.add(flood.explanation()));
        String forNothing = Overload.forNothing(parts.dataPath().shortage().fruitless());
        if (forNothing != null) {
            warnings.add(forNothing);
        }
        warnings.addAll(Warnings.of(status, events.after(0, events.capacity()), news.worstTickLately()));
        return status.with(warnings);
    }

    private List<Flood> linkFloods() {
        VrrpSpeaker speaking = parts.speaker();
        return speaking == null ? List.of() : speaking.floods();
    }

    /** What peers are told. */
    Health health() {
        VrrpSpeaker speaking = parts.speaker();
        Verdict verdict = steward.verdict();
        boolean isStopping = isStopping();
        List<String> reasons = isStopping ? List.of("stopping") : verdict.reasons();
        return new Health(
                name(),
                verdict.isFit() && !isStopping,
                reasons,
                // A peer that believed a stuck node to be active would leave the address to nobody.
                speaking == null || speaking.stalledFor().compareTo(FitnessRules.VRRP_STALL) >= 0
                        ? List.of()
                        : view.routers(speaking.routersNow()),
                parts.running().digest());
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
        return parts.running().config().limits().drain();
    }

    /** What this node is, for a service manager's status line. */
    String inOneLine() {
        Health health = health();
        String routers = health.routers().stream()
                .map(router -> router.name() + " " + router.state().name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        return (health.fit() ? "can serve" : "cannot serve: " + String.join("; ", health.reasons()))
                + (routers.isEmpty() ? "" : "; " + routers);
    }

    private FitnessMonitor.Observed observed() {
        long now = inputs.watchClock().getAsLong();
        shares.sampleIfDue(parts.running().pools().values(), now);
        FitnessMonitor.Observed observed = observer.look();
        overload.look(observed.facts().notAccepting());
        DataPath.Shortage shortage = parts.dataPath().shortage();
        overload.connectsWithoutPort(shortage.connectsWithoutPort(), now);
        overload.connectionsUnread(shortage.connectionsUnread(), now);
        overload.connectionsForNothing(shortage.fruitless(), now);
        linkFloods.look(linkFloods(), now);
        kernel.look(ConfigMapper.kernel(parts.running().config().kernel()), now);
        disagreements.look(parts.running().digest(), peers.digests(), now);
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
        VrrpSpeaker speaking = parts.speaker();
        if (speaking != null) {
            speaking.fitness(router, verdict.fitness(), verdict.text());
        }
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
