package io.hawser.vrrp;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How a speaker and somebody else's VRRP talk to each other in a {@link Lab}. Immutable. */
enum Dialect {
    V2,
    V2_PASSWORD,
    V3_MULTICAST,
    V3_UNICAST,
    /** The other one has the address, and sends, from a macvlan interface with the virtual MAC address. */
    V3_VIRTUAL_MAC,
    /** The other one's checksum covers the message alone, as RFC 9568 has it, and this one learns that. */
    V3_MESSAGE_CHECKSUM,
    V6;

    private static final InetAddress VIP6 = AdvertisementTest.ip("fd00::99");
    private static final InetAddress LINK_LOCAL6 = AdvertisementTest.ip("fe80::99");
    private static final String PASSWORD = "s3cret";
    private static final String MESSAGE_CHECKSUM = "v3_checksum_as_v2";

    int version() {
        return name().startsWith("V2") ? 2 : 3;
    }

    /** Skips the test where the installed keepalived does not speak this; that of Debian 12 knows one form of checksum. */
    void needsKeepalived() throws IOException {
        String program = Lab.keepalived();
        assumeTrue(Lab.isInstalled(program), program + " is not installed");
        if (this == V3_MESSAGE_CHECKSUM) {
            assumeTrue(Lab.contains(program, MESSAGE_CHECKSUM), program + " has no " + MESSAGE_CHECKSUM);
        }
    }

    /** The virtual address that is looked for. */
    InetAddress vip() {
        return this == V6 ? VIP6 : Lab.VIP;
    }

    /** This side, never preempting. */
    RouterSpec spec(int last, int priority, int peer) {
        if (this == V6) {
            return VrrpSpeakerNetnsTest.six(last, priority, List.of(LINK_LOCAL6, VIP6));
        }
        Optional<String> password = this == V2_PASSWORD ? Optional.of(PASSWORD) : Optional.empty();
        int[] peers = this == V3_UNICAST ? new int[] {peer} : new int[0];
        return Lab.spec(last, priority, version(), RouterSpec.Checksum.AUTO, password, peers);
    }

    /** The other side, for keepalived; {@code role} holds lines such as {@code nopreempt}. */
    String keepalived(int last, int priority, int peer, String role) {
        List<String> lines = new ArrayList<>(List.of(
                role,
                "interface eth0",
                "virtual_router_id 51",
                "priority " + priority,
                "advert_int " + (version() == 2 ? "1" : "0.1")));
        switch (this) {
            case V2, V3_MULTICAST, V6 -> {}
            case V2_PASSWORD -> lines.add("authentication { auth_type PASS\n auth_pass " + PASSWORD + " }");
            case V3_UNICAST -> {
                lines.add("unicast_src_ip 10.99.0." + last);
                lines.add("unicast_peer { 10.99.0." + peer + " }");
            }
            case V3_VIRTUAL_MAC -> lines.add("use_vmac");
            case V3_MESSAGE_CHECKSUM -> lines.add(MESSAGE_CHECKSUM);
        }
        lines.add(
                this == V6 ? "virtual_ipaddress { fe80::99/64\n fd00::99/64 }" : "virtual_ipaddress { 10.99.0.10/32 }");
        return "global_defs {\n vrrp_version " + version() + "\n}\nvrrp_instance api {\n" + String.join("\n", lines)
                + "\n}\n";
    }

    /** What a takeover may take that nobody announces: the down interval and a second or more for a busy machine. */
    Duration takeover() {
        return version() == 3 ? Duration.ofMillis(1500) : Duration.ofSeconds(5);
    }

    /** What a takeover may take that is announced: the skew time of priority 100 and a second for a busy machine. */
    Duration handover() {
        return Duration.ofMillis(version() == 3 ? 61 : 610).plusSeconds(1);
    }
}
