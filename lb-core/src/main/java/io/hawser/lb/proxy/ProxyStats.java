package io.hawser.lb.proxy;

import io.hawser.lb.tls.HandshakeFailure;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the proxy has counted, at about one moment. Immutable. Counts only grow, but for those called active.
 *
 * @param listeners one for each listener of the last plan, in its order
 * @param loops one for each event loop
 * @param connects how long connecting took, one for each pool that was connected to
 * @param hedges how often members were raced, one for each pool that was connected to
 * @param active connections open now, over all listeners
 * @param mostActive how many may be open at once
 * @param notAccepting why and for how long nobody is accepted; null while somebody would be
 * @param acceptPauses times that accepting waited for room under a limit
 * @param shortages times that descriptors, ports or memory were not to be had
 * @param defects connections that a defect of the proxy has ended; anything but 0 is a bug
 */
public record ProxyStats(
        List<ListenerStats> listeners,
        List<LoopStats> loops,
        List<ConnectStats> connects,
        List<HedgeStats> hedges,
        int active,
        int mostActive,
        @Nullable NotAccepting notAccepting,
        long acceptPauses,
        long shortages,
        long defects) {

    /** Nothing was counted yet. */
    public static final ProxyStats NONE =
            new ProxyStats(List.of(), List.of(), List.of(), List.of(), 0, 0, null, 0, 0, 0);

    public ProxyStats {
        listeners = List.copyOf(listeners);
        loops = List.copyOf(loops);
        connects = List.copyOf(connects);
        hedges = List.copyOf(hedges);
    }

    /** Both together, of what shares no listener and no pool. Why nobody is accepted is said of the first that does not accept. */
    public ProxyStats plus(ProxyStats other) {
        return new ProxyStats(
                both(listeners, other.listeners),
                both(loops, other.loops),
                both(connects, other.connects),
                both(hedges, other.hedges),
                active + other.active,
                mostActive + other.mostActive,
                notAccepting == null ? other.notAccepting : notAccepting,
                acceptPauses + other.acceptPauses,
                shortages + other.shortages,
                defects + other.defects);
    }

    private static <T> List<T> both(List<T> one, List<T> other) {
        return Stream.concat(one.stream(), other.stream()).toList();
    }

    /**
     * One listener.
     *
     * @param name its name
     * @param pool the name of its pool
     * @param bound whether it listens on all its addresses
     * @param active its connections now
     * @param accepted connections it has accepted
     * @param fromClients bytes from clients to members
     * @param fromMembers bytes from members to clients
     * @param uncounted connections let in uncounted, because there was no room to remember their source
     * @param endings how its connections have ended
     * @param handshakes its TLS handshakes
     */
    public record ListenerStats(
            String name,
            String pool,
            boolean bound,
            int active,
            long accepted,
            long fromClients,
            long fromMembers,
            long uncounted,
            List<Ending> endings,
            HandshakeStats handshakes) {
        public ListenerStats {
            endings = List.copyOf(endings);
        }
    }

    /**
     * Connections that ended alike.
     *
     * @param member the member's name; empty when no member was connected
     * @param outcome how they ended
     * @param count how many
     */
    public record Ending(String member, Outcome outcome, long count) {}

    /**
     * TLS handshakes with the clients of a listener.
     *
     * @param times how long those took that were completed, from the first byte; the pool's name is the listener's
     * @param resumed how many of them went on with an earlier session
     * @param failures how many failed, by reason
     */
    public record HandshakeStats(ConnectStats times, long resumed, Map<HandshakeFailure, Long> failures) {
        public HandshakeStats {
            failures = Map.copyOf(failures);
        }
    }

    /**
     * One event loop.
     *
     * @param index its number, as in the thread's name
     * @param lagSeconds how late its heart-beat was at worst in the last 16 s
     * @param stalledSeconds how long its heart-beat is overdue now
     * @param bufferBytes memory in use for readers that don't keep up
     */
    public record LoopStats(int index, double lagSeconds, double stalledSeconds, long bufferBytes) {}

    /**
     * How long connecting to a pool's members took.
     *
     * @param pool the pool's name
     * @param buckets cumulative counts, as in a Prometheus histogram, without the infinite one
     * @param count all of them
     * @param sumSeconds their sum
     */
    public record ConnectStats(String pool, List<Bucket> buckets, long count, double sumSeconds) {
        public ConnectStats {
            buckets = List.copyOf(buckets);
        }
    }

    /**
     * How often a second member was tried while a first one took long.
     *
     * @param pool the pool's name
     * @param hedged second attempts
     * @param replayed those of them that sent the client's ClientHello again
     * @param won those of them that were the quicker one
     * @param denied connections that had to wait for one because too many were made
     */
    public record HedgeStats(String pool, long hedged, long replayed, long won, long denied) {}

    /**
     * Connects that took at most so long.
     *
     * @param atMostSeconds the bound
     * @param count how many
     */
    public record Bucket(double atMostSeconds, long count) {}
}
