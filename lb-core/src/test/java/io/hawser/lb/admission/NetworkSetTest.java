package io.hawser.lb.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Seed;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkSetTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.0.0.0, true",
        "10.0.0.0/8, 10.255.255.255, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.0.0.0/8, 9.255.255.255, false",
        "10.1.2.3/8, 10.200.0.1, true",
        "192.0.2.7/32, 192.0.2.7, true",
        "192.0.2.7/32, 192.0.2.8, false",
        "0.0.0.0/0, 255.255.255.255, true",
        "0.0.0.0/0, ::1, false",
        "::/0, 2001:db8::1, true",
        "::/0, 10.0.0.1, false",
        "2001:db8::/32, 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, true",
        "2001:db8::/32, 2001:db9::, false",
        "2001:db8:0:1::/64, 2001:db8:0:1::99, true",
        "2001:db8:0:1::/64, 2001:db8:0:2::99, false",
        "2001:db8::80/121, 2001:db8::ff, true",
        "2001:db8::80/121, 2001:db8::7f, false",
        "2001:db8::1/128, 2001:db8::1, true",
        "ffff::/16, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, true",
        "128.0.0.0/1, 127.255.255.255, false",
        "128.0.0.0/1, 200.0.0.1, true"
    })
    void knowsWhatLiesInANetwork(String network, String address, boolean expected) throws Exception {
        assertEquals(expected, set(network).contains(InetAddress.getByName(address)));
    }

    @Test
    void aMappedAddressIsTheIpv4Address() throws Exception {
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        mapped[12] = 10;
        mapped[15] = 1;
        assertTrue(set("10.0.0.0/8").contains(mapped, 0, 16));
        assertFalse(set("::/0").contains(mapped, 0, 16));
        // InetAddress makes the IPv4 address of it by itself.
        assertTrue(new NetworkSet(List.of(new Network(InetAddress.getByName("::ffff:10.0.0.0"), 8)))
                .contains(mapped, 0, 16));
    }

    @Test
    void anEmptySetHasNothing() throws Exception {
        assertFalse(NetworkSet.NONE.contains(InetAddress.getByName("10.0.0.1")));
        assertFalse(NetworkSet.NONE.contains(InetAddress.getByName("::1")));
        assertTrue(NetworkSet.NONE.isEmpty());
        assertFalse(set("::1/128").isEmpty());
    }

    @Test
    void agreesWithLookingAtEachNetworkForRandomOnes() throws Exception {
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<Network> networks = new ArrayList<>();
            for (int i = random.nextInt(30); i >= 0; i--) {
                byte[] address = address(random);
                networks.add(new Network(InetAddress.getByAddress(address), random.nextInt(address.length * 8 + 1)));
            }
            NetworkSet set = new NetworkSet(networks);
            for (int i = 0; i < 100; i++) {
                byte[] address = address(random);
                if (random.nextBoolean()) {
                    // One near the edge of a network.
                    Network near = networks.get(random.nextInt(networks.size()));
                    address = near.address().getAddress();
                    address[random.nextInt(address.length)] ^= (byte) (1 << random.nextInt(8));
                }
                InetAddress asked = InetAddress.getByAddress(address);
                boolean expected = networks.stream().anyMatch(network -> network.contains(asked));
                String what = asked + " in " + networks + ", seed " + seed;
                assertEquals(expected, set.contains(asked), what);
            }
        }
    }

    // Of few bits, so that networks overlap and addresses hit.
    private static byte[] address(Random random) {
        byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (random.nextInt(3) * 127);
        }
        bytes[0] = (byte) (0x20 + random.nextInt(2));
        return bytes;
    }

    private static NetworkSet set(String... networks) {
        return new NetworkSet(Networks.of(networks));
    }
}
