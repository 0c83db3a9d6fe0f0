package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class AddressCacheTest {
    private final AddressCache cache = new AddressCache();

    private static ByteBuffer bytes(String address) throws Exception {
        return ByteBuffer.wrap(InetAddress.getByName(address).getAddress());
    }

    @Test
    void sameBytesGiveTheSameObject() throws Exception {
        InetAddress first = cache.at(Family.IPV4, bytes("10.9.0.1"), 0, 3);
        assertEquals("10.9.0.1", first.getHostAddress());
        assertSame(first, cache.at(Family.IPV4, bytes("10.9.0.1"), 0, 3));
    }

    @Test
    void manyAddressesAreNeverConfused() throws Exception {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 1000; i++) {
                String text = "10.9." + i / 256 + "." + i % 256;
                assertEquals(text, cache.at(Family.IPV4, bytes(text), 0, 0).getHostAddress());
            }
        }
    }

    @Test
    void linkLocalAddressCarriesItsInterface() throws Exception {
        Inet6Address on3 = assertInstanceOf(Inet6Address.class, cache.at(Family.IPV6, bytes("fe80::1"), 0, 3));
        Inet6Address on4 = assertInstanceOf(Inet6Address.class, cache.at(Family.IPV6, bytes("fe80::1"), 0, 4));
        assertEquals(3, on3.getScopeId());
        assertEquals(4, on4.getScopeId());
    }

    @Test
    void globalAddressCarriesNone() throws Exception {
        assertEquals(
                "fd09:0:0:0:0:0:0:1",
                cache.at(Family.IPV6, bytes("fd09::1"), 0, 3).getHostAddress());
    }

    @Test
    void mappedAddressStaysIpv6() {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 10, 9, 0, 1};
        assertInstanceOf(Inet6Address.class, cache.at(Family.IPV6, ByteBuffer.wrap(mapped), 0, 3));
    }
}
