package io.hawser.lb.daemon;

import io.hawser.lb.cli.ExitCode;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.AdvertTap;
import io.hawser.vrrp.ObservedAdvert;
import io.hawser.vrrp.RouterSpec;
import io.hawser.vrrp.VirtualAddress;
import io.hawser.vrrp.VrrpException;
import java.io.PrintStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** {@code hawser check --listen}: who else uses the VRIDs of a configuration, and which ones are free. Main thread. */
final class VridSurvey {
    private static final int PROPOSALS = 3;

    /** How many senders are told for one virtual router; somebody may forge them. */
    private static final int MOST_SENDERS = 5;

    private VridSurvey() {}

    /**
     * Listens and tells.
     *
     * @param routers those of this node
     * @return {@link ExitCode#FAILED} on a conflict
     */
    static int run(List<RouterSpec> routers, Duration length, PrintStream out, PrintStream err) {
        boolean conflict = false;
        try {
            for (String name : routers.stream()
                    .map(each -> each.carrier().interfaceName())
                    .distinct()
                    .toList()) {
                List<RouterSpec> here = routers.stream()
                        .filter(each -> each.carrier().interfaceName().equals(name))
                        .toList();
                try (AdvertTap tap = AdvertTap.open(name, List.of())) {
                    if (tap == null) {
                        err.println("hawser check: there is no interface " + name + " to listen on");
                        return ExitCode.FAILED;
                    }
                    for (Finding finding : judge(here, heard(tap, length), length)) {
                        (finding.isConflict() ? err : out).println(name + ": " + finding.text());
                        conflict |= finding.isConflict();
                    }
                }
            }
        } catch (VrrpException e) {
            err.println("hawser check: " + e.getMessage());
            return ExitCode.PRIVILEGE;
        }
        return conflict ? ExitCode.FAILED : ExitCode.DONE;
    }

    private static List<ObservedAdvert> heard(AdvertTap tap, Duration length) {
        // One of each sender and VRID is enough.
        Map<String, ObservedAdvert> heard = new TreeMap<>();
        long start = System.nanoTime();
        while (true) {
            Duration left = length.minusNanos(System.nanoTime() - start);
            ObservedAdvert sighting = left.isNegative() ? null : tap.next(left);
            if (sighting == null) {
                return List.copyOf(heard.values());
            }
            if (heard.size() < 1_000) {
                heard.putIfAbsent(sighting.vrid() + " " + AddressText.of(sighting.source()), sighting);
            }
        }
    }

    /** What to tell about a virtual router. */
    record Finding(boolean isConflict, String text) {}

    /** Judges what was heard on one interface. Pure. */
    static List<Finding> judge(List<RouterSpec> routers, List<ObservedAdvert> heard, Duration length) {
        List<Finding> findings = new ArrayList<>();
        for (RouterSpec router : routers) {
            List<ObservedAdvert> others = heard.stream()
                    .filter(each -> isOf(router, each) && !each.isOutgoing())
                    .toList();
            String id = "VRID " + router.vrid() + " (\"" + router.name() + "\") ";
            if (others.isEmpty()) {
                findings.add(
                        new Finding(false, id.strip() + ": no other sender heard in " + length.toSeconds() + " s"));
            }
            boolean isTaken = false;
            for (ObservedAdvert other : others.subList(0, Math.min(others.size(), MOST_SENDERS))) {
                String why = foreign(router, other);
                isTaken |= !why.isEmpty();
                String user = id + "is used by " + AddressText.of(other.source()) + " (" + other.mac() + ")"
                        + other.content()
                                .map(content -> ", version " + content.version() + ", priority " + content.priority())
                                .orElse("");
                findings.add(
                        why.isEmpty()
                                ? new Finding(false, user + ", one of the nodes")
                                : new Finding(true, user + ", " + why));
            }
            if (isTaken) {
                findings.add(new Finding(true, proposal(routers, heard)));
            }
        }
        return findings;
    }

    private static boolean isOf(RouterSpec router, ObservedAdvert sighting) {
        return sighting.vrid() == router.vrid()
                && sighting.source() instanceof Inet6Address
                        == router.holding().addresses().getFirst().address() instanceof Inet6Address;
    }

    /** Why a sender is none of this cluster's nodes; empty when it may be one. */
    private static String foreign(RouterSpec router, ObservedAdvert sighting) {
        InetAddress source = sighting.source();
        boolean isListed =
                source.equals(router.nodes().own()) || router.nodes().peers().contains(source);
        // Over IPv6 nodes send from link-local addresses, which no list of nodes has: the addresses tell.
        if (!isListed && !source.isLinkLocalAddress()) {
            return "which is not one of the nodes";
        }
        Set<InetAddress> own = router.holding().addresses().stream()
                .map(VirtualAddress::address)
                .collect(Collectors.toSet());
        return sighting.content()
                .filter(content -> !own.equals(new HashSet<>(content.addresses())))
                .map(content -> "with other addresses: "
                        + content.addresses().stream().map(AddressText::of).collect(Collectors.joining(", ")))
                .orElse("");
    }

    private static String proposal(List<RouterSpec> routers, List<ObservedAdvert> heard) {
        Set<Integer> taken = new TreeSet<>();
        heard.forEach(each -> taken.add(each.vrid()));
        routers.forEach(each -> taken.add(each.vrid()));
        String free = IntStream.rangeClosed(1, 255)
                .filter(each -> !taken.contains(each))
                .limit(PROPOSALS)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", "));
        return free.isEmpty() ? "every VRID is used here" : "free here, as far as was heard: " + free;
    }
}
