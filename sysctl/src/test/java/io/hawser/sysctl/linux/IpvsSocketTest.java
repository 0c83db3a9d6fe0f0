package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class IpvsSocketTest {
    @Test
    void aKernelWithoutItIsNamedWithTheRemedy() {
        try (IpvsSocket socket = IpvsSocket.open()) {
            assumeFalse(Files.exists(Path.of("/proc/net/ip_vs")), "needs a kernel without IPVS");
            for (int attempt = 0; attempt < 2; attempt++) {
                ErrnoException refused = assertThrows(ErrnoException.class, socket::info);
                assertEquals(Errno.ENOENT, refused.errno());
                assertTrue(refused.getMessage().contains("modprobe ip_vs"), refused::getMessage);
                assertThrows(ErrnoException.class, socket::services);
            }
        }
    }
}
