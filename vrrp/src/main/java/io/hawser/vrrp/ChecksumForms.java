package io.hawser.vrrp;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which checksum form is sent to whom, from what is heard (RFC 9568 5.2.8 and its other reading). To a peer alone, what
 * that peer sends; to the group, what the best sender sends. Each changes once a minute at most, so that senders that
 * contradict each other, or one that makes them up, do not decide packet by packet. Owner's thread.
 */
final class ChecksumForms {
    static final long GAP_NANOS = 60_000_000_000L;

    private ChecksumForm first;
    private final Map<InetAddress, Chosen> byPeer = new HashMap<>();
    private @Nullable Best best;

    private record Chosen(ChecksumForm form, long changedAt) {}

    private record Best(InetAddress peer, int rank, ChecksumForm form, long at) {}

    private @Nullable Chosen ofGroup;

    /** What came of one advertisement. */
    enum Outcome {
        /** Nothing is new. */
        SAME,
        /** From now on the form of this sender is sent. */
        CHANGED,
        /** This sender sends another form than the one that the group gets. */
        DIFFERS
    }

    /** Sends {@code first} to whom nothing was heard from. */
    ChecksumForms(ChecksumForm first) {
        this.first = first;
    }

    /** Forgets what was heard. */
    void reset(ChecksumForm newFirst) {
        first = newFirst;
        byPeer.clear();
        best = null;
        ofGroup = null;
    }

    /** Takes the form of an advertisement to this node alone, from a listed peer. */
    Outcome heardFromPeer(InetAddress peer, ChecksumForm form, long now) {
        Chosen before = byPeer.get(peer);
        Chosen after = next(before, form, now);
        if (after == null) {
            return Outcome.SAME;
        }
        byPeer.put(peer, after);
        return before == null && form == first ? Outcome.SAME : Outcome.CHANGED;
    }

    /**
     * Takes the form of an advertisement to the group.
     *
     * @param isListed whether the sender is one of the nodes: those come before all others
     */
    Outcome heardInGroup(InetAddress peer, boolean isListed, int priority, ChecksumForm form, long now) {
        Best known = best;
        boolean isSame = known != null && known.peer.equals(peer);
        // Who resigns says so with priority 0, which says nothing of how good it is.
        int rank = isSame && known != null && priority == 0 ? known.rank : priority + (isListed ? 256 : 0);
        if (known == null || isSame || rank > known.rank || now - known.at >= GAP_NANOS) {
            best = new Best(peer, rank, form, now);
        } else if (form != known.form) {
            return Outcome.DIFFERS;
        }
        Chosen before = ofGroup;
        Chosen after = next(before, form, now);
        if (after == null) {
            return form == toGroup() ? Outcome.SAME : Outcome.DIFFERS;
        }
        ofGroup = after;
        return before == null && form == first ? Outcome.SAME : Outcome.CHANGED;
    }

    /** The new choice; null when it stays. */
    private static @Nullable Chosen next(@Nullable Chosen before, ChecksumForm form, long now) {
        boolean mayChange = before == null || (before.form != form && now - before.changedAt >= GAP_NANOS);
        return mayChange ? new Chosen(form, now) : null;
    }

    /** The form for a peer alone. */
    ChecksumForm toPeer(InetAddress peer) {
        Chosen chosen = byPeer.get(peer);
        return chosen == null ? first : chosen.form;
    }

    /** The form for the group. */
    ChecksumForm toGroup() {
        return ofGroup == null ? first : ofGroup.form;
    }
}
