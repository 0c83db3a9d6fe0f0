package io.hawser.lb.daemon;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.HealthChecks;
import io.hawser.healthcheck.HealthLoop;
import io.hawser.healthcheck.Peer;
import io.hawser.healthcheck.PeerProbe;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.AccessLog;
import io.hawser.lb.admin.AdminException;
import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Health;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.admin.Status;
import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.cli.Version;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.NotYet;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.lb.daemon.FitnessJudge.LoopFact;
import io.hawser.lb.daemon.FitnessJudge.Verdict;
import io.hawser.lb.proxy.Capacity;
import io.hawser.lb.proxy.Proxy;
import io.hawser.lb.proxy.ProxyException;
import io.hawser.lb.proxy.ProxySettings;
import io.hawser.lb.tls.TlsException;
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
import io.hawser.sysctl.linux.Scheduling;
import io.hawser.vrrp.Flood;
import io.hawser.vrrp.RouterSpec;
import io.hawser.vrrp.VrrpException;
import io.hawser.vrrp.VrrpSpeaker;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running node: everything wired together. It starts, changes and stops under its monitor, one after the other; the
 * rest is callbacks of the parts, each on the thread that its part names.
 */
final class Daemon implements AutoCloseable {

    /*
     * A reload goes through the parts in the order of the start. What can fail goes first, each step with its way back:
     * listeners, the admin port, virtual routers. Only then does the rest follow, which cannot fail: pools, checks, peers,
     * and the snapshot that everybody reads. So a failure leaves everything as it was, and nobody ever sees a mixture that
     * would make the node look unfit.
     */

    private static final Logger log = LoggerFactory.getLogger(Daemon.class);
    private static final int EVENTS_KEPT = 2_000;
    private static final Duration RESIGN = Duration.ofSeconds(2);
    private static final Duration SHORTEST_PROBE = Duration.ofMillis(20);
    private static final Duration LONGEST_PROBE = Duration.ofSeconds(1);
    private static final Duration SETTLED = Duration.ofSeconds(10);
    private static final Duration PROBE_WITHOUT_ROUTERS = Duration.ofSeconds(1);

    private final Instant startedAt = Instant.now();
    private final Deque<Runnable> undo = new ArrayDeque<>();
    private final EventLog events = new EventLog(EVENTS_KEPT, Clock.systemUTC());
    private final Metrics metrics = new Metrics(Version.text(), Clock.systemUTC());
    private final Encryption encryption = new Encryption(events);
    // Standard output is the log's too: whole lines at a time, so that they do not mix.
    private final AccessLog accessLog = new AccessLog(System.out, AccessLog.CAPACITY);
    private final Parts parts;
    private final Shares shares = new Shares();
    private final Overload overload = new Overload(events);
    private final LinkFloods linkFloods = new LinkFloods(events);
    private final KernelWatch kernel = new KernelWatch(new KernelPreparation()::unmet, events);
    private final Disagreements disagreements = new Disagreements(events);
    private final News news;
    private final Peers peers;
    private final Observer observer;
    private final Steward steward;
    private final StatusView view;
    private final Notifier notifier;
    private final Reloader reloader;
    private final Operator operator;
    private final long openFiles = Limits.raiseOpenFiles().soft();
    private final LongSupplier watchClock;
    private volatile @Nullable String notReady = "starting";
    private volatile boolean isWaitingForKernel;

    private Daemon(Config config, List<String> warnings, List<NotYet> waits, ConfigFile file, LongSupplier watchClock) {
        this.watchClock = watchClock;
        parts = new Parts(Running.first(config, warnings));
        news = new News(parts, events, metrics, accessLog, this::lookNow);
        peers = new Peers(config.peers(), config.virtualRouters(), news.ofPeers());
        observer = new Observer(parts, peers::views);
        steward = new Steward(this::observed, this::toRouter, this::judged);
        view = new StatusView(parts, startedAt, shares, peers, steward);
        notifier = new Notifier(Notifier.LIMIT, (router, text) -> event("notify", Severity.WARNING, router, text));
        reloader = new Reloader(file, waits, this::apply, events);
        operator = new Operator(parts, peers, events, this::lookNow);
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
        return start(config, warnings, waits, file, System::nanoTime);
    }

