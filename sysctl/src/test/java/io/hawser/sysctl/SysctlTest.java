package io.hawser.sysctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SysctlTest {
    @Test
    void nameIsThatOfTheTools() {
        assertEquals(
                "net.ipv4.ip_forward", Sysctl.of("net", "ipv4", "ip_forward").name());
    }

    @Test
    void interfaceWithDotsIsOneComponent() {
        Sysctl setting = Sysctl.of("net", "ipv4", "conf", "eth0.100", "arp_ignore");
        assertEquals(Path.of("/proc/sys/net/ipv4/conf/eth0.100/arp_ignore"), setting.under(Path.of("/proc/sys")));
        assertEquals("net.ipv4.conf.eth0/100.arp_ignore", setting.name());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "/etc/passwd"})
    void componentThatWouldLeaveTheTreeIsRefused(String component) {
        assertThrows(IllegalArgumentException.class, () -> Sysctl.of("net", component));
    }
}
