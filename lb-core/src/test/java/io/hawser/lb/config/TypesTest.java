package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.net.AddressText;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How single values are read and shown. */
class TypesTest {

    @ParameterizedTest
    @CsvSource({
        "10ms, 10",
        "2s, 2000",
        "0s, 0",
        "40.95s, 40950",
        "1.5m, 90000",
        "4h, 14400000",
        "1d, 86400000",
        "0.5ms, 0"
    })
    void durationsHaveANumberAndAUnit(String text, long millis) {
        assertEquals(millis, Durations.exactly(text).toMillis());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2|2 has no unit: write 2s, or 2ms",
                "2S|\"2S\" is not a duration: write 2s",
                "2 s|\"2 s\" is not a duration: write 2s",
                "2sec|\"2sec\" has no known unit: write ms, s, m, h or d after the number, as in 2s",
                "1m30s|\"1m30s\" has several parts: write one number and one unit, as in 90s",
                "1:30|\"1:30\" has several parts: write one number and one unit, as in 90s",
                "-2s|\"-2s\" is not a duration: write a number and a unit, as in 2s",
                "1.s|\"1.s\" is not a duration: write a number and a unit, as in 2s",
                "1.2345s|\"1.2345s\" is not a duration: write a number and a unit, as in 2s",
                "9999999999s|\"9999999999s\" is not a duration: write a number and a unit, as in 2s",
                "off|\"off\" is not a duration: write a number and a unit, as in 2s",
            })
    void otherDurationsAreRefused(String text, String message) {
        assertEquals(new Parsed.Bad<>(message), Durations.parse(text));
    }

    @Test
    void theLongestDurationOverflowsNothing() {
        assertEquals(new Parsed.Ok<>(Duration.ofDays(999_999_999).plusDays(0)), Durations.parse("999999999d"));
        assertEquals(
                "\"999999999d\" is out of range: write 1s to 1h",
                assertInstanceOf(Parsed.Bad.class, Types.duration("1s", "1h").parse("999999999d"))
                        .message());
    }

    @ParameterizedTest
    @CsvSource({"0s", "250ms", "1s", "1.5s", "40.95s", "90s", "1m", "1h", "4h", "1d", "999ms", "0.5ms"})
    void durationsAreShownAsTheyAreWritten(String text) {
        Duration duration = Durations.exactly(text);
        assertEquals(text.equals("0.5ms") ? "0.0005s" : text, Durations.format(duration));
        assertEquals(
                duration.toNanos() % 1_000_000 == 0, Durations.parse(Durations.format(duration)) instanceof Parsed.Ok);
    }

    @ParameterizedTest
    @CsvSource({
        "::, ::",
        "::1, ::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:DB8::0:1, 2001:db8::1",
        "1:0:2:3:4:5:6:7, 1:0:2:3:4:5:6:7",
        "fe80::, fe80::",
        "10.0.0.1, 10.0.0.1"
    })
    void addressesAreShownShort(String text, String shown) {
        assertEquals(shown, AddressText.of(Given.address(text)));
    }

    @ParameterizedTest
    @CsvSource({
        "10.1",
        "10.0.0.1.2",
        "0x0a.0.0.1",
        "1.2.3.",
        ".1.2.3",
        "'1.2.3.4 '",
        "''",
        "::g",
        "1::2::3",
        "\u0661.2.3.4",
        "::ffff:1.2.3.4",
        "1.2.3.4/24",
        "[::1]",
        "fe80::1%lo",
        "::\u0661"
    })
    void otherAddressesAreRefused(String text) {
        assertInstanceOf(Parsed.Bad.class, Addresses.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "m1, true",
        "m1.example, true",
        "M-1_x.example, true",
        "10.77.0.300, false",
        "-a, false",
        "a..b, false",
        "a.1, false",
        "'', false",
        "'a b', false",
        "a/b, false"
    })
    void hostNamesAreToldFromAddresses(String text, boolean isName) {
        assertEquals(isName, Addresses.isHostName(text));
    }

    @Test
    void anAddressInBracketsKeepsItsPort() {
        assertEquals(
                new Parsed.Ok<>(new HostPort("[::1]:80", "::1", 80, Given.address("::1"))),
                Addresses.parseHostPort("[::1]:80"));
    }

    @Test
    void aNetworkContainsItsAddressesOnly() {
        Cidr network = Given.cidr("10.77.0.11/23");
        assertTrue(network.contains(Given.address("10.77.1.255")));
        assertFalse(network.contains(Given.address("10.77.2.0")));
        assertFalse(network.contains(Given.address("::1")));
        assertTrue(Given.cidr("0.0.0.0/0").contains(Given.address("255.1.2.3")));
        assertFalse(Given.cidr("10.0.0.1/32").contains(Given.address("10.0.0.0")));
        assertEquals("10.77.0.11/23", network.toString());
    }

    @ParameterizedTest
    @CsvSource({"pool, pool, 0", "pol, pool, 1", "poolx, pool, 1", "opol, pool, 1", "abc, xyz, 3", "'', abc, 3"})
    void slipsAreCounted(String a, String b, int slips) {
        assertEquals(slips, Messages.distance(a, b));
        assertEquals(slips, Messages.distance(b, a));
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0:80, 10.0.0.1:80, true",
        "10.0.0.1:80, 10.0.0.1:81, false",
        "10.0.0.1:80, 10.0.0.2:80, false",
        "[::]:80, 10.0.0.1:80, false",
        "[::]:80, [::1]:80, true",
        "0.0.0.0:80, [::1]:80, false",
        "0.0.0.0:80, [::]:80, false",
        "[::1]:80, [::1]:80, true"
    })
    void listeningOnBothIsRefusedWhereTheKernelWould(String a, String b, boolean isRefused) {
        var one = assertInstanceOf(Parsed.Ok.class, Addresses.parseSocketAddress(a));
        var other = assertInstanceOf(Parsed.Ok.class, Addresses.parseSocketAddress(b));
        assertEquals(isRefused, isInTheWay((InetSocketAddress) one.value(), (InetSocketAddress) other.value()));
        assertEquals(isRefused, isInTheWay((InetSocketAddress) other.value(), (InetSocketAddress) one.value()));
    }

    private static boolean isInTheWay(InetSocketAddress taken, InetSocketAddress wanted) {
        Section listener = new Section(new SourceLocation(Position.START, "listeners[0]"));
        Binds binds = new Binds();
        binds.add(new Section.Located<>(taken, listener.spot()), listener);
        return binds.inTheWayOf(wanted, listener) != null;
    }
}
