package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostsTest {
    private static boolean accept(String host) throws Exception {
        var hosts = new Hosts(
                List.of(InetAddress.getByName("10.77.0.11"), InetAddress.getByName("2001:db8::10")),
                List.of("lb1", "Lb.Example", "198.51.100.7"));
        return hosts.accept(host, InetAddress.getByName("192.0.2.9"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:9100",
                "127.0.0.1:9100",
                "127.3.2.1",
                "[::1]:9100",
                "10.77.0.11:9100",
                "[2001:DB8:0::10]:9100",
                "lb1",
                "LB1.:9100",
                "lb.example:80",
                "198.51.100.7",
                "192.0.2.9:9100",
                " lb1 "
            })
    void whatLeadsHereIsAccepted(String host) throws Exception {
        assertTrue(accept(host));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "evil.example",
                "evil.example:9100",
                "lb1.evil.example",
                "localhost.evil.example",
                "10.77.0.12",
                "[2001:db8::11]",
                "[::1",
                "127.0.0.1.evil.example",
                "lb1@evil.example",
                "2130706433"
            })
    void whatDoesNotIsRefused(String host) throws Exception {
        assertFalse(accept(host));
        assertFalse(accept(host + "a".repeat(400)));
    }
}
