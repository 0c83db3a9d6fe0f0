package io.hawser.lb.proxy;

import io.hawser.lb.admission.ConnectionLimit;
import io.hawser.lb.net.Errno;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this host lacks for the connections of one loop: it is counted and said, and who can wait does. Knows from that, and
 * from what is told of memory, why nobody is accepted. Event loop, except where it says otherwise.
 */
final class Shortages {
    private static final Logger log = LoggerFactory.getLogger(Shortages.class);
    private static final long QUIET_NANOS = 10_000_000_000L;
    // An acceptor that failed tries again with each second tick, as long as somebody waits.
    private static final int ACCEPT_TICKS = 5;

    private record Refusal(Shortage why, long since) {}

    private final LongSupplier clock;
    private final ConnectionLimit limit;
    private final Counters counters;
    private long ticks;
    private long lackSaidAt;
    private boolean lackSaid;
    private long lackedAtTick = Long.MIN_VALUE;
    private long acceptFailedAtTick = Long.MIN_VALUE;
    private volatile @Nullable Refusal refusal;

    /**
     * Nothing is lacking yet.
     *
     * @param clock monotonic time in nanoseconds
     * @param limit knows how many connections there are
     */
    Shortages(LongSupplier clock, ConnectionLimit limit, Counters counters) {
        this.clock = clock;
        this.limit = limit;
        this.counters = counters;
    }

    /** Counts that this host lacks something, and says so at most once in ten seconds. */
    void lacking(int errno, String attempted) {
        counters.shortages.increment();
        if (errno == Errno.EADDRNOTAVAIL) {
            counters.portless.increment();
        }
        lackedAtTick = ticks;
        long at = System.nanoTime();
        if (lackSaid && at - lackSaidAt < QUIET_NANOS) {
            return;
        }
        lackSaid = true;
        lackSaidAt = at;
        log.atWarn()
                .addKeyValue("attempted", attempted)
                .addKeyValue("errno", errno)
                .addKeyValue("connections", limit.used())
                .addKeyValue("remedy", remedy(errno))
                .log("this host is short of descriptors, ports or memory; retrying");
    }

    private static String remedy(int errno) {
        return switch (errno) {
            case Errno.EMFILE -> "raise the limit of open files (LimitNOFILE) or lower limits.connections";
            case Errno.ENFILE -> "raise fs.file-max";
            case Errno.EADDRNOTAVAIL -> "widen net.ipv4.ip_local_port_range, or add members";
            default -> "check this host for a shortage of memory";
        };
    }

    /** Whether something was lacking just now; who can wait should, so that connections under way get it first. */
    boolean isLacking() {
        return lackedAtTick >= ticks - 1;
    }

    /** An accept failed because this host lacks something. */
    void acceptFailed() {
        acceptFailedAtTick = ticks;
    }

    /** An accept succeeded. */
    void accepted() {
        acceptFailedAtTick = Long.MIN_VALUE;
    }

    /**
     * Looks whether anybody would be accepted; with each tick.
     *
     * @param now monotonic time in nanoseconds
     * @param memory which memory is too short for that; null for none
     */
    void look(long now, @Nullable Shortage memory) {
        Shortage why = memory;
        if (why == null && acceptFailedAtTick >= ticks - ACCEPT_TICKS) {
            why = Shortage.KERNEL;
        }
        Refusal before = refusal;
        if (why == null) {
            refusal = null;
        } else if (before == null || before.why() != why) {
            refusal = new Refusal(why, before == null ? now : before.since());
        }
    }

    /** A tick is over. */
    void ticked() {
        ticks++;
    }

    /** Why and for how long nobody has been accepted; null while somebody would be. Any thread. */
    @Nullable
    NotAccepting notAccepting() {
        Refusal current = refusal;
        return current == null
                ? null
                : new NotAccepting(current.why(), Duration.ofNanos(Math.max(0, clock.getAsLong() - current.since())));
    }
}
