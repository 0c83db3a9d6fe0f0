package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RouteSocket;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class WarmUpTest {

    @Test
    void reachesTheTakeoverWithoutLeavingATrace() {
        try (Poller poller = new Poller();
                RouteSocket routes = RouteSocket.open()) {
            assertTrue(WarmUp.play(Lab.spec(11, 200), poller, routes), "multicast");
            assertTrue(WarmUp.play(Lab.spec(11, 2, 12), poller, routes), "unicast");
            assertTrue(WarmUp.play(Lab.spec(11, 255).withVirtualMac(true), poller, routes), "owner");
            assertTrue(
                    WarmUp.play(
                            VrrpSpeakerNetnsTest.six(11, 100, List.of(AdvertisementTest.ip("fe80::99"))),
                            poller,
                            routes),
                    "IPv6");
            List<InetAddress> addresses =
                    routes.addresses().stream().map(InterfaceAddress::address).toList();
            assertEquals(List.of(), addresses.stream().filter(Lab.VIP::equals).toList());
        }
    }
}
