package io.hawser.vrrp;

import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.Event;
import io.hawser.vrrp.election.State;
import io.hawser.vrrp.election.VrrpEngine;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Finds other holders of the addresses of one virtual router: asks on the link who has them, and takes what other
 * machines say of them. Vrrp thread.
 */
final class AddressConflicts {
    /**
     * After a takeover, claims of others to the address say nothing for so long beyond the lease: a node that died or
     * froze is still answered for by its kernel, and both sides may still be learning.
     */
    private static final long SETTLED_NANOS = 1_000_000_000L;

    /** How often it is asked who else has the addresses: a holder that never announces itself is found by nothing else. */
    private static final long QUESTION_NANOS = 60_000_000_000L;

    /** Whose a claim is that nobody is known to make is looked up no more often: anybody can make up MAC addresses. */
    private static final long LOOK_UP_NANOS = 100_000_000L;

    /** Who wants the answers to questions. Called on the vrrp thread. */
    @FunctionalInterface
    interface Asker {
        /** Takes an answer. */
        void on(Event.Answered answer, long now);
    }

    private final NetworkLink port;
    private final Netlink reads;
    private final AddressLeases leases;
    private final RouterAlarms alarms;
    private final LongAdder conflicts;
    private final Asker asker;
    /** The virtual MAC address; null where the addresses are on the interface itself. */
    private final @Nullable Mac virtualMac;

    private final ByteBuffer frame = ByteBuffer.allocate(AddressProbe.LENGTH);
    private RouterSpec spec;
    private long activeAt;
    private long askAt;
    private long lookedUpAt = System.nanoTime() - LOOK_UP_NANOS;

    /**
     * Asks nothing yet.
     *
     * @param reads looks up MAC addresses that are not known
     * @param conflicts counts claims to addresses that are held; of all routers
     */
    AddressConflicts(
            RouterSpec spec,
            NetworkLink port,
            @Nullable Mac virtualMac,
            Netlink reads,
            AddressLeases leases,
            RouterAlarms alarms,
            LongAdder conflicts,
            Asker asker) {
        this.spec = spec;
        this.port = port;
        this.virtualMac = virtualMac;
        this.reads = reads;
        this.leases = leases;
        this.alarms = alarms;
        this.conflicts = conflicts;
        this.asker = asker;
    }

    /** Takes new parameters. */
    void reconfigure(RouterSpec next) {
        spec = next;
    }

    /** The router becomes active: it asks when a dead node's claims are over, and now and then from that on. */
    void begin(long now) {
        activeAt = now;
        askAt = now + settledNanos();
    }

    /** Asks when that is due. */
    void upkeep(long now) {
        if (leases.isHolding() && now - askAt >= 0) {
            askAt = now + QUESTION_NANOS;
            ask(now);
        }
    }

    /** When {@link #upkeep} is due, or {@code latest} if that is sooner. */
    long dueAt(long latest) {
        return leases.isHolding() && askAt - latest < 0 ? askAt : latest;
    }

    private long settledNanos() {
        return spec.holding().lease().map(Duration::toNanos).orElse(0L) + SETTLED_NANOS;
    }

    /** Asks who else has the addresses; the answers arrive as claims. */
    void ask(long now) {
        Mac mac = port.mac();
        InetAddress linkLocal = port.linkLocal();
        if (mac == null) {
            return;
        }
        try {
            for (VirtualAddress each : spec.holding().addresses()) {
                frame.clear();
                switch (each.address()) {
                    case Inet4Address four -> AddressProbe.encode(frame, mac, four);
                    case Inet6Address six when linkLocal != null -> AddressProbe.encode(frame, mac, linkLocal, six);
                    default -> {
                        continue;
                    }
                }
                port.sendFrame(frame.flip());
            }
        } catch (ErrnoException | IllegalStateException e) {
            alarms.complain(
                    AlarmKind.CANNOT_SEND,
                    "question",
                    () -> "probing for other holders failed: " + e.getMessage(),
                    now);
        }
    }

    /**
     * Takes what another machine says of an address of this router.
     *
     * @param source whom the packet came from, null where only its MAC address is known
     * @param here the interface of this very host that it came from; null: another machine
     * @param state the router's state on its arrival
     */
    void claimed(
            NeighborObservation.Stated claim,
            @Nullable InetAddress source,
            @Nullable String here,
            State state,
            long now) {
        Mac other = claim.mac();
        if (other != null && other.equals(port.mac())) {
            return;
        }
        // This host's own answer on another interface says nothing about who else has the address.
        if (here == null && claim.isAnswer() && VrrpEngine.isAsking(state)) {
            answered(other, state.situation().evidence().peers(), now);
        }
        if (!leases.isHolding() || now - activeAt < settledNanos()) {
            return;
        }
        // In passing, every node of this router speaks from the virtual MAC address; an answer only comes from one that
        // has the address, and is none of ours: a socket does not hear its own host.
        if (other != null && other.equals(virtualMac) && !claim.isAnswer()) {
            return;
        }
        conflicts.increment();
        if (here != null) {
            alarms.complain(AlarmKind.ADDRESS_CLAIMED, here, () -> ownAnswer(claim, here), now);
            return;
        }
        InetAddress node = source != null && spec.nodes().peers().contains(source)
                ? source
                : other == null
                        ? null
                        : port.neighborWith(other, Set.copyOf(spec.nodes().peers()));
        Object about = node != null ? node : other != null ? other : source != null ? source : "unknown";
        alarms.complain(AlarmKind.ADDRESS_CLAIMED, about, () -> words(claim, source, node), now);
    }

    private String ownAnswer(NeighborObservation.Stated claim, String here) {
        return "this node's own interface " + here + " (MAC " + claim.mac() + ") also answers for "
                + AddressText.of(claim.address()) + " on the network of " + port.name()
                + ": set net.ipv4.conf.all.arp_ignore=1 and net.ipv4.conf.all.arp_announce=2, so that each interface"
                + " answers for its own addresses only";
    }

    private String words(NeighborObservation.Stated claim, @Nullable InetAddress source, @Nullable InetAddress node) {
        Mac mac = claim.mac();
        String address = AddressText.of(claim.address());
        String machine = mac == null ? "an unknown MAC address" : "MAC " + mac;
        if (node != null) {
            return address + " is also claimed by node " + spec.election().named(node) + ", with " + machine
                    + ", while this node holds it: check that both files give this router the same id, and"
                    + " allow IP protocol 112 between the nodes";
        }
        return address + " is also claimed by the machine with " + machine
                + (source == null ? "" : " at " + AddressText.of(source))
                + " while this node holds it: find that machine (ip neigh, the switch's MAC table) and remove the address from it";
    }

    /**
     * Takes an answer to a question: of which peer it is decides whether it confirms what that peer says.
     *
     * @param peers those that say they have the addresses
     */
    private void answered(@Nullable Mac mac, Set<InetAddress> peers, long now) {
        InetAddress known = mac == null ? null : port.neighborWith(mac, peers);
        if (mac == null || known != null || peers.isEmpty() || now - lookedUpAt < LOOK_UP_NANOS) {
            asker.on(new Event.Answered(mac == null ? "unknown" : mac.toString(), known), now);
            return;
        }
        lookedUpAt = now;
        int index = port.index();

        reads.request(routes -> LinkView.neighbors(routes, index, peers), outcome -> {
            if (outcome instanceof Netlink.Outcome.Done(Map<InetAddress, Mac> found)) {
                port.learn(found);
            }
            asker.on(new Event.Answered(mac.toString(), port.neighborWith(mac, peers)), System.nanoTime());
        });
    }
}
