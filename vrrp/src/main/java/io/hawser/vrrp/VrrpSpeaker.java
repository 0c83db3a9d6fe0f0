package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.linux.BootClock;
import io.hawser.sysctl.linux.Datagram;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.InputFilter;
import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RouteEvent;
import io.hawser.sysctl.linux.RouteMonitor;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.sysctl.linux.Scheduling;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.Election;
import io.hawser.vrrp.election.Event;
import io.hawser.vrrp.election.Evidence;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.Group;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks VRRP for any number of virtual routers and holds their addresses, on one thread named "vrrp". Public methods:
 * any thread; they return at once unless they say otherwise.
 */
public final class VrrpSpeaker implements AutoCloseable {

    /*
     * A poll loop. After each wake-up everything that has arrived is handed to the engines before any timer acts: after
     * a pause the news may be waiting. Each socket gives at most BATCH packets a turn, so that a flood can delay timers
     * by no more than it takes to look at those.
     *
     * What the kernel says of interfaces and addresses is only marked during the turn, and acted on after the timers:
     * an active router that was frozen must find out first that it no longer holds the addresses which the kernel has
     * meanwhile taken away, or it would put them back.
     *
     * This thread never asks the kernel for anything that waits for its lock (rtnl). Two others do: "vrrp-changes" puts
     * addresses on and takes them off, "vrrp-reads" looks, so that no renewal stands behind a look. What came of it
     * returns as an answer, and what was read before a change was done says nothing about it. The start is no exception:
     * where the kernel does not answer it is over all the same, and the routers wait in "initialize" for their
     * interfaces to be read.
     */

    private static final Logger log = LoggerFactory.getLogger(VrrpSpeaker.class);
    private static final int BATCH = 64;
    private static final int REALTIME_PRIORITY = 50;
    private static final long READ_BACK_NANOS = 10_000_000_000L;
    private static final long READ_AGAIN_NANOS = 100_000_000L;
    private static final long START_SECONDS = 10;
    /** A start is over by then; whatever the kernel still owes is waited for by the routers that need it. */
    private static final long SETTLED_NANOS = 5_000_000_000L;

    /** When the kernel has not answered for so long, it is said, and not waited for any more by a start. */
    private static final long BUSY_NANOS = 1_000_000_000L;

    private static final long HEARTBEAT_NANOS = 250_000_000L;
    private static final long FAILED_TURN_NANOS = 10_000_000L;
    /** How long the end waits for addresses to be off, and then for the interfaces made for them to be removed. */
    private static final long END_NANOS = 600_000_000L;

    private static final long TIDY_NANOS = 200_000_000L;
    private static final long SETTLE_NANOS = 1_000_000L;
    /** Turns that packets made in a second, and the pause before each further one: then it finds several at once. */
    private static final int TURNS_PER_SECOND = 500;

    private static final int TURNS_BURST = 100;
    private static final long PACED_NANOS = 1_000_000L;
    /** How often a few of all frames are looked at. */
    private static final long SAMPLED_NANOS = 200_000_000L;

    private final StateListenerThread news;
    private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();
    private final Queue<Runnable> answers = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Map<Reason, LongAdder> discarded = new EnumMap<>(Reason.class);
    private final LongAdder conflicts = new LongAdder();
    private final Map<AlarmKind, LongAdder> alarms = new EnumMap<>(AlarmKind.class);
    private final Map<Flood.Protocol, LongAdder> arrived = new EnumMap<>(Flood.Protocol.class);
    private final LongAdder failures = new LongAdder();
    /** How many packets of any kind have reached this thread. */
    private final LongAdder received = new LongAdder();

    private final LongAdder packetTurns = new LongAdder();

    private final OwnInterfaces own = new OwnInterfaces();
    private final Poller poller;
    private volatile List<VirtualRouter> published = List.of();
    private volatile List<Flood> floods = List.of();
    private volatile long turnedAt = System.nanoTime();
    private volatile long kernelWaitNanos;
    private volatile String realtime = "not started";
    private volatile String memory = "not started";

    // From here on: vrrp thread only.
    private final Map<String, VirtualRouter> routers = new LinkedHashMap<>();
    private final Map<String, NetworkLink> ports = new HashMap<>();
    /** Routers that are no longer wanted, until they have resigned and their addresses are off. */
    private final List<VirtualRouter> leaving = new ArrayList<>();