    /**
     * The same with a clock of one's own for what is looked at now and then: kernel settings, the peers' configurations,
     * overload. In nanoseconds, on a scale of its own.
     */
    static Daemon start(
            Config config, List<String> warnings, List<NotYet> waits, ConfigFile file, LongSupplier watchClock) {
        var daemon = new Daemon(config, warnings, waits, file, watchClock);
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
        Running running = parts.running();
        Config config = running.config();
        event("start", Severity.INFO, name(), "hawser " + Version.text() + " is starting");
        requireRights(config);
        prepareKernel(config);
        startAdmin(config);
        startProxy(running);
        startChecks(running);
        steward.start();
        undo.push(steward::close);
        startPeers(config);
        awaitFirstChecks();
        startNotifier(config);
        startVrrp(config);
        notReady = null;
        reloader.start();
        startSettling();
        event(
                "ready",
                Severity.INFO,
                name(),
                "started in "
                        + Duration.between(startedAt, Instant.now()).toMillis() + " ms, "
                        + steward.verdict().text());
    }

    // --- start, in order

    private static void requireRights(Config config) {
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

    private void prepareKernel(Config config) {
        Preparation preparation = new KernelPreparation().prepare(Plans.kernel(config.kernel()));
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
        parts.preparation(preparation);
    }

    private void startAdmin(Config config) {
        AdminSources sources =
                new AdminSources(this::health, this::notLive, this::notReady, this::status, metrics, events);
        AdminServer admin = AdminServer.start(sources);
        undo.push(admin::close);
        undo.push(metrics::close);
        admin.keepPlacesFor(Plans.nodeAddresses(config));
        admin.askedBy(Plans.hosts(config));
        admin.listen(config.admin().bind());
        admin.listen(config.admin().socket(), new NodeCommands(reloader, operator));
        parts.admin(admin);
        view.register(metrics);
        metrics.differences(disagreements::samples);
        metrics.certificates(encryption::expiries);
        metrics.refusedFiles(encryption::refusals);
        metrics.accessLog(accessLog::written, accessLog::dropped);
        metrics.reloads(() -> new Metrics.ReloadSample(reloader.outcomes(), reloader.loadedAt()));
    }

    private void startProxy(Running running) {
        int connections = connections(running.config());
        view.limits(connections, openFiles);
        undo.push(encryption::close);
        Proxy started = Proxy.start(ProxySettings.withConnections(connections), news.ofConnections());
        parts.proxy(started);
        undo.push(() -> started.stop(Duration.ZERO));
        started.fruitless(running.config().limits().fruitless().orElse(0));
        started.apply(running.listenerPlans(encryption));
    }

    /** How many connections there may be: what is configured or memory is enough for, as far as descriptors last. */
    private int connections(Config config) {
        Capacity capacity = capacity(config);
        return Math.min(config.limits().connections().orElse(capacity.byMemory()), capacity.byFiles());
    }

    private Capacity capacity(Config config) {
        return Capacity.ofThisProcess(
                openFiles, Plans.reservedFiles(config, Runtime.getRuntime().availableProcessors()));
    }

    private void startChecks(Running running) {
        HealthLoop loop = new HealthLoop();
        parts.healthLoop(loop);
        undo.push(loop::close);
        HealthChecks started = new HealthChecks(loop, news.ofMembers());
        parts.checks(started);
        undo.push(started::close);
        running.checkPlans().forEach(started::watch);
    }

    private void startPeers(Config config) {
        HealthLoop loop = parts.healthLoop();
        if (loop != null) {
            PeerProbe probe = new PeerProbe(loop, peers);
            parts.probe(probe);
            undo.push(probe::close);
            Plans.peers(config).forEach(peer -> probe.watch(peer, probeInterval(config)));
        }
    }

    private static Duration probeInterval(Config config) {
        Duration wanted = config.virtualRouters().stream()
                .map(router -> router.advertisementInterval())
                .min(Duration::compareTo)
                .orElse(PROBE_WITHOUT_ROUTERS);
        return wanted.compareTo(SHORTEST_PROBE) < 0
                ? SHORTEST_PROBE
                : wanted.compareTo(LONGEST_PROBE) > 0 ? LONGEST_PROBE : wanted;
    }

    /** A node takes part in the election when it can serve, or when its checks have had their chance. */
    private void awaitFirstChecks() {
        long endAt = System.nanoTime() + Running.FIRST_CHECKS.toNanos();
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
    private void startNotifier(Config config) {
        notifier.use(Plans.notifications(config));
        undo.push(notifier::close);
        metrics.notifications(() -> notifier.counts().entrySet().stream()
                .map(each -> new Metrics.NotificationSample(
                        each.getKey().router(), each.getKey().outcome().label(), each.getValue()))
                .toList());
    }

    private void startVrrp(Config config) {
        if (config.virtualRouters().isEmpty()) {
            return;
        }
        Verdict verdict = steward.verdict();
        VrrpSpeaker started = VrrpSpeaker.start(
                Plans.routers(config), verdict.fitness(), verdict.text(), notifier.around(news.ofRouters()));
        undo.push(() -> {
            if (!started.stop(RESIGN)) {
                log.atError()
                        .log("the vrrp thread did not end in time; the kernel takes its addresses when the lease ends");
            }
        });
        parts.speaker(started);
        // What was judged meanwhile, by who alone judges: of two verdicts on their way the older one might come last.
        steward.tellAgain();
        var status = started.status();
        log.atInfo()
                .addKeyValue("realtime", status.realtime())
                .addKeyValue("memory-lock", status.memory())
                .log("vrrp thread runs");
    }

    /** When the start is over, its memory is not needed any more. */
    private void startSettling() {
        Thread settling = Thread.ofPlatform().daemon().name("settling").start(() -> {
            try {
                Thread.sleep(SETTLED);
                Scheduling.releaseFreedMemory();
            } catch (ErrnoException e) {
                log.atWarn().addKeyValue("cause", e.getMessage()).log("memory is no longer locked");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        undo.push(settling::interrupt);
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
        Running before = parts.running();
        List<String> differences = Difference.of(before.config(), next);
        if (differences.isEmpty()) {
            parts.running(before.becoming(next, warnings, System.nanoTime()));
            return differences;
        }
        requireChangeable(before.config(), next);
        requireInterfaces(before.config(), next);
        Running after = before.becoming(next, warnings, System.nanoTime());
        Deque<Runnable> back = new ArrayDeque<>();
        parts.becoming(after);
        try {
            changeKernel(before.config(), next);
            changeListeners(before, after, back);
            changeAdmin(before.config(), next, back);
            notifier.use(Plans.notifications(next));
            back.push(() -> notifier.use(Plans.notifications(before.config())));
            changeRouters(before.config(), next, back);
        } catch (RuntimeException e) {
            back.forEach(Daemon::tryBack);
            parts.becoming(null);
            throw e instanceof ReloadException ? e : ReloadException.failed(String.valueOf(e.getMessage()), e);
        }
        after.commit();
        parts.running(after);
        encryption.retain(after.listenerPlans(encryption));
        changeLimits(next);
        changeChecks(before, after);
        changePeers(before.config(), next);
        steward.tellAgain();
        return differences;
    }

    private static void tryBack(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("taking a change back failed");
        }
    }

    private static void requireChangeable(Config before, Config next) {
        List<String> fixed = new ArrayList<>();
        if (!before.self().name().equals(next.self().name())) {
            fixed.add("by this file the node is \"" + next.self().name() + "\", and it runs as \""
                    + before.self().name() + "\": restart hawser to make it another node, or name it with --node");
        }
        if (!before.admin().socket().equals(next.admin().socket())) {
            fixed.add("admin.socket cannot move from " + before.admin().socket() + " to "
                    + next.admin().socket() + " while hawser runs: restart it, or leave the key as it was");
        }
        if (!fixed.isEmpty()) {
            throw ReloadException.refused(String.join("\n", fixed));
        }
    }

    /** A router that runs is not taken off its interface because the node's address is away for a moment. */
    private static void requireInterfaces(Config before, Config next) {
        for (VirtualRouter router : next.virtualRouters()) {
            boolean runs = before.virtualRouters().stream()
                    .anyMatch(each -> each.name().equals(router.name())
                            && !each.interfaceName().equals(VirtualRouter.NOT_KNOWN_YET));
            if (runs && router.interfaceName().equals(VirtualRouter.NOT_KNOWN_YET)) {
                throw ReloadException.refused("no interface has this node's address now, so that of virtual router "
                        + router.name() + " cannot be told: looking again, or write its interface");
            }
        }
    }

    private void changeKernel(Config before, Config next) {
        if (!before.kernel().equals(next.kernel())) {
            prepareKernel(next);
        }
    }

    private void changeListeners(Running before, Running after, Deque<Runnable> back) {
        Proxy serving = parts.proxy();
        if (serving != null) {
            serving.apply(after.listenerPlans(encryption));
            back.push(() -> serving.apply(before.listenerPlans(encryption)));
        }
    }

    private void changeAdmin(Config before, Config next, Deque<Runnable> back) {
        AdminServer admin = parts.admin();
        if (admin != null && !before.admin().bind().equals(next.admin().bind())) {
            admin.rebind(next.admin().bind());
            back.push(() -> admin.rebind(before.admin().bind()));
        }
        if (admin != null) {
            admin.keepPlacesFor(Plans.nodeAddresses(next));
            admin.askedBy(Plans.hosts(next));
            back.push(() -> {
                admin.keepPlacesFor(Plans.nodeAddresses(before));
                admin.askedBy(Plans.hosts(before));
            });
        }
    }

    private void changeRouters(Config before, Config next, Deque<Runnable> back) {
        VrrpSpeaker speaking = parts.speaker();
        if (speaking == null) {
            requireRights(next);
            startVrrp(next);
            return;
        }
        List<RouterSpec> specs = Plans.routers(next);
        List<RouterSpec> former = Plans.routers(before);
        if (!specs.equals(former)) {
            back.push(() -> {
                if (!isStopping()) {
                    await(speaking, former);
                }
            });
            await(speaking, specs);
        }
    }

    private void await(VrrpSpeaker speaker, List<RouterSpec> specs) {
        new RouterChange(RouterChange.MOST, speaker::kernelWait, this::isStopping, this::waitsForKernel)
                .await(speaker.apply(specs));
    }

    private void waitsForKernel(@Nullable String text) {
        isWaitingForKernel = text != null;
        event(
                "waiting",
                text == null ? Severity.INFO : Severity.WARNING,
                "virtual-routers",
                text == null ? "waits no longer for this: the kernel's lock for interfaces and addresses" : text);
    }

    private void changeLimits(Config next) {
        Proxy serving = parts.proxy();
        if (serving != null) {
            int connections = connections(next);
            serving.connections(connections);
            serving.fruitless(next.limits().fruitless().orElse(0));
            view.limits(connections, openFiles);
        }
    }

    private void changeChecks(Running before, Running after) {
        HealthChecks checking = parts.checks();
        if (checking != null) {
            Map<Target, CheckPlan> former = before.checkPlans();
            Map<Target, CheckPlan> wanted = after.checkPlans();
            former.keySet().stream()
                    .filter(target -> !wanted.containsKey(target))
                    .forEach(checking::unwatch);
            wanted.forEach((target, plan) -> {
                if (!plan.equals(former.get(target))) {
                    checking.watch(target, plan);
                }
            });
        }
    }

    private void changePeers(Config before, Config next) {
        PeerProbe probe = parts.probe();
        if (probe == null) {
            return;
        }
        peers.apply(next.peers(), next.virtualRouters());
        Set<Peer> former = Plans.peers(before);
        Set<Peer> wanted = Plans.peers(next);
        boolean isPaceNew = !probeInterval(before).equals(probeInterval(next));
        former.stream().filter(peer -> !wanted.contains(peer)).forEach(probe::unwatch);
        wanted.stream()
                .filter(peer -> isPaceNew || !former.contains(peer))
                .forEach(peer -> probe.watch(peer, probeInterval(next)));
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
        Config config = parts.running().config();
        Proxy serving = parts.proxy();
        VrrpSpeaker speaking = parts.speaker();
        if (speaking != null) {
            event("stop", Severity.INFO, name(), "stopping: resigning, then letting connections end");
            if (!speaking.stop(RESIGN)) {
                log.atError()
                        .log("the vrrp thread did not end in time; the kernel takes its addresses when the lease ends");
            }
        }
        if (serving != null && speaking != null) {
            // Connections to a virtual address died with it: its packets go to another node now.
            serving.stop(listensOnOwnAddresses(config) ? config.limits().drain() : Duration.ZERO);
        } else if (serving != null) {
            serving.stop(config.limits().drain());
        }
        undo.addLast(accessLog::close);
        while (!undo.isEmpty()) {
            try {
                undo.pop().run();
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("stopping a part failed; going on with the others");
            }
        }
    }

    private static boolean listensOnOwnAddresses(Config config) {
        Set<InetAddress> virtual = new HashSet<>();
        config.virtualRouters().forEach(router -> router.addresses().forEach(each -> virtual.add(each.address())));
        return config.listeners().stream()
                .flatMap(listener -> listener.bind().stream())
                .anyMatch(bind -> !virtual.contains(bind.getAddress()));
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
        List<String> warnings = new ArrayList<>(parts.running().warnings());
        Config config = parts.running().config();
        warnings.addAll(Warnings.ofLimits(config.limits().connections(), capacity(config)));
        String notApplied = reloader.problem();
        if (notApplied != null) {
            warnings.addFirst(notApplied);
        }
        Status status = view.status(notReady == null, encryption.certificates(), List.of());
        warnings.addAll(kernel.warnings());
        warnings.addAll(disagreements.warnings());
        linkFloods().forEach(flood -> warnings.add(flood.explanation()));
        Proxy serving = parts.proxy();
        String forNothing = serving == null ? null : Overload.forNothing(serving.fruitless());
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
                speaking == null || speaking.stalledFor().compareTo(FitnessJudge.VRRP_STALL) >= 0
                        ? List.of()
                        : view.routers(speaking.routersNow()),
                parts.running().digest());
    }

    private List<String> notReady() {
        String waiting = notReady;
        return waiting == null ? List.of() : List.of(waiting);
    }

    /** Why the process does not work, in words; empty when it does. */
    List<String> notLive() {
        List<LoopFact> threads = new ArrayList<>(observer.loops());
        threads.add(new LoopFact("steward", steward.stalledFor(), FitnessJudge.STEWARD_STALL));
        // A restart would wait for the kernel too.
        Duration reloading = isWaitingForKernel ? Duration.ZERO : reloader.stalledFor();
        threads.add(new LoopFact("reload", reloading, FitnessJudge.FILES_STALL));
        threads.add(new LoopFact("tls-files", encryption.stalledFor(), FitnessJudge.FILES_STALL));
        AdminServer admin = parts.admin();
        if (admin != null) {
            threads.add(new LoopFact("admin", admin.stalledFor(), FitnessJudge.ADMIN_STALL));
        }
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

    private Steward.Observed observed() {
        long now = watchClock.getAsLong();
        shares.sampleIfDue(parts.running().pools().values(), now);
        Steward.Observed observed = observer.look();
        overload.look(observed.facts().notAccepting());
        Proxy serving = parts.proxy();
        if (serving != null) {
            overload.connectsWithoutPort(serving.connectsWithoutPort(), now);
            overload.connectionsUnread(serving.connectionsUnread(), now);
            overload.connectionsForNothing(serving.fruitless(), now);
        }
        linkFloods.look(linkFloods(), now);
        kernel.look(Plans.kernel(parts.running().config().kernel()), now);
        disagreements.look(parts.running().digest(), peers.digests(), now);
        return observed;
    }

    private void lookNow() {
        steward.lookNow();
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
