package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.RouterState;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Routers whose node does not accept packets to addresses that it does not own. */
@Tag("netns")
@RealTime
class AcceptModeNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    /** Whether a kernel answers at an address: no port is open there, so that it refuses. */
    private static boolean answers(Lab lab, int host, String address) {
        try {
            return lab.host(host).call(() -> {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(address, 1), 500);
                    return true;
                } catch (ConnectException refused) {
                    return String.valueOf(refused.getMessage()).contains("refused");
                } catch (IOException silent) {
                    return false;
                }
            });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void dropsPacketsToTheAddressButAnswersArp() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200).withAccept(false));
            lab.awaitOnly(11, SOON);
            assertFalse(answers(lab, 13, "10.99.0.10"));
            String neighbor = lab.host(13).run("ip", "neigh", "show", "10.99.0.10");
            assertTrue(neighbor.contains("lladdr"), neighbor);
            assertTrue(answers(lab, 13, "10.99.0.11"), "the node's own address is none of its business");

            speaker.apply(List.of(Lab.spec(11, 200)));
            lab.await("accepted after a reload", SOON, () -> answers(lab, 13, "10.99.0.10"));
            speaker.apply(List.of(Lab.spec(11, 200).withAccept(false)));
            lab.await("refused again", SOON, () -> !answers(lab, 13, "10.99.0.10"));
            assertTrue(speaker.stop(SOON));
            lab.host(11).run("ip", "addr", "add", "10.99.0.10/32", "dev", "eth0");
            assertTrue(answers(lab, 13, "10.99.0.10"), "nothing is left behind");
        }
    }

    @Test
    void anOwnerAccepts() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            lab.speak(11, Lab.spec(11, 255).withAccept(false));
            lab.awaitOnly(11, SOON);
            assertTrue(answers(lab, 13, "10.99.0.10"));
        }
    }

    @Test
    void dropsPacketsToAnIpv6AddressButTakesPartInNeighbourDiscovery() throws Exception {
        List<InetAddress> vips = List.of(AdvertisementTest.ip("fe80::99"), AdvertisementTest.ip("fd00::99"));
        try (Lab lab = new Lab(11, 13)) {
            for (int last : new int[] {11, 13}) {
                lab.host(last).run("ip", "addr", "add", "fd00::" + last + "/64", "dev", "eth0", "nodad");
            }
            VrrpSpeaker speaker =
                    lab.speak(11, VrrpSpeakerNetnsTest.six(11, 200, vips).withAccept(false));
            lab.await("active", SOON, () -> speaker.routersNow().getFirst().state() == RouterState.ACTIVE);
            assertFalse(answers(lab, 13, "fd00::99"));
            assertTrue(answers(lab, 13, "fd00::11"));
            // Unreachability detection asks the address itself.
            lab.host(13).run("ip", "neigh", "change", "fd00::99", "dev", "eth0", "nud", "probe");
            lab.await(
                    "the neighbour is still reachable",
                    SOON,
                    () -> lab.host(13).run("ip", "neigh", "show", "fd00::99").contains("REACHABLE"));
        }
    }

    @Test
    void rulesOfAKilledProcessAreRemovedAtTheStart() throws Exception {
        try (Lab lab = new Lab(11, 13)) {
            lab.host(11).call(() -> {
                try (var filter = io.hawser.sysctl.linux.InputFilter.open()) {
                    filter.drop(io.hawser.sysctl.linux.Family.IPV4, List.of(Lab.VIP));
                }
                return null;
            });
            VrrpSpeaker speaker = lab.speak(11, Lab.spec(11, 200));
            lab.awaitOnly(11, SOON);
            assertTrue(answers(lab, 13, "10.99.0.10"));
            assertEquals(0, speaker.status().failures());
        }
    }
}