    private final Set<NetworkLink> changed = new HashSet<>();
    private final Set<NetworkLink> beingRead = new HashSet<>();
    private long readBackAt;
    private long sampledAt = System.nanoTime();
    private final Map<String, Verdict> verdicts = new HashMap<>();
    private final RateLimitedLog complaints = new RateLimitedLog();
    private @Nullable NetlinkThread changes;
    private @Nullable NetlinkThread reads;
    private final Allowance turns = new Allowance(TURNS_PER_SECOND, TURNS_BURST);
    private boolean isPaced;
    private @Nullable RouteMonitor monitor;
    /** The addresses that packets are not accepted to; null before the first time. */
    private @Nullable Set<InetAddress> refused;

    private boolean isRehearsed = true;
    private boolean isStopping;
    private final SleepWatch sleep;

    private record Verdict(Fitness fitness, String reason) {}

    private VrrpSpeaker(VrrpListener listener, SleepWatch sleep) {
        this.sleep = sleep;
        news = StateListenerThread.start(requireNonNull(listener, "listener"));
        for (AlarmKind kind : AlarmKind.values()) {
            alarms.put(kind, new LongAdder());
        }
        for (Reason reason : Reason.values()) {
            discarded.put(reason, new LongAdder());
        }
        for (Flood.Protocol protocol : Flood.Protocol.values()) {
            arrived.put(protocol, new LongAdder());
        }
        // By that thread: another one it starts has an ordinary priority.
        news.tell(own::look);
        poller = new Poller();
        thread = new Thread(this::run, "vrrp");
        thread.setDaemon(true);
    }

    /**
     * Starts speaking in the network namespace of the process. Addresses of these routers that an earlier process left
     * on their interfaces are removed first. Where the kernel does not answer for a second, because something holds its
     * lock for interfaces and addresses, that follows when it does; until then the routers stay in "initialize" and say
     * why.
     *
     * @param specs the virtual routers; names are unique
     * @param fitness how fit this node is until {@link #fitness} says otherwise
     * @param reason why, in words
     * @throws VrrpException when a right or the kernel's support is missing
     */
    public static VrrpSpeaker start(List<RouterSpec> specs, Fitness fitness, String reason, VrrpListener listener) {
        return start(specs, fitness, reason, listener, null);
    }

    /**
     * The same.
     *
     * @param boot a clock that goes on while the machine is suspended; null: the kernel's
     */
    static VrrpSpeaker start(
            List<RouterSpec> specs,
            Fitness fitness,
            String reason,
            VrrpListener listener,
            @Nullable LongSupplier boot) {
        VrrpSpeaker speaker;
        try {
            LongSupplier clock = boot == null ? new BootClock()::nanos : boot;
            speaker = new VrrpSpeaker(listener, new SleepWatch(System::nanoTime, clock));
        } catch (LinuxException e) {
            throw new VrrpException("cannot speak VRRP: " + e.getMessage(), e);
        }
        List<RouterSpec> wanted = List.copyOf(specs);
        speaker.inbox.add(() -> {
            wanted.stream().findFirst().ifPresent(speaker::rehearse);
            wanted.forEach(spec -> speaker.verdicts.put(spec.name(), new Verdict(fitness, reason)));
            speaker.become(wanted);
        });
        speaker.thread.start();
        try {
            speaker.started.get(START_SECONDS, TimeUnit.SECONDS);
            return speaker;
        } catch (InterruptedException e) {
            speaker.close();
            Thread.currentThread().interrupt();
            throw new VrrpException("interrupted while VRRP was starting", e);
        } catch (TimeoutException e) {
            speaker.close();
            throw new VrrpException("VRRP did not start within " + START_SECONDS + " s", e);
        } catch (java.util.concurrent.ExecutionException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw new VrrpException("cannot speak VRRP: " + why.getMessage(), why);
        }
    }

