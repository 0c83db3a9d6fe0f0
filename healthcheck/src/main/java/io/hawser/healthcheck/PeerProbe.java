package io.hawser.healthcheck;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the other nodes' /healthz again and again over two kept-open connections each, and tells at once when such a
 * connection ends. Public methods may be called by any thread and return at once; their effect takes place on the
 * health loop, in order.
 *
 * <p>What it finds is evidence, not proof of a role: a peer that lies, hangs, or sends garbage or megabytes costs 64 KiB
 * and is reported as {@link PeerEvidence.Invalid} or {@link PeerEvidence.Silent}. {@link PeerEvidence.Gone} means that
 * nothing listens any more where something had answered, so whoever closes the listener of /healthz without ending the
 * process must keep the established connections open until the new listener is bound.
 */
public final class PeerProbe implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PeerProbe.class);
    private static final Duration SHORTEST = Duration.ofMillis(10);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final HealthLoop loop;
    private final PeerListener listener;
    private final Map<Peer, PeerConnection> connections = new HashMap<>();

    /**
     * Watches nobody yet.
     *
     * @param loop where the probe runs; stays the caller's
     * @param listener hears of the peers, on the health loop
     */
    public PeerProbe(HealthLoop loop, PeerListener listener) {
        this.loop = requireNonNull(loop, "loop");
        this.listener = requireNonNull(listener, "listener");
    }

    /**
     * Starts probing a peer; of one that is probed already, changes the interval by starting anew.
     *
     * @param interval from one question to the next, and how long an answer may take before the peer counts as silent;
     *     10 ms to 1 min
     */
    public void watch(Peer peer, Duration interval) {
        requireNonNull(peer, "peer");
        if (interval.compareTo(SHORTEST) < 0 || interval.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "peer probe interval %s is not within 10 ms to 1 min".formatted(interval));
        }
        execute(() -> {
            var fresh = new PeerConnection(loop, peer, interval.toNanos(), evidence -> tell(peer, evidence));
            var old = connections.put(peer, fresh);
            if (old != null) {
                old.stop();
            }
            fresh.start();
        });
    }

    /** Stops probing a peer and forgets what is known. */
    public void unwatch(Peer peer) {
        execute(() -> {
            var old = connections.remove(peer);
            if (old != null) {
                old.stop();
            }
        });
    }

    /** Asks a peer now, without waiting for the interval, unless a question is open already. */
    public void askNow(Peer peer) {
        execute(() -> {
            var known = connections.get(peer);
            if (known != null) {
                known.askNow();
            }
        });
    }

    /** Stops probing everybody. The loop stays open. */
    @Override
    public void close() {
        execute(() -> {
            connections.values().forEach(PeerConnection::stop);
            connections.clear();
        });
    }

    private void tell(Peer peer, PeerEvidence evidence) {
        try {
            listener.report(new PeerReport(peer, evidence, System.nanoTime()));
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            log.atError().setCause(e).log("peer listener failed");
        }
    }

    private void execute(Runnable task) {
        try {
            loop.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            // The loop is closed, and with it everything that the task is about.
            log.atDebug().log("health loop is closed");
        }
    }
}
