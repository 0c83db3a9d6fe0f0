package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.hawser.sysctl.linux.Datagram;
import io.hawser.sysctl.linux.Poller;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.Event;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.State;
import io.hawser.vrrp.election.VrrpEngine;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdvertFilterTest {
    private static final InetAddress OWN = Lab.address(11);
    private static final InetAddress PEER = Lab.address(12);
    private static final InetAddress STRANGER = Lab.address(13);
    private static final RouterSpec MULTICAST = Lab.spec(11, 200);
    private static final RouterSpec UNICAST = Lab.spec(11, 200, 12);
    private static final RouterSpec OLD = Lab.spec(11, 200, 2, RouterSpec.Checksum.AUTO, Optional.of("s3cret"));

    private final Poller poller = new Poller();
    private final List<AlarmKind> told = new ArrayList<>();
    private final VrrpListener listener = new VrrpListener() {
        @Override
        public void moved(Transition transition) {}

        @Override
        public void alarmed(Alarm alarm) {
            told.add(alarm.kind());
        }
    };

    @AfterEach
    void close() {
        poller.close();
    }

    private AdvertFilter filter(RouterSpec spec) {
        Netlink none = new Netlink() {
            @Override
            public <T> void request(Request<T> what, Answer<T> then) {
                throw new IllegalStateException("nothing is looked up where there is no interface");
            }
        };
        NetworkLink nowhere = new NetworkLink("", poller, none, none);
        return new AdvertFilter(spec, new RouterAlarms(spec, nowhere, none, listener, new EnumMap<>(AlarmKind.class)));
    }

    private static State backup(RouterSpec spec) {
        State initial = VrrpEngine.initial(Fitness.FIT, "tested");
        return VrrpEngine.on(spec.election(), initial, new Event.Link(true, OWN), 0)
                .state();
    }

    private static Advertisement advert(int version, long interval, Authentication authentication) {
        return new Advertisement(version, 51, 150, interval, List.of(Lab.VIP), authentication);
    }

    /** What {@code spec} discards it for. */
    private @Nullable DiscardReason refused(RouterSpec spec, InetAddress from, InetAddress to, Advertisement advert) {
        return filter(spec).refuse(packet(from, to), advert, backup(spec), 0);
    }

    private static Datagram packet(InetAddress from, InetAddress to) {
        return new Datagram(from, to, Advertisement.TTL, 0, ByteBuffer.allocate(0));
    }

    @Test
    void takesWhatIsForTheRouter() {
        Advertisement three = advert(3, MULTICAST.intervals().own().toNanos(), Authentication.NONE);
        Advertisement two =
                advert(2, OLD.intervals().own().toNanos(), OLD.protocol().authentication());
        assertNull(refused(MULTICAST, PEER, MulticastGroup.IPV4, three));
        assertNull(refused(UNICAST, PEER, OWN, three));
        assertNull(refused(OLD, PEER, MulticastGroup.IPV4, two));
        assertEquals(List.of(), told);
    }

    @Test
    void namesTheRuleThatIsBroken() {
        long interval = OLD.intervals().own().toNanos();
        Authentication right = OLD.protocol().authentication();
        Authentication wrong = Authentication.pass(new Password("other"));
        Advertisement three = advert(3, MULTICAST.intervals().own().toNanos(), Authentication.NONE);
        InetAddress group = MulticastGroup.IPV4;
        assertEquals(DiscardReason.OWN_PACKET, refused(MULTICAST, OWN, group, three));
        assertEquals(DiscardReason.AUTH_TYPE, refused(OLD, PEER, group, advert(2, interval, Authentication.NONE)));
        assertEquals(DiscardReason.AUTH_DATA, refused(OLD, PEER, group, advert(2, interval, wrong)));
        assertEquals(DiscardReason.INTERVAL_MISMATCH, refused(OLD, PEER, group, advert(2, 2 * interval, right)));
        assertEquals(DiscardReason.DESTINATION, refused(MULTICAST, PEER, OWN, three));
        assertEquals(DiscardReason.DESTINATION, refused(UNICAST, PEER, group, three));
        assertEquals(
                DiscardReason.NOT_LISTENING,
                filter(MULTICAST).refuse(packet(PEER, group), three, VrrpEngine.initial(Fitness.FIT, "tested"), 0));
        assertEquals(List.of(), told);
    }

    @Test
    void complainsOfAnotherVersionAndOfAnUnlistedNode() {
        Advertisement three = advert(3, MULTICAST.intervals().own().toNanos(), Authentication.NONE);
        assertEquals(DiscardReason.VERSION, refused(OLD, PEER, MulticastGroup.IPV4, three));
        assertEquals(List.of(AlarmKind.OTHER_VERSION), told);
        assertEquals(DiscardReason.UNLISTED_PEER, refused(UNICAST, STRANGER, OWN, three));
        assertEquals(List.of(AlarmKind.OTHER_VERSION, AlarmKind.FOREIGN_SENDER), told);
    }

    @Test
    void discardsAFloodOfWhatItWouldTake() {
        AdvertFilter filter = filter(UNICAST);
        Advertisement three = advert(3, MULTICAST.intervals().own().toNanos(), Authentication.NONE);
        for (int i = 0; i < Allowances.PEER_BURST; i++) {
            assertNull(filter.refuse(packet(PEER, OWN), three, backup(UNICAST), 0));
        }
        assertEquals(DiscardReason.FLOOD, filter.refuse(packet(PEER, OWN), three, backup(UNICAST), 0));
        assertNull(filter.refuse(packet(PEER, OWN), three, backup(UNICAST), 1_000_000_000L), "a second later");
    }
}
