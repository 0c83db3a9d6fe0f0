package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.proxy.Fruitless;
import io.hawser.lb.proxy.NotAccepting;
import io.hawser.lb.proxy.Shortage;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverloadTest {
    private final EventLog events = new EventLog(10, Clock.systemUTC());
    private final Overload overload = new Overload(events);

    @Test
    void itsBeginningAndItsEndAreToldOnceEach() {
        overload.look(null);
        overload.look(after(0));
        overload.look(after(2));
        overload.look(after(3));
        overload.look(after(7));
        overload.look(null);
        overload.look(null);
        assertEquals(
                List.of(
                        "WARNING no connections are accepted: the heap is running out; give it more (-Xmx) or lower"
                                + " limits.connections",
                        "INFO connections are accepted again, after 7 s"),
                told());
    }

    @Test
    void aMomentIsNotTold() {
        overload.look(after(1));
        overload.look(null);
        assertEquals(List.of(), told());
    }

    @Test
    void sourcePortsThatAreUsedUpAreSaidOnceAMinute() {
        long second = 1_000_000_000L;
        overload.connectsWithoutPort(0, -second);
        overload.connectsWithoutPort(3, 0);
        overload.connectsWithoutPort(8, 59 * second);
        overload.connectsWithoutPort(9, 60 * second);
        overload.connectsWithoutPort(9, 200 * second);
        List<String> said = told();
        assertEquals(2, said.size());
        assertTrue(said.get(0).startsWith("WARNING 3 connects to members failed"), said::toString);
        assertTrue(said.get(1).startsWith("WARNING 6 connects to members failed"), said::toString);
        assertTrue(said.get(1).contains("net.ipv4.ip_local_port_range"), said::toString);
    }

    @Test
    void manyConnectionsThatEndForNothingAreSaidOnceAMinuteWithTheirSource() {
        long second = 1_000_000_000L;
        InetAddress one = InetAddress.ofLiteral("10.0.0.9");
        overload.connectionsForNothing(new Fruitless(999, 0, 0, one, 999), 0);
        assertEquals(List.of(), told());
        overload.connectionsForNothing(new Fruitless(7_000, 10, 0, one, 6_500), second);
        overload.connectionsForNothing(new Fruitless(7_000, 10, 0, one, 6_500), 60 * second);
        overload.connectionsForNothing(new Fruitless(7_000, 6_400, 0, one, 6_500), 61 * second);
        overload.connectionsForNothing(new Fruitless(7_000, 0, 0, one, 3_000), 121 * second);
        overload.connectionsForNothing(new Fruitless(7_000, 6_900, 6_800, one, 6_950), 181 * second);
        // A lower limit than that from which on connections are many.
        overload.connectionsForNothing(new Fruitless(300, 280, 280, one, 300), 241 * second);
        List<String> said = told();
        assertEquals(5, said.size(), said::toString);
        assertEquals(
                "WARNING 7000 connections a second end before the client gets a byte, 6500 of them from 10.0.0.9:"
                        + " limit a source with new-per-second-per-source in the listener's limits, or block it with the"
                        + " listener's deny",
                said.get(0));
        assertTrue(
                said.get(1)
                        .endsWith("from 10.0.0.9; 6400 were refused by the listener's limits: a firewall in front"
                                + " of this host would stop them earlier"),
                said::toString);
        assertTrue(said.get(2).contains("gets a byte: limit a source with new-per-second"), said::toString);
        assertTrue(
                said.get(4)
                        .contains(
                                "300 of them from 10.0.0.9; 280 were refused by limits.fruitless-per-second-per-source: "),
                said::toString);
        assertTrue(
                said.get(3).contains("; 6900 were refused by limits.fruitless-per-second-per-source: "),
                said::toString);
    }

    @Test
    void connectionsThatHeldMemoryForLongestAreSaidOnceAMinute() {
        long second = 1_000_000_000L;
        overload.connectionsUnread(0, -second);
        overload.connectionsUnread(300, 0);
        overload.connectsWithoutPort(3, second);
        overload.connectionsUnread(5000, 59 * second);
        overload.connectionsUnread(5001, 60 * second);
        List<String> said = told();
        assertEquals(3, said.size());
        assertTrue(said.get(0).startsWith("WARNING 300 connections were closed"), said::toString);
        assertTrue(said.get(2).startsWith("WARNING 4701 connections were closed"), said::toString);
    }

    private List<String> told() {
        return events.after(0, 10).stream()
                .map(event -> event.severity() + " " + event.text())
                .toList();
    }

    private static NotAccepting after(long seconds) {
        return new NotAccepting(Shortage.HEAP, Duration.ofSeconds(seconds));
    }
}
