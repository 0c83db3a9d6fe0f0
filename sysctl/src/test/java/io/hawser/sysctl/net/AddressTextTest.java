package io.hawser.sysctl.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressTextTest {

    @ParameterizedTest
    @CsvSource({
        "10.77.0.10, 10.77.0.10",
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255, 255.255.255.255",
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "2001:db8::1, 2001:db8::1",
        "2001:0DB8:0:0:0:0:0:000A, 2001:db8::a",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "fe80::1%1, fe80::1",
    })
    void writesAddressesAsRfc5952Does(String given, String shown) {
        assertEquals(shown, AddressText.of(InetAddress.ofLiteral(given)));
    }

    @Test
    void writesAMappedAddressWithDots() throws UnknownHostException {
        byte[] raw = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 10, 77, 0, 10};

        assertEquals("::ffff:10.77.0.10", AddressText.of(Inet6Address.getByAddress(null, raw, -1)));
    }

    @Test
    void putsBracketsAroundAnIpv6AddressWithAPort() {
        assertEquals("10.77.0.10:6443", AddressText.of(new InetSocketAddress("10.77.0.10", 6443)));
        assertEquals("[2001:db8::1]:6443", AddressText.of(new InetSocketAddress("2001:db8:0:0::1", 6443)));
        assertEquals("[fe80::1]:6443", AddressText.of(new InetSocketAddress("fe80::1%1", 6443)));
    }

    @Test
    void writesTheNameWhereThereIsNoAddress() {
        assertEquals("m1.example:6443", AddressText.of(InetSocketAddress.createUnresolved("m1.example", 6443)));
    }
}
