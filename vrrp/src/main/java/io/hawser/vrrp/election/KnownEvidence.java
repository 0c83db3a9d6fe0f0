package io.hawser.vrrp.election;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known about the peers: of each peer the newest evidence of each channel, side by side, so that what one channel
 * says does not hide what another one does. Immutable.
 *
 * @param all in the order in which there was something to know: a schedule of the simulation goes the same way in every
 *     process
 */
public record KnownEvidence(List<Evidence> all) {
    /** Nothing. */
    static final KnownEvidence NONE = new KnownEvidence(List.of());

    /** Copies the list. */
    public KnownEvidence {
        all = List.copyOf(all);
    }

    /** About whom something is known; immutable. */
    public Set<InetAddress> peers() {
        return all.stream().map(Evidence::peer).collect(Collectors.toUnmodifiableSet());
    }

    /** What one channel says about a peer; null for nothing. */
    @Nullable
    Evidence about(InetAddress peer, Evidence.Channel channel) {
        for (Evidence each : all) {
            if (each.channel() == channel && each.peer().equals(peer)) {
                return each;
            }
        }
        return null;
    }

    /** What the probe of its /healthz says about a peer; null for nothing. */
    @Nullable
    Evidence probeOf(InetAddress peer) {
        return about(peer, Evidence.Channel.PROBE);
    }

    /** Whether its channel has said nothing newer about that peer: an answer may have been asked for before it was refused. */
    boolean isNews(Evidence evidence) {
        Evidence known = about(evidence.peer(), evidence.channel());
        return known == null || evidence.at() - known.at() >= 0;
    }

    /** The same with this evidence, in place of what its channel has said about that peer. */
    KnownEvidence with(Evidence evidence) {
        Evidence known = about(evidence.peer(), evidence.channel());
        List<Evidence> next = new ArrayList<>(all);
        if (known == null) {
            next.add(evidence);
        } else {
            next.set(next.indexOf(known), evidence);
        }
        return new KnownEvidence(next);
    }
}
