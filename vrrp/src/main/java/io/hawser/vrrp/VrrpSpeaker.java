package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.linux.BootClock;
import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.sysctl.linux.Scheduling;
import io.hawser.vrrp.election.Evidence;
import io.hawser.vrrp.election.Fitness;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
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
     * a pause the news may be waiting. Each socket gives at most a batch of packets a turn, so that a flood can delay
     * timers by no more than it takes to look at those.
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
     *
     * The parts are used on this thread alone, but for what each names as open to any thread: counters and snapshots.
     * Others reach this thread by the inbox and by answers, and wake it.
     */

    private static final Logger log = LoggerFactory.getLogger(VrrpSpeaker.class);
    private static final int REALTIME_PRIORITY = 50;
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
    /** The pause before a turn when packets make too many of them: then it finds several at once. */
    private static final long PACED_NANOS = 1_000_000L;

    private final StateListenerThread news;
    private final Poller poller;
    private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile long turnedAt = System.nanoTime();
    private volatile long kernelWaitNanos;
    private volatile String realtime = "not started";
    private volatile String memory = "not started";

    // From here on: vrrp thread only, but for what these say of themselves.
    private final InputGuard guard = new InputGuard();
    private final AcceptMode acceptMode = new AcceptMode(guard);
    private final FloodWatch floods = new FloodWatch(guard);
    private final KernelThreads kernel;
    private final RouterSet routers;
    private final InterfaceReader interfaces;
    private final PacketReceiver packets;
    private final SleepWatch sleep;
    private boolean isPaced;
    private boolean isRehearsed = true;
    private boolean isStopping;

    private VrrpSpeaker(VrrpListener listener, SleepWatch sleep) {
        this.sleep = sleep;
        news = StateListenerThread.start(requireNonNull(listener, "listener"));
        poller = new Poller();
        kernel = new KernelThreads(poller, guard);
        routers = new RouterSet(poller, kernel, acceptMode, news, guard, this::readLater);
        interfaces = new InterfaceReader(routers, kernel, guard);
        packets = new PacketReceiver(routers, guard, news);
        thread = new Thread(this::run, "vrrp");
        thread.setDaemon(true);
    }

    private void readLater(NetworkLink port) {
        interfaces.mark(port);
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
            wanted.forEach(spec -> speaker.routers.presume(spec.name(), fitness, reason));
            speaker.routers.become(wanted);
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
                routers.become(wanted);
                interfaces.read();
                kernel.changes().request(routes -> true, outcome -> interfaces.completeWhenRead(done));
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /** Says how fit this node is for one router; repeating what is known costs next to nothing. */
    public void fitness(String router, Fitness fitness, String reason) {
        post(() -> routers.judge(router, fitness, reason));
    }

    /** Says what was found out about a peer, for one router; a VRID would not tell IPv4 from IPv6. */
    public void evidence(String router, Evidence evidence) {
        post(() -> routers.evidence(router, evidence));
    }

    /** A snapshot of everything. */
    public SpeakerStatus status() {
        return new SpeakerStatus(
                routersNow(),
                packets.discarded(),
                routers.conflicts(),
                routers.alarms(),
                floods.floods(),
                floods.arrived(),
                guard.failures(),
                realtime,
                memory);
    }

    /** What arrives in numbers that no working network has, at most a second ago as long as the vrrp thread runs. */
    public List<Flood> floods() {
        return floods.floods();
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
        return packets.received();
    }

    /** How many turns of the vrrp thread found packets. */
    long packetTurns() {
        return packets.turns();
    }

    /** The routers alone; cheaper than {@link #status()}. */
    public List<RouterStatus> routersNow() {
        return routers.statuses();
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
            kernel.start();
            interfaces.open(poller);
            kernel.changes().request(VrrpSpeaker::removeLeftOvers, this::leftOversRemoved);
            runInbox();
            interfaces.putOffReadBack(System.nanoTime());
            runAnswersUntil(SETTLED_NANOS, () -> {
                interfaces.read();
                return hasKernelAnswered() ? isRehearsed : kernel.owedNanos(System.nanoTime()) >= BUSY_NANOS;
            });
            guard.started();
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
                guard.loopFailed(e);
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
            if (guard.isStarting()) {
                throw why;
            }
            log.atWarn().setCause(why).log("removing the interfaces of an earlier process failed");
        }
    }

    private boolean hasKernelAnswered() {
        return interfaces.isIdle() && routers.isIdle() && kernel.areChangesDone();
    }

    private static String words(Scheduling.Result result) {
        return switch (result) {
            case Scheduling.Result.Granted() -> "granted";
            case Scheduling.Result.Refused(String reason) -> reason;
        };
    }

    /** On a thread of its own, which is not needed again: it asks the kernel too, and takes longer than any request. */
    private void rehearse(RouterSpec spec) {
        isRehearsed = false;
        try (NetlinkThread stage = new NetlinkThread("vrrp-rehearsal", kernel::answer)) {
            stage.request(
                    routes -> {
                        try (Poller nowhere = new Poller()) {
                            return WarmUp.play(spec, nowhere, routes);
                        }
                    },
                    outcome -> isRehearsed = true);
        }
    }

    /** Runs answers alone, until there is nothing to wait for; at the start, and at the end. */
    private void runAnswersUntil(long longestNanos, BooleanSupplier isSettled) {
        long start = System.nanoTime();
        kernel.runAnswers();
        while (!isSettled.getAsBoolean() && System.nanoTime() - start < longestNanos) {
            poller.await(SETTLE_NANOS);
            turnedAt = System.nanoTime();
            kernel.runAnswers();
            routers.resignInTime();
        }
    }

    private void turn() {
        long now = System.nanoTime();
        long due = routers.dueAt(interfaces.readBackAt(), now);
        if (isPaced && due - now > PACED_NANOS) {
            LockSupport.parkNanos(PACED_NANOS);
            now = System.nanoTime();
        }
        poller.await(Math.clamp(due - now, 0, HEARTBEAT_NANOS));
        turnedAt = System.nanoTime();
        // Before anything that has arrived: an active router that slept must not answer it.
        noticeSleep(turnedAt);
        interfaces.hear();
        isPaced = packets.hear();
        runInbox();
        now = System.nanoTime();
        routers.tick(now);
        routers.endLeaving(now);
        packets.sayMore(now);
        packets.resumeStrays(now);
        floods.look(routers.ports(), now);
        interfaces.readBack(now);
        kernel.runAnswers();
        interfaces.read();
        lookAtKernel(now);
    }

    private void noticeSleep(long now) {
        long slept = sleep.slept();
        if (slept > 0) {
            log.atWarn().addKeyValue("ms", slept / 1_000_000).log("the machine was suspended");
            routers.slept(slept, now);
        }
    }

    /** Says it where a router cannot begin because the kernel does not answer. */
    private void lookAtKernel(long now) {
        long owes = kernel.owedNanos(now);
        kernelWaitNanos = owes;
        routers.unreadFor(owes, now);
    }

    private void runInbox() {
        Runnable task;
        while ((task = inbox.poll()) != null) {
            guard.runAfterStart("inbox", task);
        }
    }

    private void end() {
        routers.shutdown();
        runAnswersUntil(END_NANOS, routers::isIdle);
        if (!routers.isIdle()) {
            log.atWarn().log("the kernel has not removed the addresses yet; it will when their lease expires");
        }
        routers.close();
        routers.closePorts();
        runAnswersUntil(TIDY_NANOS, kernel::areChangesDone);
        acceptMode.apply(List.of());
        closeAll();
        news.close();
        ended.complete(null);
    }

    private void closeAll() {
        routers.closePorts();
        interfaces.close();
        kernel.close();
        poller.close();
    }
}
