package io.hawser.sysctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import org.junit.jupiter.api.Test;

class RefusalTest {
    @Test
    void readOnlyTreeNamesTheTwoWaysOut() {
        Refusal refusal = Refusal.of("writing 1", new FileSystemException("/x", null, "Read-only file system"));
        assertEquals("writing 1 failed: Read-only file system", refusal.reason());
        assertEquals(
                "/proc/sys is read-only here: set it on the host, or run the container privileged"
                        + " (securityContext.privileged: true)",
                refusal.remedy());
    }

    @Test
    void missingRightIsNamed() {
        Refusal denied = Refusal.of("writing 1", new AccessDeniedException("/x"));
        assertEquals("writing 1 failed: Permission denied", denied.reason());
        assertTrue(denied.remedy().contains("CAP_NET_ADMIN"), denied.remedy());
        Refusal refused = Refusal.of("writing 1", new FileSystemException("/x", null, "Operation not permitted"));
        assertTrue(refused.remedy().contains("CAP_NET_ADMIN"), refused.remedy());
    }

    @Test
    void unexpectedFailureKeepsItsOwnWords() {
        assertEquals(
                "reading it failed: disk on fire",
                Refusal.of("reading it", new IOException("disk on fire")).reason());
        assertEquals(
                "reading it failed: IOException",
                Refusal.of("reading it", new IOException()).reason());
    }
}
