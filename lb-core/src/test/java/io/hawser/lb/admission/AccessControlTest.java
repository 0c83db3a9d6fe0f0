package io.hawser.lb.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class AccessControlTest {

    @Test
    void whoComesThroughAProxyIsJudgedByTheHeaderAndTheProxyByDenyOnly() throws Exception {
        AccessControl guard = new AccessControl(
                new AccessRules(Networks.of("10.0.0.9/32", "192.0.2.66/32"), Networks.of("192.0.2.0/24"), 1, 0),
                Networks.of("10.0.0.0/8"));
        assertEquals(AccessControl.NOTHING, admitPeer(guard, "10.0.0.1"));
        assertEquals(AccessControl.NOTHING, admitPeer(guard, "10.0.0.1"), "a proxy is not counted");
        assertEquals(AccessControl.DENIED, admitPeer(guard, "10.0.0.9"));
        assertEquals(AccessControl.DENIED, admitPeer(guard, "11.0.0.1"));
        assertTrue(guard.admit(InetAddress.getByName("192.0.2.1"), 0) >= 0);
        assertEquals(SourceTable.TOO_MANY, guard.admit(InetAddress.getByName("192.0.2.1"), 0));
        assertEquals(SourceTable.TOO_MANY, admitPeer(guard, "192.0.2.1"), "one source, whichever way it comes");
        assertEquals(AccessControl.DENIED, guard.admit(InetAddress.getByName("192.0.2.66"), 0));
        assertEquals(AccessControl.DENIED, guard.admit(InetAddress.getByName("10.0.0.1"), 0), "it names itself");
    }

    private static int admitPeer(AccessControl guard, String address) throws IOException {
        byte[] bytes = InetAddress.getByName(address).getAddress();
        return guard.admit(bytes, 0, bytes.length, 0);
    }

    @Test
    void saysWhyItDoesNotLetIn() {
        assertEquals(Refusal.DENIED, AccessControl.refusal(AccessControl.DENIED));
        assertEquals(Refusal.TOO_MANY, AccessControl.refusal(SourceTable.TOO_MANY));
        assertEquals(Refusal.TOO_FAST, AccessControl.refusal(AccessControl.TOO_FAST));
        assertNull(AccessControl.refusal(AccessControl.NOTHING));
        assertNull(AccessControl.refusal(0));
    }
}
