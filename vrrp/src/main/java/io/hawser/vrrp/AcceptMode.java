package io.hawser.vrrp;

import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.InputFilter;
import io.hawser.sysctl.linux.LinuxException;
import io.hawser.vrrp.election.Election;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the kernel drop packets to the addresses of routers that do not accept any (Accept_Mode, RFC 9568 6.1); also while
 * another node is active, when there are none. Nothing has to change with the state. Vrrp thread.
 */
final class AcceptMode {
    private static final Logger log = LoggerFactory.getLogger(AcceptMode.class);

    private final InputGuard guard;
    /** The addresses that packets are not accepted to; null before the first time. */
    private @Nullable Set<InetAddress> refused;

    AcceptMode(InputGuard guard) {
        this.guard = guard;
    }

    /**
     * Drops packets to what these routers do not accept, and to nothing else.
     *
     * @throws LinuxException when the kernel refuses during the start
     */
    void apply(List<RouterSpec> specs) {
        Set<InetAddress> wanted = new HashSet<>();
        specs.stream()
                .filter(spec -> !spec.holding().accept() && spec.nodes().priority() != Election.OWNER_PRIORITY)
                .forEach(spec -> spec.holding().addresses().forEach(each -> wanted.add(each.address())));
        if (wanted.equals(refused) || (refused == null && wanted.isEmpty() && !InputFilter.isLoaded())) {
            refused = Set.copyOf(wanted);
            return;
        }
        try (InputFilter filter = InputFilter.open()) {
            for (Family family : Family.values()) {
                Set<InetAddress> before = of(family, refused == null ? Set.of() : refused);
                Set<InetAddress> now = of(family, wanted);
                if (!now.equals(before)) {
                    filter.drop(family, now);
                } else if (refused == null) {
                    removeLeftOvers(filter, family);
                }
            }
            refused = Set.copyOf(wanted);
        } catch (LinuxException e) {
            if (guard.isStarting() && !wanted.isEmpty()) {
                throw e;
            }
            log.atError()
                    .setCause(e)
                    .log("accept: false cannot be enforced: packets to the virtual addresses are accepted");
        }
    }

    private static void removeLeftOvers(InputFilter filter, Family family) {
        try {
            filter.drop(family, Set.of());
        } catch (ErrnoException e) {
            // Where there is no packet filter nothing was left in it.
            log.atDebug().setCause(e).log("looking for rules of an earlier process failed");
        }
    }

    private static Set<InetAddress> of(Family family, Set<InetAddress> addresses) {
        return addresses.stream().filter(each -> Family.of(each) == family).collect(Collectors.toSet());
    }
}
