package io.hawser.vrrp;

import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.Election;
import io.hawser.vrrp.election.Event;
import io.hawser.vrrp.election.Evidence;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.State;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays a takeover, a resignation and a takeover for a dead peer before the first real one, so that no class has to be
 * loaded and no call site linked when an address is waited for; that took longer than everything else in a takeover.
 * Any one thread.
 */
final class WarmUp {

    /*
     * The real router with the real engine, on an interface that does not exist: the kernel refuses the address, and
     * nothing can be sent. Nobody hears of it.
     */

    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);
    private static final VrrpListener NOBODY = new VrrpListener() {
        @Override
        public void moved(Transition transition) {}

        @Override
        public void alarmed(Alarm alarm) {}
    };

    private WarmUp() {}

    /**
     * Plays it for one router; whatever goes wrong is of no consequence.
     *
     * @return whether the play went as far as the takeover
     */
    static boolean play(RouterSpec spec, Poller poller, RouteSocket routes) {
        Netlink netlink = Netlink.direct(routes);
        try (NetworkLink nowhere = new NetworkLink("", poller, netlink, netlink)) {
            Map<AlarmKind, LongAdder> alarms = new EnumMap<>(AlarmKind.class);
            VirtualRouter router = new VirtualRouter(
                    spec.withVirtualMac(false),
                    nowhere,
                    netlink,
                    netlink,
                    NOBODY,
                    new LongAdder(),
                    alarms,
                    Fitness.FIT,
                    "rehearsed");
            announce(spec);
            return play(router, spec);
        } catch (RuntimeException e) {
            log.atDebug().setCause(e).log("the rehearsal failed; the first takeover will take a little longer");
            return false;
        }
    }

    private static boolean play(VirtualRouter router, RouterSpec spec) {
        long interval = spec.intervals().own().toNanos();
        InetAddress peer = spec.nodes().peers().isEmpty()
                ? spec.nodes().own()
                : spec.nodes().peers().getFirst();
        long now = System.nanoTime();
        router.on(new Event.Link(true, spec.nodes().own()), now);
        router.on(new Event.AdvertReceived(peer, Election.OWNER_PRIORITY - 1, interval), now);
        router.on(new Event.AdvertReceived(peer, 0, interval), now);
        // It may have to wait for the silence to last, and for being trusted after a late timer.
        for (int i = 0; i < 100 && !(router.state() instanceof State.Active); i++) {
            now += interval / 4;
            router.tick(now);
        }
        router.upkeep(now + interval);
        boolean tookOver = router.state() instanceof State.Active;
        router.on(new Event.AdvertReceived(peer, Election.OWNER_PRIORITY, interval), now + 1);
        router.on(new Event.PeerEvidence(new Evidence.Gone(peer, "rehearsed", true, now + 2)), now + 2);
        router.tick(now + 2);
        router.on(new Event.FitnessChanged(Fitness.UNFIT, "rehearsed"), now + 3);
        var _ = router.status();
        router.shutdown(now + 4);
        return tookOver;
    }

    private static void announce(RouterSpec spec) {
        ByteBuffer frame = ByteBuffer.allocate(AdvertisementFrame.HEADERS + UnsolicitedNeighborAdvertisement.LENGTH);
        byte[] mac = Mac.virtual(spec.family(), spec.vrid()).bytes();
        switch (spec.holding().addresses().getFirst().address()) {
            case Inet4Address four -> GratuitousArp.encode(frame, mac, four);
            case Inet6Address six -> UnsolicitedNeighborAdvertisement.encode(frame, mac, six, true);
            default -> {}
        }
    }
}
