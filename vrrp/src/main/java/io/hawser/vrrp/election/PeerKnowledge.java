package io.hawser.vrrp.election;

import io.hawser.vrrp.election.State.Backup;
import io.hawser.vrrp.election.State.Sender;
import io.hawser.vrrp.election.State.Wait;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a backup knows of its peers, by their advertisements and from outside VRRP: whom it follows, who serves the
 * addresses, who is better than this node. Pure; stateless.
 */
final class PeerKnowledge {
    private PeerKnowledge() {}

    /**
     * The node that a backup has reason to follow: one whose advertisements it respects and has heard lately, or that
     * answers as active while somebody answers for the addresses; null when there is none.
     */
    static @Nullable Sender followed(Election election, Backup state, long now) {
        Sender active = state.active();
        boolean respected = active != null
                && now - active.at() < 2 * state.intervalNanos()
                && (active.priority() > Election.UNFIT_PRIORITY
                        || state.situation().fitness() != Fitness.FIT);
        if (respected) {
            return active;
        }
        Evidence.Alive served = isAnswered(election, state, now) ? servedBy(election, state, now) : null;
        return served == null ? null : new Sender(served.peer(), served.priority(), served.at(), served.at());
    }

    /** Whether another machine has answered for the addresses on the link since it was last asked in earnest. */
    private static boolean isAnswered(Election election, Backup state, long now) {
        Long answeredAt = state.situation().answeredAt();
        // As long as from one answer to the next one: a down interval, in a group two, and all but the last question
        // lost.
        long longest = 8 * state.intervalNanos() + Election.QUESTIONS * election.questionNanos();
        boolean isAsking = state.pending() instanceof Wait.Answer;
        return answeredAt != null && (isAsking || now - answeredAt <= longest);
    }

    /** The peer that freshly says it holds the addresses and serves no worse than this node would; null if none. */
    static Evidence.@Nullable Alive servedBy(Election election, Backup state, long now) {
        return servedBy(election, state, null, now);
    }

    /** The same, if it is {@code node}; null: any. */
    static Evidence.@Nullable Alive servedBy(Election election, Backup state, @Nullable InetAddress node, long now) {
        boolean selfFit = state.situation().fitness() == Fitness.FIT;
        for (Evidence evidence : state.situation().evidence().all()) {
            if (evidence instanceof Evidence.Alive alive
                    && alive.active()
                    && (alive.fit() || !selfFit)
                    && (node == null || node.equals(alive.peer()))
                    && now - alive.at() <= believedNanos(election, state, alive, now)) {
                return alive;
            }
        }
        return null;
    }

    /**
     * How long what a peer said is believed. Whom the link has confirmed, while its advertisements did not pass, is not
     * replaced for one answer that is late: the link is asked first.
     */
    private static long believedNanos(Election election, Backup state, Evidence.Alive alive, long now) {
        Sender own = lastAdvert(election, state, alive.peer());
        Sender last = later(state.active(), state.lower());
        boolean isFiltered = own == null || alive.at() - own.at() > 2 * state.intervalNanos();
        // Whoever has advertised since then has the addresses now.
        boolean isOutdated = last != null && alive.at() - last.at() <= 0;
        return isFiltered && !isOutdated && isAnswered(election, state, now)
                ? election.settledNanos()
                : election.freshnessNanos();
    }

    /** The last advertisement of a peer, as far as it is remembered; null when there is none. */
    static @Nullable Sender lastAdvert(Election election, Backup state, InetAddress peer) {
        return later(from(election, state, peer, state.active()), from(election, state, peer, state.lower()));
    }

    private static @Nullable Sender later(@Nullable Sender one, @Nullable Sender other) {
        return one == null || (other != null && other.at() - one.at() > 0) ? other : one;
    }

    private static @Nullable Sender from(Election election, Backup state, InetAddress peer, @Nullable Sender sender) {
        return sender != null && isFrom(election, state, peer, sender) ? sender : null;
    }

    /** Whether it is this peer that advertised. */
    static boolean isFrom(Election election, Backup state, InetAddress peer, Sender sender) {
        return peer.equals(sender.source()) || peer.equals(nodeOf(election, state, sender));
    }

    /**
     * Which peer a sender is. Where its address is no peer's node address, as with IPv6, whose routers advertise from
     * link-local addresses, or after an address has changed: the one peer that has said since its first advertisement
     * that it is active, or the only peer there is. Null where that cannot be told.
     */
    static @Nullable InetAddress nodeOf(Election election, Backup state, Sender sender) {
        KnownEvidence known = state.situation().evidence();
        if (known.probeOf(sender.source()) != null || election.peers().contains(sender.source())) {
            return sender.source();
        }
        InetAddress found = null;
        for (Evidence evidence : known.all()) {
            if (evidence instanceof Evidence.Alive alive && alive.active() && alive.at() - sender.since() >= 0) {
                if (found != null) {
                    return null;
                }
                found = alive.peer();
            }
        }
        return found == null && election.peers().size() == 1 ? election.peers().getFirst() : found;
    }

    /** Whether this fit backup hears a node that is active and unfit. */
    static boolean hearsUnfit(Backup state, long now) {
        Sender active = state.active();
        return active != null
                && active.priority() == Election.UNFIT_PRIORITY
                && now - active.at() < 2 * state.intervalNanos()
                && state.situation().fitness() == Fitness.FIT;
    }

    /** Whether this backup follows a fit active node other than {@code source}. */
    static boolean followsAnother(Backup state, InetAddress source, long now) {
        Sender active = state.active();
        return active != null
                && !active.source().equals(source)
                && active.priority() > Election.UNFIT_PRIORITY
                && now - active.at() < 2 * state.intervalNanos();
    }

    /** Whether the last that its probe found is that it is active. */
    static boolean wasActive(Backup state, InetAddress peer) {
        return state.situation().evidence().probeOf(peer) instanceof Evidence.Alive alive && alive.active();
    }

    /** Whether there is evidence about each peer but {@code gone}: that it is gone too, or what it said freshly. */
    static boolean knowsAllOthers(Election election, Backup state, InetAddress gone, long now) {
        for (InetAddress peer : election.peers()) {
            boolean known = switch (state.situation().evidence().probeOf(peer)) {
                case null -> false;
                case Evidence.Gone _ -> true;
                case Evidence.Alive alive -> now - alive.at() <= election.freshnessNanos();
            };
            if (!known && !peer.equals(gone)) {
                return false;
            }
        }
        return true;
    }

    /** See {@link VrrpEngine#rank}. */
    static int rank(Election election, Backup state, long now) {
        int rank = 0;
        for (Evidence evidence : state.situation().evidence().all()) {
            if (evidence instanceof Evidence.Alive alive
                    && alive.fit()
                    && now - alive.at() <= election.freshnessNanos()
                    && state.situation().isBeatenBy(alive.priority(), alive.peer(), election)) {
                rank++;
            }
        }
        return rank;
    }
}
