package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a process without any capability is told: which one is missing, for each thing that needs one. */
@Tag("netns")
class WithoutRightsTest {
    private static String said = "";

    /** Tries everything and writes what it was told. */
    static final class Attempts {
        private Attempts() {}

        public static void main(String[] arguments) {
            attempt(() -> RawSocket.open(Family.IPV4, 112, 1));
            attempt(() -> PacketSocket.open(1, 0x0806));
            attempt(() -> {
                try (RouteSocket route = RouteSocket.open()) {
                    route.putAddress(1, InetAddress.getByName("10.9.0.10"), 32, 2);
                    return "put";
                }
            });
            attempt(() -> {
                try (RouteSocket route = RouteSocket.open()) {
                    return route.removeAddress(1, InetAddress.getByName("10.9.0.10"), 32);
                }
            });
            attempt(() -> Scheduling.setRealtime(50));
            attempt(Scheduling::lockMemory);
            attempt(() -> NetworkNamespace.create("linux-refused"));
            attempt(() -> {
                KernelModule.load(Path.of("/dev/null"));
                return "loaded";
            });
            attempt(() -> {
                try (RouteMonitor monitor = RouteMonitor.open()) {
                    return "monitor " + monitor.receive();
                }
            });
        }

        private static void attempt(Callable<Object> what) {
            try {
                System.out.println(what.call());
            } catch (Exception e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @BeforeAll
    static void dropEverything() throws Exception {
        assumeTrue(
                Capabilities.ofThisProcess().has(Capability.NET_ADMIN),
                "needs root: a process without rights is only told apart from one with them");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "needs setpriv (util-linux)");
        // A limit of its own, since this machine's may be unlimited.
        said = ChildJvm.run(
                Attempts.class,
                List.of(
                        "prlimit",
                        "--rtprio=0",
                        "--memlock=65536",
                        "setpriv",
                        "--bounding-set=-all",
                        "--inh-caps=-all"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "socket(AF_INET, SOCK_RAW, 112) failed: EPERM (1) Operation not permitted; needs CAP_NET_RAW",
                "socket(AF_PACKET, SOCK_RAW) failed: EPERM (1) Operation not permitted; needs CAP_NET_RAW",
                "RTM_NEWADDR(10.9.0.10/32, interface 1) failed: EPERM (1) Operation not permitted; needs CAP_NET_ADMIN",
                "RTM_DELADDR(10.9.0.10/32, interface 1) failed: EPERM (1) Operation not permitted; needs CAP_NET_ADMIN",
                "sched_setscheduler(SCHED_FIFO, 50) failed: EPERM (1) Operation not permitted; needs CAP_SYS_NICE, or a"
                        + " real-time limit of at least 50 (LimitRTPRIO=, ulimit -r)",
                "mlockall not tried: needs CAP_IPC_LOCK, or unlimited locked memory (LimitMEMLOCK=infinity, ulimit -l"
                        + " unlimited)",
                "Operation not permitted; needs CAP_SYS_ADMIN and CAP_NET_ADMIN: run as root, or in a container with"
                        + " --privileged",
                "monitor null",
            })
    void missingRightIsNamed(String expected) {
        assertTrue(said.contains(expected), said);
    }

    @Test
    void loadingModulesNamesTheRightUnlessTheKernelHasNoModules() {
        assertTrue(
                said.contains("finit_module(/dev/null) failed: EPERM (1) Operation not permitted; needs CAP_SYS_MODULE")
                        || said.contains(
                                "failed: ENOSYS (38) Function not implemented; this kernel cannot load modules"),
                said);
    }
}
