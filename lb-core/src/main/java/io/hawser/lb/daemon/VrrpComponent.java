package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Latency;
import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import io.hawser.lb.daemon.FitnessRules.Verdict;
import io.hawser.sysctl.linux.Capabilities;
import io.hawser.sysctl.linux.Capability;
import io.hawser.vrrp.RouterSpec;
import io.hawser.vrrp.VrrpListener;
import io.hawser.vrrp.VrrpSpeaker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The virtual routers. Last to start, so that the node takes part in the election when it can serve, and first to go. */
final class VrrpComponent implements Component {
    private static final Logger log = LoggerFactory.getLogger(VrrpComponent.class);
    private static final Duration RESIGN = Duration.ofSeconds(2);

    private final Parts parts;
    private final FitnessMonitor steward;
    private final VrrpListener told;
    private final EventLog events;
    private final BooleanSupplier isStopping;
    private final Latency tickLate;
    private volatile boolean isWaitingForKernel;

    /**
     * No routers yet.
     *
     * @param tickLate how late the timers of the vrrp thread ran
     * @param isStopping whether the process ends, for which nobody is to wait
     */
    VrrpComponent(
            Parts parts,
            FitnessMonitor steward,
            VrrpListener told,
            EventLog events,
            Latency tickLate,
            BooleanSupplier isStopping) {
        this.tickLate = tickLate;
        this.parts = parts;
        this.steward = steward;
        this.told = told;
        this.events = events;
        this.isStopping = isStopping;
    }

    /** Whether a change of the routers waits for the kernel's lock for interfaces and addresses. */
    boolean isWaitingForKernel() {
        return isWaitingForKernel;
    }

    @Override
    public void register(MetricFamilies families) {
        VrrpFamilies.register(families, parts::speakerStatus);
        families.histogram(
                "hawser_vrrp_tick_late_seconds",
                "How late the timers of the vrrp thread ran",
                rows -> rows.add(tickLate));
    }

    @Override
    public void requireStartable(Config config) {
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

    @Override
    public void start(ActiveConfiguration running) {
        awaitFirstChecks();
        if (!running.config().virtualRouters().isEmpty()) {
            speak(running.config());
        }
    }

    /** A node takes part in the election when it can serve, or when its checks have had their chance. */
    private void awaitFirstChecks() {
        long endAt = System.nanoTime() + Pool.FIRST_CHECKS.toNanos();
        while (!steward.verdict().isFit() && System.nanoTime() - endAt < 0) {
            try {
                Thread.sleep(Duration.ofMillis(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void speak(Config config) {
        Verdict verdict = steward.verdict();
        VrrpSpeaker started = VrrpSpeaker.start(ConfigMapper.routers(config), verdict.fitness(), verdict.text(), told);
        parts.speaker(started);
        // What was judged meanwhile, by who alone judges: of two verdicts on their way the older one might come last.
        steward.tellAgain();
        var status = started.status();
        log.atInfo()
                .addKeyValue("realtime", status.realtime())
                .addKeyValue("memory-lock", status.memory())
                .log("vrrp thread runs");
    }

    /** A router that runs is not taken off its interface because the node's address is away for a moment. */
    @Override
    public List<String> whyUnchangeable(Config before, Config next) {
        return next.virtualRouters().stream()
                .filter(router -> router.carrier().interfaceName().equals(VirtualRouter.NOT_KNOWN_YET))
                .filter(router -> before.virtualRouters().stream()
                        .anyMatch(each -> each.name().equals(router.name())
                                && !each.carrier().interfaceName().equals(VirtualRouter.NOT_KNOWN_YET)))
                .map(router -> "no interface has this node's address now, so that of virtual router " + router.name()
                        + " cannot be told: looking again, or write its interface")
                .toList();
    }

    @Override
    public Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
        VrrpSpeaker speaking = parts.speaker();
        if (speaking == null) {
            requireStartable(after.config());
            if (!after.config().virtualRouters().isEmpty()) {
                speak(after.config());
            }
            return () -> {
                resign();
                parts.speaker(null);
            };
        }
        List<RouterSpec> specs = ConfigMapper.routers(after.config());
        List<RouterSpec> former = ConfigMapper.routers(before.config());
        if (specs.equals(former)) {
            return NOTHING;
        }
        Runnable back = () -> {
            if (!isStopping.getAsBoolean()) {
                await(speaking, former);
            }
        };
        try {
            await(speaking, specs);
        } catch (RuntimeException e) {
            Components.attempt("taking a change back", back);
            throw e;
        }
        return back;
    }

    private void await(VrrpSpeaker speaker, List<RouterSpec> specs) {
        new RouterChange(RouterChange.MOST, speaker::kernelWait, isStopping, this::waitsForKernel)
                .await(speaker.apply(specs));
    }

    private void waitsForKernel(@Nullable String text) {
        isWaitingForKernel = text != null;
        events.append(
                "waiting",
                text == null ? Severity.INFO : Severity.WARNING,
                "virtual-routers",
                text == null ? "waits no longer for this: the kernel's lock for interfaces and addresses" : text);
    }

    /** Routers that are new are told what was judged of them before. */
    @Override
    public void commit(ActiveConfiguration before, ActiveConfiguration after) {
        steward.tellAgain();
    }

    /** Resigns, so that the addresses are away before anything else ends. */
    @Override
    public void drain(Config config) {
        if (parts.speaker() != null) {
            events.append(
                    "stop", Severity.INFO, config.self().name(), "stopping: resigning, then letting connections end");
            resign();
        }
    }

    private void resign() {
        VrrpSpeaker speaking = parts.speaker();
        if (speaking != null && !speaking.stop(RESIGN)) {
            log.atError()
                    .log("the vrrp thread did not end in time; the kernel takes its addresses when the lease ends");
        }
    }

    @Override
    public void stop() {
        resign();
    }

    @Override
    public List<LoopFact> servingThreads() {
        VrrpSpeaker speaking = parts.speaker();
        return speaking == null
                ? List.of()
                : List.of(new LoopFact("vrrp", speaking.stalledFor(), FitnessRules.VRRP_STALL));
    }
}
