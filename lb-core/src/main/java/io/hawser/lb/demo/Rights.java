package io.hawser.lb.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the demo with namespaces needs of this process and machine. */
final class Rights {
    private static final int CAP_NET_ADMIN = 12;
    private static final int CAP_NET_RAW = 13;
    private static final int CAP_SYS_ADMIN = 21;

    private Rights() {}

    /** Names everything that is missing, with the remedy, in one exception. */
    static void require() {
        List<String> missing = new ArrayList<>();
        long effective = effectiveCapabilities();
        List<String> capabilities = new ArrayList<>();
        addUnless(has(effective, CAP_SYS_ADMIN), "CAP_SYS_ADMIN (make network namespaces)", capabilities);
        addUnless(has(effective, CAP_NET_ADMIN), "CAP_NET_ADMIN (make devices, add addresses)", capabilities);
        addUnless(has(effective, CAP_NET_RAW), "CAP_NET_RAW (speak VRRP)", capabilities);
        if (!capabilities.isEmpty()) {
            missing.add("the right %s: run it as root, in a container with --privileged"
                    .formatted(String.join(", ", capabilities)));
        }
        addUnless(Tool.isInstalled("ip"), "the command ip: apt-get install iproute2", missing);
        addUnless(Tool.isInstalled("nft"), "the command nft: apt-get install nftables", missing);
        if (!missing.isEmpty()) {
            throw DemoException.unavailable(
                    "the demo puts two nodes, three masters and a client into network namespaces, and these are missing:\n  "
                            + String.join("\n  ", missing)
                            + "\nwithout them, one process on loopback shows the balancing: hawser demo --single");
        }
    }

    private static void addUnless(boolean present, String what, List<String> missing) {
        if (!present) {
            missing.add(what);
        }
    }

    private static boolean has(long effective, int capability) {
        return (effective >> capability & 1) == 1;
    }

    private static long effectiveCapabilities() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("CapEff:")) {
                    return Long.parseUnsignedLong(line.substring(7).strip(), 16);
                }
            }
            return 0;
        } catch (IOException e) {
            throw DemoException.unavailable(
                    "read of /proc/self/status: %s; the demo needs Linux with /proc mounted".formatted(e.getMessage()));
        }
    }
}
