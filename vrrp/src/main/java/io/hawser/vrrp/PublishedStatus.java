package io.hawser.vrrp;

import io.hawser.vrrp.election.Action;
import io.hawser.vrrp.election.Cause;
import io.hawser.vrrp.election.State;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The status of one virtual router as other threads read it, all of one moment. Vrrp thread, except {@link #status}, which any thread
 * may call: it reads a volatile snapshot and counters, and nothing else.
 */
final class PublishedStatus {
    private final Map<RouterStatus.Change, LongAdder> transitions = new ConcurrentHashMap<>();
    private Instant since = Instant.now();
    private Cause cause = Cause.START;
    private String explanation = "not started";
    private volatile Published published;

    /** What belongs together of a router's status. Immutable. */
    private record Published(
            RouterSpec spec, State state, Instant since, Cause cause, String explanation, Set<InetAddress> present) {}

    /** A router that was not started yet. */
    PublishedStatus(RouterSpec spec, State state) {
        published = new Published(spec, state, since, cause, explanation, Set.of());
    }

    /** Takes note of a change of state, for the next {@link #publish}. */
    void moved(Action.Moved moved) {
        since = Instant.now();
        cause = moved.cause();
        explanation = moved.explanation();
        transitions
                .computeIfAbsent(
                        new RouterStatus.Change(moved.to(), moved.cause().label()), absent -> new LongAdder())
                .increment();
    }

    /**
     * Shows what the router is now.
     *
     * @param present the addresses that are on the interface
     * @param instead what is to be told in place of why it is in its state; null: nothing
     */
    void publish(RouterSpec spec, State state, Set<InetAddress> present, @Nullable String instead) {
        published = new Published(spec, state, since, cause, instead == null ? explanation : instead, present);
    }

    /** Whether these are the addresses that are shown as being on the interface. */
    boolean shows(Set<InetAddress> present) {
        return present.equals(published.present());
    }

    /** A snapshot, with how many advertisements were sent and received. Any thread. */
    RouterStatus status(long sent, long received) {
        Published last = published;
        State now = last.state();
        RouterSpec is = last.spec();
        Set<InetAddress> on = last.present();
        State.Sender heard = now instanceof State.Backup backup ? backup.active() : null;
        InetAddress active = switch (now) {
            case State.Initialize _ -> null;
            case State.Backup _ -> heard == null ? null : heard.source();
            case State.Active _ -> is.nodes().own();
        };
        return new RouterStatus(
                is.name(),
                is.vrid(),
                now.name(),
                last.since(),
                is.election().effectivePriority(now.situation().fitness()),
                is.holding().addresses().stream()
                        .map(each -> new RouterStatus.Held(each, on.contains(each.address())))
                        .toList(),
                active,
                heard == null ? null : heard.at(),
                last.cause().label(),
                last.explanation(),
                sent,
                received,
                transitions.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, entry -> entry.getValue().sum())));
    }
}