    /**
     * Takes a new set of routers: those that only changed stay in the election, the others end or begin.
     *
     * @return done when the vrrp thread has done so; fails when something that a new router needs is missing, and then
     *     some of the change may have been made: apply the former set again
     */
    public CompletableFuture<Void> apply(List<RouterSpec> specs) {
        List<RouterSpec> wanted = List.copyOf(specs);
        CompletableFuture<Void> done = new CompletableFuture<>();
        post(() -> {
            try {
                become(wanted);
                readInterfaces();
                requireNonNull(changes, "changes").request(routes -> true, outcome -> completeWhenRead(done));
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /** Completes when every interface that changed was read; fails when sockets could not be opened on one. */
    private void completeWhenRead(CompletableFuture<Void> done) {
        if (!changed.isEmpty() || !beingRead.isEmpty()) {
            readInterfaces();
            requireNonNull(reads, "reads").request(routes -> true, outcome -> completeWhenRead(done));
            return;
        }
        ports.values().stream()
                .map(NetworkLink::failure)
                .filter(Objects::nonNull)
                .findFirst()
                .ifPresentOrElse(done::completeExceptionally, () -> done.complete(null));
    }

    /** Says how fit this node is for one router; repeating what is known costs next to nothing. */
    public void fitness(String router, Fitness fitness, String reason) {
        post(() -> {
            Verdict verdict = new Verdict(fitness, reason);
            VirtualRouter known = routers.get(router);
            if (known != null && !verdict.equals(verdicts.put(router, verdict))) {
                known.judged(fitness, reason, System.nanoTime());
            }
        });
    }

    /** Says what was found out about a peer, for one router; a VRID would not tell IPv4 from IPv6. */
    public void evidence(String router, Evidence evidence) {
        post(() -> {
            VirtualRouter known = routers.get(router);
            if (known != null) {
                known.on(new Event.PeerEvidence(evidence), System.nanoTime());
            }
        });
    }

    /** A snapshot of everything. */
    public SpeakerStatus status() {
        Map<Reason, Long> reasons = new EnumMap<>(Reason.class);
        discarded.forEach((reason, count) -> reasons.put(reason, count.sum()));
        Map<AlarmKind, Long> seen = new EnumMap<>(AlarmKind.class);
        alarms.forEach((kind, count) -> seen.put(kind, count.sum()));
        Map<Flood.Protocol, Long> packets = new EnumMap<>(Flood.Protocol.class);
        arrived.forEach((protocol, count) -> packets.put(protocol, count.sum()));
        return new SpeakerStatus(
                routersNow(), reasons, conflicts.sum(), seen, floods, packets, failures.sum(), realtime, memory);
    }

    /** What arrives in numbers that no working network has, at most a second ago as long as the vrrp thread runs. */
    public List<Flood> floods() {
        return floods;
    }

    /**
     * For how long the vrrp thread has not come round, which it does four times a second; it grows while the thread is
     * stuck or dead, and then what {@link #status()} says of the routers is no longer so.
     */
    public Duration stalledFor() {
        return Duration.ofNanos(Math.max(0, System.nanoTime() - turnedAt));
    }

    /**
     * For how long the kernel has not answered what was asked of it first of all that is not answered: while something
     * holds its lock for interfaces and addresses (rtnl), this grows, and routers that need the answer wait for it.
     */
    public Duration kernelWait() {
        return Duration.ofNanos(kernelWaitNanos);
    }

    /** How many packets of any kind have woken the vrrp thread or were found by it. */
    long packetsReceived() {
        return received.sum();
    }

    /** How many turns of the vrrp thread found packets. */
    long packetTurns() {
        return packetTurns.sum();
    }

    /** The routers alone; cheaper than {@link #status()}. */
    public List<RouterStatus> routersNow() {
        return published.stream().map(VirtualRouter::status).toList();
    }

    /**
     * Resigns, removes the addresses and ends the thread. Waits.
     *
     * @param longest how long to wait
     * @return whether it ended in time
     */
    public boolean stop(Duration longest) {
        post(() -> isStopping = true);
        try {
            ended.get(longest.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (java.util.concurrent.ExecutionException | TimeoutException | CompletionException e) {
            return false;
        }
    }

    /** As {@link #stop}, waiting a second. */
    @Override
    public void close() {
        var _ = stop(Duration.ofSeconds(1));
    }

    private void post(Runnable task) {
        inbox.add(task);
        poller.wake();
    }

    // --- vrrp thread

    private void run() {
        try {
            realtime = words(Scheduling.setRealtime(REALTIME_PRIORITY));
            memory = words(Scheduling.lockMemory());
            changes = new NetlinkThread("vrrp-changes", this::answer);
            reads = new NetlinkThread("vrrp-reads", this::answer);
            monitor = RouteMonitor.open();
            poller.register(monitor.fd());
            changes.request(VrrpSpeaker::removeLeftOvers, this::leftOversRemoved);
            runInbox();
            readBackAt = System.nanoTime() + READ_BACK_NANOS;
            runAnswersUntil(SETTLED_NANOS, () -> {
                readInterfaces();
                return hasKernelAnswered() ? isRehearsed : kernelOwesNanos(System.nanoTime()) >= BUSY_NANOS;
            });
            started.complete(null);
        } catch (Throwable e) {
            // The outermost frame: whoever waits for the start gets it.
            closeAll();
            news.close();
            started.completeExceptionally(e);
            ended.complete(null);
            return;
        }
        while (!isStopping) {
            try {
                turn();
            } catch (Throwable e) {
                failures.increment();
                if (complaints.isDue("loop", e.getClass(), System.nanoTime())) {
                    log.atError().setCause(e).log("the vrrp loop failed and goes on");
                }
                // At real-time priority a loop that fails each time would take the processor from everybody.
                LockSupport.parkNanos(FAILED_TURN_NANOS);
            }
        }
        end();
    }

    private static boolean removeLeftOvers(RouteSocket routes) {
        VirtualInterface.removeLeftOvers(routes);
        return true;
    }

    private void leftOversRemoved(Netlink.Outcome<Boolean> outcome) {
        if (outcome instanceof Netlink.Outcome.Refused<Boolean>(RuntimeException why)) {
            if (!started.isDone()) {
                throw why;
            }
            log.atWarn().setCause(why).log("removing what an earlier process left behind failed");
        }
    }

    private boolean hasKernelAnswered() {
        return beingRead.isEmpty()
                && isIdle()
                && requireNonNull(changes, "changes").isIdle();
    }

    private long kernelOwesNanos(long now) {
        return Math.max(
                requireNonNull(changes, "changes").waitingNanos(now),
                requireNonNull(reads, "reads").waitingNanos(now));
    }

    /** Says it where a router cannot begin because the kernel does not answer. */
    private void lookAtKernel(long now) {
        long owes = kernelOwesNanos(now);
        kernelWaitNanos = owes;
        for (VirtualRouter router : routers.values()) {
            guarded(router.spec().name(), () -> router.unreadFor(owes, now));
        }
    }

    private static String words(Scheduling.Result result) {
        return switch (result) {
            case Scheduling.Result.Granted() -> "granted";
            case Scheduling.Result.Refused(String reason) -> reason;
        };
    }

    /** Takes what a thread that waits for the kernel has for this one. Any thread. */
    private void answer(Runnable answer) {
        answers.add(answer);
        poller.wake();
    }

    private void runAnswers() {
        Runnable answer;
        while ((answer = answers.poll()) != null) {
            if (started.isDone()) {
                guarded("answer", answer);
            } else {
                answer.run();
            }
        }
    }

    /** Runs answers alone, until there is nothing to wait for; at the start, and at the end. */
    private void runAnswersUntil(long longestNanos, BooleanSupplier isSettled) {
        long start = System.nanoTime();
        runAnswers();
        while (!isSettled.getAsBoolean() && System.nanoTime() - start < longestNanos) {
            poller.await(SETTLE_NANOS);
            turnedAt = System.nanoTime();
            runAnswers();
            routers.values().forEach(router -> router.resignInTime(System.nanoTime()));
            leaving.forEach(router -> router.resignInTime(System.nanoTime()));
        }
    }

    private boolean isIdle() {
        return routers.values().stream().allMatch(VirtualRouter::isIdle)
                && leaving.stream().allMatch(VirtualRouter::isIdle);
    }

    private void turn() {
        long now = System.nanoTime();
        long due = readBackAt;
        for (VirtualRouter router : routers.values()) {
            due = sooner(due, router.dueAt(now));
        }
        for (VirtualRouter router : leaving) {
            due = sooner(due, router.dueAt(now));
        }
        if (isPaced && due - now > PACED_NANOS) {
            LockSupport.parkNanos(PACED_NANOS);
            now = System.nanoTime();
        }
        poller.await(Math.clamp(due - now, 0, HEARTBEAT_NANOS));
        turnedAt = System.nanoTime();
        // Before anything that has arrived: an active router that slept must not answer it.
        noticeSleep(turnedAt);
        hearKernel();
        long before = received.sum();
        hearPackets();
        isPaced = received.sum() != before && isOneTooMany();
        runInbox();
        now = System.nanoTime();
        for (VirtualRouter router : routers.values()) {
            tick(router, now);
        }
        for (VirtualRouter router : routers.values()) {
            upkeep(router, now);
        }
        endLeaving(now);
        sayMore(now);
        for (NetworkLink port : ports.values()) {
            requireNonNull(discarded.get(Reason.FLOOD)).add(port.resumeStrays(now));
        }
        sampleLinks(now);
        if (now - readBackAt >= 0) {
            changed.addAll(ports.values());
            readBackAt = now + READ_BACK_NANOS;
        }
        runAnswers();
        readInterfaces();
        lookAtKernel(now);
    }

    private void sampleLinks(long now) {
        if (now - sampledAt < SAMPLED_NANOS) {
            return;
        }
        sampledAt = now;
        List<Flood> found = new ArrayList<>();
        for (NetworkLink port : ports.values()) {
            guarded(port.name(), () -> {
                port.sample(now)
                        .forEach((protocol, count) ->
                                requireNonNull(arrived.get(protocol)).add(count));
                found.addAll(port.floods());
            });
        }
        floods = List.copyOf(found);
    }

    private void noticeSleep(long now) {
        long slept = sleep.slept();
        if (slept > 0) {
            log.atWarn().addKeyValue("ms", slept / 1_000_000).log("the machine was suspended");
            routers.values()
                    .forEach(router -> guarded(router.spec().name(), () -> router.on(new Event.Slept(slept), now)));
        }
    }

    private static long sooner(long due, long at) {
        return at - due < 0 ? at : due;
    }

    private void endLeaving(long now) {
        leaving.forEach(router -> guarded(router.spec().name(), () -> router.resignInTime(now)));
        if (leaving.removeIf(VirtualRouter::isIdle)) {
            releaseUnused();
        }
    }

    private boolean isOneTooMany() {
        packetTurns.increment();
        return !turns.take(System.nanoTime());
    }

    private void tick(VirtualRouter router, long now) {
        guarded(router.spec().name(), () -> router.tick(now));
    }

    private void upkeep(VirtualRouter router, long now) {
        guarded(router.spec().name(), () -> router.upkeep(now));
    }

    /** One input must not keep the others from being looked at. */
    private void guarded(Object subject, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            failures.increment();
            if (complaints.isDue("input", List.of(subject, e.getClass()), System.nanoTime())) {
                log.atError().addKeyValue("subject", subject).setCause(e).log("an input failed and was skipped");
            }
        }
    }

    private void runInbox() {
        Runnable task;
        while ((task = inbox.poll()) != null) {
            if (started.isDone()) {
                Runnable safe = task;
                guarded("inbox", safe);
            } else {
                task.run();
            }
        }
    }

    private void hearKernel() {
        if (monitor == null) {
            return;
        }
        RouteEvent event;
        while ((event = monitor.receive()) != null) {
            switch (event) {
                case RouteEvent.LinkChanged(var link) -> markPort(link.index(), link.name());
                case RouteEvent.LinkRemoved(int index, String name) -> markPort(index, name);
                case RouteEvent.AddressAdded(var added) -> {
                    if (!isOurRenewal(added)) {
                        markPort(added.interfaceIndex(), "");
                    }
                }
                case RouteEvent.AddressRemoved(var removed) -> {
                    routers.values().forEach(router -> router.removed(removed));
                    markPort(removed.interfaceIndex(), "");
                }
                case RouteEvent.Lost() -> changed.addAll(ports.values());
            }
        }
    }

    private boolean isOurRenewal(InterfaceAddress added) {
        for (VirtualRouter router : routers.values()) {
            if (router.isAsPut(added)) {
                return true;
            }
        }
        return false;
    }

    private void markPort(int index, String name) {
        for (NetworkLink port : ports.values()) {
            if (port.index() == index || port.name().equals(name)) {
                changed.add(port);
            }
        }
        for (VirtualRouter router : routers.values()) {
            if (router.isOn(index)) {
                changed.add(router.port());
            }
        }
    }

    /** Has the interfaces read that changed; one that is being read already is read again afterwards. */
    private void readInterfaces() {
        for (VirtualRouter router : routers.values()) {
            if (router.takeReadWanted()) {
                changed.add(router.port());
            }
        }
        if (changed.isEmpty()) {
            return;
        }
        for (NetworkLink port : List.copyOf(changed)) {
            if (beingRead.add(port)) {
                changed.remove(port);
                read(port);
            }
        }
    }

    private void read(NetworkLink port) {
        Map<VirtualRouter, Integer> done = new LinkedHashMap<>();
        Set<InetAddress> peers = new HashSet<>();
        Set<Integer> carriers = new HashSet<>();
        for (VirtualRouter router : routers.values()) {
            if (router.port() == port) {
                done.put(router, router.changesDone());
                peers.addAll(router.spec().nodes().peers());
                carriers.add(router.carrierIndex());
            }
        }
        carriers.remove(0);
        String name = port.name();
        OpenedSockets.Lack lack = port.lack();
        requireNonNull(reads, "reads")
                .request(
                        routes -> LinkView.read(routes, name, peers, carriers, lack),
                        outcome -> read(port, outcome, done));
    }

    private void read(NetworkLink port, Netlink.Outcome<LinkView> outcome, Map<VirtualRouter, Integer> done) {
        beingRead.remove(port);
        LinkView view = outcome instanceof Netlink.Outcome.Done(LinkView found) ? found : null;
        if (ports.get(port.name()) != port) {
            OpenedSockets unwanted = view == null ? null : view.opened();
            if (unwanted != null) {
                requireNonNull(reads, "reads").request(routes -> closed(unwanted), closed -> {});
            }
            return;
        }
        try {
            if (view != null) {
                port.take(view);
            } else if (outcome instanceof Netlink.Outcome.Refused<LinkView>(RuntimeException why)) {
                throw why;
            }
        } catch (LinuxException e) {
            if (!started.isDone()) {
                throw e;
            }
            // It went while it was read, and its end is announced too; or the kernel was busy with other changes. A
            // router whose interface could not be read would not move for as long as the next reading takes to come.
            readBackAt = sooner(readBackAt, System.nanoTime() + READ_AGAIN_NANOS);
            log.atDebug().addKeyValue("interface", port.name()).setCause(e).log("reading the interface failed");
        }
        done.forEach((router, changes) -> {
            if (routers.get(router.spec().name()) == router) {
                guarded(router.spec().name(), () -> router.interfaceRead(view, changes, System.nanoTime()));
            }
        });
    }

    private void hearPackets() {
        for (NetworkLink port : ports.values()) {
            for (Family family : Family.values()) {
                if (port.isReady(family)) {
                    hear(port, family);
                }
                if (port.hasStrays(family)) {
                    hearStrays(port, family);
                }
            }
            if (port.hasFrames()) {
                hearFrames(port);
            }
            if (port.hasNeighborNews()) {
                hearNeighbors(port);
            }
        }
    }

    private void hear(NetworkLink port, Family family) {
        for (int i = 0; i < BATCH; i++) {
            Datagram packet = port.receive(family);
            if (packet == null) {
                return;
            }
            hear(port, packet);
        }
    }

    private void hearStrays(NetworkLink port, Family family) {
        for (int i = 0; i < BATCH; i++) {
            Datagram packet = port.receiveStray(family, System.nanoTime());
            if (packet == null) {
                return;
            }
            hear(port, packet);
        }
    }

    private void hear(NetworkLink port, Datagram packet) {
        received.increment();
        try {
            Reason reason = receive(port, packet, System.nanoTime());
            if (reason != null) {
                discard(packet, reason);
            }
        } catch (RuntimeException e) {
            failures.increment();
            discard(packet, Reason.INTERNAL_ERROR);
            log.atDebug().setCause(e).log("a packet failed");
        }
    }

    private @Nullable Reason receive(NetworkLink port, Datagram packet, long now) {
        Decoded.Context context = new Decoded.Context(packet.source(), packet.destination(), packet.ttl());
        return switch (Advertisement.decode(packet.payload(), context)) {
            case Decoded.Bad(Reason reason) -> reason;
            case Decoded.Ok ok -> {
                VirtualRouter router = router(port, packet, ok.advertisement().vrid());
                yield router == null ? Reason.VRID : router.receive(packet, ok, now);
            }
        };
    }

    private static boolean closed(OpenedSockets sockets) {
        sockets.close();
        return true;
    }

    private @Nullable VirtualRouter router(NetworkLink port, Datagram packet, int vrid) {
        Family family = Family.of(packet.source());
        for (VirtualRouter router : routers.values()) {
            RouterSpec spec = router.spec();
            if (spec.vrid() == vrid && router.port() == port && spec.family() == family) {
                return router;
            }
        }
        return null;
    }

    private void discard(Datagram packet, Reason reason) {
        LongAdder counter = discarded.get(reason);
        if (counter != null) {
            counter.increment();
        }
        // Other clusters on the same link are none of our business, and our own packets come back on some switches.
        boolean isNews = reason != Reason.VRID && reason != Reason.OWN_PACKET && reason != Reason.NOT_LISTENING;
        if (isNews && isDue(reason, packet.source(), System.nanoTime())) {
            log.atWarn()
                    .addKeyValue("reason", reason.label())
                    .addKeyValue("source", AddressText.of(packet.source()))
                    .addKeyValue("ttl", packet.ttl())
                    .addKeyValue("bytes", packet.payload().remaining())
                    .log("vrrp packet discarded");
        }
    }

    private boolean isDue(Reason reason, InetAddress source, long now) {
        for (VirtualRouter router : routers.values()) {
            if (router.spec().nodes().peers().contains(source)) {
                return complaints.isDue(reason, source, now);
            }
        }
        return complaints.isDueOfStranger(reason, source, now);
    }

    private void sayMore(long now) {
        complaints
                .more(now)
                .forEach((reason, count) -> log.atWarn()
                        .addKeyValue("reason", reason instanceof Reason of ? of.label() : reason)
                        .addKeyValue("count", count)
                        .log("more vrrp packets discarded, of senders that are not named"));
    }

    private void hearFrames(NetworkLink port) {
        for (int i = 0; i < BATCH; i++) {
            ByteBuffer frame = port.receiveFrame();
            if (frame == null) {
                return;
            }
            received.increment();
            claimed(port, NeighborObservation.ofArp(frame), null);
        }
    }

    private void hearNeighbors(NetworkLink port) {
        for (int i = 0; i < BATCH; i++) {
            Datagram packet = port.receiveNeighborNews();
            if (packet == null) {
                return;
            }
            received.increment();
            claimed(port, NeighborObservation.ofNeighborAdvertisement(packet.payload(), packet.ttl()), packet.source());
        }
    }

    private void claimed(NetworkLink port, NeighborObservation claim, @Nullable InetAddress source) {
        if (!(claim instanceof NeighborObservation.Stated stated)) {
            return;
        }
        String here = own.named(stated.mac());
        for (VirtualRouter router : routers.values()) {
            if (router.port() == port && router.owns(stated.address())) {
                if (own.isDue(System.nanoTime())) {
                    news.tell(own::look);
                }
                guarded(router.spec().name(), () -> router.claimed(stated, source, here, System.nanoTime()));
            }
        }
    }

    private void become(List<RouterSpec> wanted) {
        long now = System.nanoTime();
        Set<String> names = new HashSet<>();
        wanted.forEach(spec -> names.add(spec.name()));
        for (VirtualRouter router : List.copyOf(routers.values())) {
            RouterSpec next = wanted.stream()
                    .filter(spec -> spec.name().equals(router.spec().name()))
                    .findFirst()
                    .orElse(null);
            if (next == null || !next.continues(router.spec())) {
                router.shutdown(now);
                router.close();
                routers.remove(router.spec().name());
                leaving.add(router);
            }
        }
        for (RouterSpec spec : wanted) {
            VirtualRouter known = routers.get(spec.name());
            if (known == null) {
                add(spec);
            } else if (!known.spec().equals(spec)) {
                known.reconfigure(spec, now);
                changed.add(known.port());
            }
        }
        group(now);
        refusePackets(wanted);
        verdicts.keySet().retainAll(names);
        releaseUnused();
        ports.values().forEach(this::describe);
        List<VirtualRouter> inOrder = new ArrayList<>();
        wanted.forEach(spec -> inOrder.add(requireNonNull(routers.get(spec.name()))));
        published = List.copyOf(inOrder);
    }

    /** On a thread of its own, which is not needed again: it asks the kernel too, and takes longer than any request. */
    private void rehearse(RouterSpec spec) {
        isRehearsed = false;
        try (NetlinkThread stage = new NetlinkThread("vrrp-rehearsal", this::answer)) {
            stage.request(
                    routes -> {
                        try (Poller nowhere = new Poller()) {
                            return WarmUp.play(spec, nowhere, routes);
                        }
                    },
                    outcome -> isRehearsed = true);
        }
    }

    private void add(RouterSpec spec) {
        NetlinkThread forChanges = requireNonNull(changes, "changes");
        NetlinkThread forReads = requireNonNull(reads, "reads");
        NetworkLink port = ports.computeIfAbsent(
                spec.carrier().interfaceName(), name -> new NetworkLink(name, poller, forChanges, forReads));
        port.need(spec.family(), spec.protocol().transport() == RouterSpec.Transport.MULTICAST);
        Verdict verdict = verdicts.computeIfAbsent(spec.name(), name -> new Verdict(Fitness.UNFIT, "not judged yet"));
        routers.put(
                spec.name(),
                new VirtualRouter(
                        spec,
                        port,
                        forChanges,
                        forReads,
                        news,
                        conflicts,
                        alarms,
                        verdict.fitness(),
                        verdict.reason()));
        changed.add(port);
    }

    /**
     * Drops packets to the addresses of routers that do not accept any, RFC 9568 6.1; also while another node is active,
     * when there are none. Nothing has to change with the state.
     */
    private void refusePackets(List<RouterSpec> specs) {
        Set<InetAddress> wanted = new HashSet<>();
        specs.stream()
                .filter(spec -> !spec.holding().accept() && spec.nodes().priority() != Election.OWNER_PRIORITY)
                .forEach(spec -> spec.holding().addresses().forEach(each -> wanted.add(each.address())));
        if (wanted.equals(refused) || (refused == null && wanted.isEmpty() && !InputFilter.isLoaded())) {
            refused = Set.copyOf(wanted);
            return;
        }
        try (InputFilter filter = InputFilter.open()) {
            for (Family family : Family.values()) {
                Set<InetAddress> before = of(family, refused == null ? Set.of() : refused);
                Set<InetAddress> now = of(family, wanted);
                if (!now.equals(before)) {
                    filter.drop(family, now);
                } else if (refused == null) {
                    removeLeftOvers(filter, family);
                }
            }
            refused = Set.copyOf(wanted);
        } catch (LinuxException e) {
            if (!started.isDone() && !wanted.isEmpty()) {
                throw e;
            }
            log.atError()
                    .setCause(e)
                    .log("accept: false cannot be kept: packets to the virtual addresses are accepted");
        }
    }

    private static void removeLeftOvers(InputFilter filter, Family family) {
        try {
            filter.drop(family, Set.of());
        } catch (ErrnoException e) {
            // Where there is no packet filter nothing was left in it.
            log.atDebug().setCause(e).log("looking for rules of an earlier process failed");
        }
    }

    private static Set<InetAddress> of(Family family, Set<InetAddress> addresses) {
        return addresses.stream().filter(each -> Family.of(each) == family).collect(Collectors.toSet());
    }

    private void group(long now) {
        Map<String, List<VirtualRouter>> members = new HashMap<>();
        routers.values()
                .forEach(router -> router.spec()
                        .group()
                        .ifPresent(name -> members.computeIfAbsent(name, absent -> new ArrayList<>())
                                .add(router)));
        routers.values().stream()
                .filter(router -> router.spec().group().isEmpty())
                .forEach(router -> router.join(null, now));
        for (List<VirtualRouter> together : members.values()) {
            Group group = new Group(together);
            together.forEach(router -> router.join(group, now));
        }
    }

    private void describe(NetworkLink port) {
        Map<Family, Set<Integer>> vrids = new EnumMap<>(Family.class);
        Set<InetAddress> virtual = new HashSet<>();
        routers.values().stream()
                .filter(router -> router.port() == port)
                .forEach(router -> router.spec().holding().addresses().forEach(each -> virtual.add(each.address())));
        port.virtual(virtual);
        routers.values().stream()
                .filter(router -> router.port() == port)
                .forEach(router -> vrids.computeIfAbsent(router.spec().family(), absent -> new HashSet<>())
                        .add(router.spec().vrid()));
        port.listen(vrids);
    }

    private void releaseUnused() {
        for (NetworkLink port : List.copyOf(ports.values())) {
            Set<Family> used = new HashSet<>();
            Stream.concat(routers.values().stream(), leaving.stream())
                    .filter(router -> router.port() == port)
                    .forEach(router -> used.add(router.spec().family()));
            for (Family family : Family.values()) {
                if (!used.contains(family)) {
                    port.release(family);
                }
            }
            if (used.isEmpty()) {
                port.close();
                ports.remove(port.name());
            } else {
                port.carryVirtualMac(routers.values().stream()
                        .anyMatch(router -> router.port() == port
                                && router.spec().carrier().virtualMac()
                                && router.spec().family() == Family.IPV4));
            }
        }
    }

    private void end() {
        long now = System.nanoTime();
        for (VirtualRouter router : routers.values()) {
            guarded(router.spec().name(), () -> router.shutdown(now));
        }
        runAnswersUntil(END_NANOS, this::isIdle);
        if (!isIdle()) {
            log.atWarn().log("the kernel has not taken the addresses off yet; their lease ends them");
        }
        for (VirtualRouter router : routers.values()) {
            guarded(router.spec().name(), router::close);
        }
        ports.values().forEach(port -> guarded(port.name(), port::close));
        runAnswersUntil(TIDY_NANOS, () -> changes == null || changes.isIdle());
        refusePackets(List.of());
        closeAll();
        news.close();
        ended.complete(null);
    }

    private void closeAll() {
        ports.values().forEach(port -> guarded(port.name(), port::close));
        if (monitor != null) {
            monitor.close();
        }
        for (NetlinkThread each : new NetlinkThread[] {changes, reads}) {
            if (each != null) {
                each.close();
            }
        }
        poller.close();
    }
}
