package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CapabilitiesTest {
    @Test
    void effectiveSetIsRead() {
        // Docker's default set: among the known ones only NET_BIND_SERVICE and NET_RAW.
        Capabilities found = Capabilities.parse("Name:\tjava\nCapPrm:\t000001ffffffffff\nCapEff:\t00000000a80425fb\n");
        assertEquals(Set.of(Capability.NET_BIND_SERVICE, Capability.NET_RAW), found.effective());
        assertTrue(found.has(Capability.NET_RAW));
        assertFalse(found.has(Capability.NET_RAW, Capability.NET_ADMIN));
    }

    @Test
    void allBitsSetIsEverything() {
        assertEquals(
                Set.of(Capability.values()),
                Capabilities.parse("CapEff:\tffffffffffffffff").effective());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "CapEff:", "CapEff:\tzzz", "CapEff:\t11111111111111111", "CapPrm:\tffffffffffffffff"})
    void whatCannotBeReadIsNone(String status) {
        assertEquals(Set.of(), Capabilities.parse(status).effective());
    }

    @Test
    void nameIsThatOfManifests() {
        assertEquals("CAP_NET_ADMIN", Capability.NET_ADMIN.toString());
    }
}
