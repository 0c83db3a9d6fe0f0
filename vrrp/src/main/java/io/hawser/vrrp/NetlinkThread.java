package io.hawser.vrrp;

import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.sysctl.linux.Scheduling;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out requests on a thread of its own, so that the vrrp thread never waits for the kernel. Its methods: vrrp
 * thread.
 */
final class NetlinkThread implements Netlink, AutoCloseable {

    /*
     * The two queues need no lock: at real-time priority a thread that waits for one waits for whoever holds it.
     */

    private static final Logger log = LoggerFactory.getLogger(NetlinkThread.class);
    /** Below the vrrp thread, above everything of ordinary priority: a renewal must not miss its lease. */
    private static final int REALTIME_PRIORITY = 49;

    private final Queue<Runnable> requests = new ConcurrentLinkedQueue<>();
    private final Consumer<Runnable> answers;
    private final RouteSocket routes;
    private final Thread thread;
    private volatile boolean isStopping;

    /** When each request was made that was not answered yet, oldest first. Vrrp thread. */
    private final Deque<Long> askedAt = new ArrayDeque<>();

    /**
     * Starts in the network namespace of the calling thread.
     *
     * @param answers takes what the vrrp thread has to run; called on this object's thread
     * @throws io.hawser.sysctl.linux.ErrnoException when there is no socket to be had
     */
    NetlinkThread(String name, Consumer<Runnable> answers) {
        this.answers = answers;
        this.routes = RouteSocket.open();
        this.thread = Thread.ofPlatform().name(name).daemon().start(this::run);
    }

    @Override
    public <T> void request(Request<T> what, Answer<T> then) {
        askedAt.add(System.nanoTime());
        requests.add(() -> {
            Outcome<T> outcome = Netlink.outcome(what, routes);
            answers.accept(() -> {
                askedAt.poll();
                then.take(outcome);
            });
        });
        LockSupport.unpark(thread);
    }

    /** For how long the oldest request has waited for its answer, in nanoseconds; 0 when none does. */
    long waitingNanos(long now) {
        Long oldest = askedAt.peek();
        return oldest == null ? 0 : Math.max(0, now - oldest);
    }

    /** Whether every request was answered. */
    boolean isIdle() {
        return askedAt.isEmpty();
    }

    private void run() {
        var _ = Scheduling.setRealtime(REALTIME_PRIORITY);
        while (!isStopping || !requests.isEmpty()) {
            Runnable next = requests.poll();
            if (next == null) {
                LockSupport.park(this);
                continue;
            }
            try {
                next.run();
            } catch (Throwable e) {
                log.atError().setCause(e).log("processing an answer of the kernel failed");
            }
        }
        routes.close();
    }

    /** Ends after the requests made so far; does not wait for that. */
    @Override
    public void close() {
        isStopping = true;
        LockSupport.unpark(thread);
    }
}
