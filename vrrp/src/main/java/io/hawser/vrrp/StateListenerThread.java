package io.hawser.vrrp;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a listener on a thread of its own, named "vrrp-news": whoever reads events may hold their lock while the machine
 * runs something else, and the vrrp thread must not wait for that. Any thread.
 */
final class StateListenerThread implements VrrpListener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StateListenerThread.class);
    private static final Duration LAST_WORDS = Duration.ofMillis(200);

    private final VrrpListener listener;
    // Unbounded but small: changes of state are limited by their timers, alarms to one a minute for each subject and
    // few subjects.
    private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final Thread thread = Thread.ofPlatform().daemon().name("vrrp-news").unstarted(this::run);
    private volatile boolean isEnding;

    /** What a {@link #turn} came to. */
    enum Turn {
        SAID,
        NOTHING,
        OVER
    }

    /** Tells nothing yet. */
    StateListenerThread(VrrpListener listener) {
        this.listener = listener;
    }

    /** Begins to tell. */
    static StateListenerThread start(VrrpListener listener) {
        StateListenerThread news = new StateListenerThread(listener);
        news.thread.start();
        return news;
    }

    @Override
    public void moved(Transition transition) {
        tell(() -> listener.moved(transition));
    }

    @Override
    public void alarmed(Alarm alarm) {
        tell(() -> listener.alarmed(alarm));
    }

    @Override
    public void released(Set<InetAddress> addresses) {
        listener.released(addresses);
    }

    @Override
    public void ticked(long lateNanos) {
        listener.ticked(lateNanos);
    }

    /** Does something that may wait, after what was told before. */
    void tell(Runnable news) {
        queue.add(news);
        LockSupport.unpark(thread);
    }

    private void run() {
        for (Turn turn = turn(); turn != Turn.OVER; turn = turn()) {
            if (turn == Turn.NOTHING) {
                LockSupport.park(this);
            }
        }
    }

    /** Says the next one, if there is one. On the thread that says; what was told before {@link #end} is said before it is over. */
    Turn turn() {
        // Before the queue is looked at: looked at after that, the end could be seen and not what was told before it.
        boolean wasEnding = isEnding;
        Runnable news = queue.poll();
        if (news != null) {
            say(news);
            return Turn.SAID;
        }
        return wasEnding ? Turn.OVER : Turn.NOTHING;
    }

    private static void say(Runnable news) {
        try {
            news.run();
        } catch (Throwable e) {
            log.atError().setCause(e).log("a state listener failed; it will be called again");
        }
    }

    /** Nothing is told after this. */
    void end() {
        isEnding = true;
        LockSupport.unpark(thread);
    }

    /** Ends after what waits was told, waiting for that a moment. */
    @Override
    public void close() {
        end();
        try {
            thread.join(LAST_WORDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
