package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacesTest {
    private static final Source PEER = new Source("10.77.0.12");
    private static final Source GREEDY = new Source("192.0.2.1");
    private static final Source MODEST = new Source("192.0.2.2");

    private final Map<String, Long> activeAt = new HashMap<>();
    private final Places<String> places = new Places<>(4, 3, guest -> activeAt.getOrDefault(guest, 0L));

    private Places.Entry<String> enter(Source source, String guest, long at) {
        activeAt.put(guest, at);
        return places.enter(source, guest);
    }

    @Test
    void whoFindsAPlaceSendsNobodyAway() {
        for (int i = 0; i < 3; i++) {
            assertInstanceOf(Places.Entry.Free.class, enter(GREEDY, "g" + i, i));
        }
        assertEquals(3, places.count(GREEDY));
    }

    @Test
    void aSourceAboveItsLimitLosesItsIdlestAndNobodyElses() {
        enter(MODEST, "m", 0);
        for (int i = 1; i <= 3; i++) {
            enter(GREEDY, "g" + i, 10 - i);
        }
        assertEquals(new Places.Entry.InsteadOf<>("g3", GREEDY, 3), enter(GREEDY, "g4", 11));
        assertEquals(1, places.count(MODEST));
        assertEquals(3, places.count(GREEDY));
    }

    @Test
    void whenStrangersHaveAllPlacesTheGreediestLosesItsIdlest() {
        enter(MODEST, "m", 0);
        for (int i = 1; i <= 3; i++) {
            enter(GREEDY, "g" + i, i);
        }
        var other = new Source("192.0.2.3");
        assertEquals(new Places.Entry.InsteadOf<>("g1", GREEDY, 3), enter(other, "o", 20));
        assertEquals(4, places.strangers());
    }

    @Test
    void keptPlacesAreBesideThoseOfStrangersAndBoundedToo() {
        places.keepFor(Set.of(PEER));
        enter(MODEST, "m", 0);
        for (int i = 1; i <= 3; i++) {
            enter(GREEDY, "g" + i, i);
        }
        for (int i = 1; i <= 3; i++) {
            assertInstanceOf(Places.Entry.Free.class, enter(PEER, "p" + i, 30 - i));
        }
        assertEquals(new Places.Entry.InsteadOf<>("p3", PEER, 3), enter(PEER, "p4", 31));
        assertEquals(4, places.strangers());
        // However old the kept ones are: a stranger takes a stranger's place.
        activeAt.replaceAll((guest, at) -> guest.startsWith("p") ? -1L : at);
        assertEquals(new Places.Entry.InsteadOf<>("g1", GREEDY, 3), enter(MODEST, "m2", 40));
    }

    @Test
    void whoIsBusyStaysAndIfAllAreTheNewcomerIsRefused() {
        for (int i = 1; i <= 3; i++) {
            enter(GREEDY, "g" + i, Long.MAX_VALUE);
        }
        assertInstanceOf(Places.Entry.Full.class, enter(GREEDY, "g4", 5));
        activeAt.put("g2", 4L);
        assertEquals(new Places.Entry.InsteadOf<>("g2", GREEDY, 3), enter(GREEDY, "g4", 5));
    }

    @Test
    void aPlaceGivenBackTwiceIsFreeOnce() {
        enter(GREEDY, "g1", 1);
        enter(GREEDY, "g2", 2);
        places.leave(GREEDY, "g1");
        places.leave(GREEDY, "g1");
        assertEquals(1, places.count(GREEDY));
        assertEquals(1, places.strangers());
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, loopback",
        "127.5.0.1, loopback",
        "::1, loopback",
        "192.0.2.7, 192.0.2.7",
        "::ffff:192.0.2.7, 192.0.2.7",
        "2001:db8:1:2:3:4:5:6, 2001:db8:1:2::/64",
        "2001:db8::12, 2001:db8::12",
    })
    void aSourceIsAnAddressOrANetworkUnlessItIsANode(String address, String source) throws Exception {
        var remote = new InetSocketAddress(InetAddress.getByName(address), 1);
        Set<Source> nodes = Set.of(Source.of(InetAddress.getByName("2001:db8::12")));
        assertEquals(new Source(source), Source.of(remote, nodes));
    }
}
