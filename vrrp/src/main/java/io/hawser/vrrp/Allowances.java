package io.hawser.vrrp;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Limits how many advertisements of a router reach its engine: a flood is work for a thread of real-time priority, and each
 * priority 0 has an answer. Nodes that are listed, and the sender that is followed, have an allowance each. Strangers
 * share some by their address, so that one that floods does not silence all. Owner's thread.
 */
final class Allowances {
    /** Twice as many as the shortest interval makes. */
    static final int PEER_PER_SECOND = 200;

    static final int PEER_BURST = 100;
    static final int STRANGERS = 16;
    static final int STRANGER_PER_SECOND = 25;
    static final int STRANGER_BURST = 16;

    // Nobody can choose addresses that share with a node that is not listed.
    private final int salt = ThreadLocalRandom.current().nextInt();
    private final Allowance[] strangers = new Allowance[STRANGERS];
    private final Map<InetAddress, Allowance> peers = new HashMap<>();
    private Allowance followed = new Allowance(PEER_PER_SECOND, PEER_BURST);
    private InetAddress follows = InetAddress.ofLiteral("127.0.0.1");

    Allowances() {
        for (int i = 0; i < STRANGERS; i++) {
            strangers[i] = new Allowance(STRANGER_PER_SECOND, STRANGER_BURST);
        }
    }

    /** Takes the listed nodes. */
    void peers(List<InetAddress> listed) {
        peers.keySet().retainAll(listed);
        listed.forEach(peer -> peers.computeIfAbsent(peer, absent -> new Allowance(PEER_PER_SECOND, PEER_BURST)));
    }

    /**
     * Whether an advertisement may reach the engine.
     *
     * @param isFollowed whether its sender is the one that the router follows
     */
    boolean take(InetAddress source, boolean isFollowed, long now) {
        Allowance listed = peers.get(source);
        if (listed != null) {
            return listed.take(now);
        }
        if (isFollowed) {
            if (!follows.equals(source)) {
                follows = source;
                followed = new Allowance(PEER_PER_SECOND, PEER_BURST);
            }
            return followed.take(now);
        }
        int mixed = (source.hashCode() ^ salt) * 0x9E3779B1;
        return strangers[Math.floorMod(mixed >>> 16, STRANGERS)].take(now);
    }
}
