package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.Link;
import org.junit.jupiter.api.Test;

class VirtualInterfaceTest {

    private static Link link(String name, Mac mac, String kind) {
        return new Link(7, name, true, true, mac.bytes(), 1500, kind, 2);
    }

    @Test
    void knowsWhatAnEarlierProcessLeftAndNothingElse() {
        Mac own = Mac.virtual(Family.IPV4, 51);
        assertTrue(VirtualInterface.isLeftOver(link(VirtualInterface.name(Family.IPV4, 51, 2), own, "macvlan")));
        assertTrue(VirtualInterface.isLeftOver(
                link(VirtualInterface.name(Family.IPV6, 255, 40_000), Mac.virtual(Family.IPV6, 255), "macvlan")));
        assertFalse(VirtualInterface.isLeftOver(link("vrrp.51", own, "macvlan")), "keepalived's");
        assertFalse(VirtualInterface.isLeftOver(link("vrrp4-51-2", own, "veth")));
        assertFalse(VirtualInterface.isLeftOver(link("vrrp4-52-2", own, "macvlan")), "another MAC address");
        assertFalse(VirtualInterface.isLeftOver(link("vrrp4-999-2", own, "macvlan")));
        assertFalse(VirtualInterface.isLeftOver(new Link(7, "vrrp4-51-2", true, true, new byte[0], 1, "macvlan", 2)));
    }

    @Test
    void namesFitTheKernel() {
        assertEquals("vrrp4-51-2", VirtualInterface.name(Family.IPV4, 51, 2));
        assertEquals("vrrp6-255-zzzzz", VirtualInterface.name(Family.IPV6, 255, 60_466_175));
        assertThrows(IllegalArgumentException.class, () -> VirtualInterface.name(Family.IPV6, 255, 60_466_176));
    }
}
