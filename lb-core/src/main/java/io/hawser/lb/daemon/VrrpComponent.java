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

/** The component of the virtual routers. Last to start, so that the node takes part in the election when it can serve, and first to go. */
final class VrrpComponent implements Component {
    private static final Logger log = LoggerFactory.getLogger(VrrpComponent.class);
    private static final Duration RESIGN = Duration.ofSeconds(2);

    private final FitnessMonitor steward;
    private final VrrpListener told;
    private final EventLog events;
    private final BooleanSupplier isStopping;
    private final Latency tickLate;
    private volatile VirtualRouters routers = VirtualRouters.NONE;
    private volatile boolean isWaitingForKernel;

    /**
     * No routers yet.
     *
     * @param tickLate how late the timers of the vrrp thread ran
     * @param isStopping whether the process ends, for which nobody is to wait
     */
    VrrpComponent(
            FitnessMonitor steward, VrrpListener told, EventLog events, Latency tickLate, BooleanSupplier isStopping) {
        this.tickLate = tickLate;
        this.steward = steward;
        this.told = told;
        this.events = events;
        this.isStopping = isStopping;
    }

    /** What the rest of the node sees of them. */
    VirtualRouters routers() {
        return routers;
    }

    /** Whether a change of the routers waits for the kernel's lock for interfaces and addresses. */
    boolean isWaitingForKernel() {
        return isWaitingForKernel;
    }

    @Override
    public void register(MetricFamilies families) {
        VrrpFamilies.register(families, () -> routers.status());
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
    public RunningComponent start(ActiveConfiguration first) {
        awaitFirstChecks();
        return new Running(speaking(first.config()));
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

    /** Starts the routers of a configuration; null when it has none. */
    private @Nullable VrrpSpeaker speaking(Config config) {
        if (config.virtualRouters().isEmpty()) {
            return null;
        }
        Verdict verdict = steward.verdict();
        VrrpSpeaker speaker = VrrpSpeaker.start(ConfigMapper.routers(config), verdict.fitness(), verdict.text(), told);
        routers = new SpeakingRouters(speaker);
        // What was judged meanwhile, by who alone judges: of two verdicts on their way the older one might come last.
        steward.tellAgain();
        var status = speaker.status();
        log.atInfo()
                .addKeyValue("realtime", status.realtime())
                .addKeyValue("memory-lock", status.memory())
                .log("vrrp thread runs");
        return speaker;
    }

    private void waitsForKernel(@Nullable String text) {
        isWaitingForKernel = text != null;
        events.append(
                "waiting",
                text == null ? Severity.INFO : Severity.WARNING,
                "virtual-routers",
                text == null ? "no longer waiting for this: the kernel's lock for interfaces and addresses" : text);
    }

    private final class Running implements RunningComponent {
        /** Null as long as no virtual router was ever configured. Under the daemon's monitor, but for the look at its thread. */
        private volatile @Nullable VrrpSpeaker speaker;

        Running(@Nullable VrrpSpeaker speaker) {
            this.speaker = speaker;
        }

        /** A router that runs is not taken off its interface because the node's address is away for a moment. */
        @Override
        public List<String> whyUnchangeable(Config before, Config next) {
            return next.virtualRouters().stream()
                    .filter(router -> router.carrier().interfaceName().equals(VirtualRouter.NOT_KNOWN_YET))
                    .filter(router -> before.virtualRouters().stream()
                            .anyMatch(each -> each.name().equals(router.name())
                                    && !each.carrier().interfaceName().equals(VirtualRouter.NOT_KNOWN_YET)))
                    .map(router -> "no interface has this node's address now, so the interface of virtual router "
                            + router.name() + " is unknown: write its interface, or wait, hawser looks again")
                    .toList();
        }

        @Override
        public Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
            VrrpSpeaker speaking = speaker;
            if (speaking == null) {
                requireStartable(after.config());
                speaker = speaking(after.config());
                return () -> {
                    resign();
                    speaker = null;
                    routers = VirtualRouters.NONE;
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
                Components.attempt("rolling back a change", back);
                throw e;
            }
            return back;
        }

        private void await(VrrpSpeaker speaking, List<RouterSpec> specs) {
            new RouterChange(RouterChange.MOST, speaking::kernelWait, isStopping, VrrpComponent.this::waitsForKernel)
                    .await(speaking.apply(specs));
        }

        /** Routers that are new are told what was judged of them before. */
        @Override
        public void commit(ActiveConfiguration before, ActiveConfiguration after) {
            steward.tellAgain();
        }

        /** Resigns, so that the addresses are away before anything else ends. */
        @Override
        public void drain(Config config) {
            if (speaker != null) {
                events.append(
                        "stop", Severity.INFO, config.self().name(), "stopping: resigning, then draining connections");
                resign();
            }
        }

        private void resign() {
            VrrpSpeaker speaking = speaker;
            if (speaking != null && !speaking.stop(RESIGN)) {
                log.atError()
                        .log(
                                "the vrrp thread did not end in time; the kernel removes its addresses when their lease expires");
            }
        }

        @Override
        public void stop() {
            resign();
        }

        @Override
        public List<LoopFact> servingThreads() {
            VrrpSpeaker speaking = speaker;
            return speaking == null
                    ? List.of()
                    : List.of(new LoopFact("vrrp", speaking.stalledFor(), FitnessRules.VRRP_STALL));
        }
    }
}
