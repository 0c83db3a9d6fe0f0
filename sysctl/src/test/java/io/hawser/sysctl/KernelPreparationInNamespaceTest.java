package io.hawser.sysctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.KernelSettings.Ipvs;
import io.hawser.sysctl.linux.ChildJvm;
import io.hawser.sysctl.linux.Laboratory;
import io.hawser.sysctl.linux.NetworkNamespace;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Prepares the real kernel, for a network namespace of its own. */
@Tag("netns")
@Timeout(300)
class KernelPreparationInNamespaceTest {
    private static final KernelSettings WISHES = new KernelSettings(true, true, Ipvs.OFF);

    private Laboratory lab;
    private NetworkNamespace host;

    /** Prepares the kernel as its files are seen by the process, and writes what came of it. */
    static final class PreparingProcess {
        private PreparingProcess() {}

        public static void main(String[] arguments) {
            Preparation done = new KernelPreparation().prepare(WISHES);
            done.changes().forEach(change -> System.out.println(change.setting() + " " + change.outcome()));
            done.missing().forEach(missing -> System.out.println(missing.message()));
        }
    }

    @BeforeEach
    void makeHost() {
        lab = Laboratory.open();
        host = lab.left();
        // A new namespace takes over the IPv4 values of the first one.
        host.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=0", "net.ipv4.ip_nonlocal_bind=0");
    }

    @AfterEach
    void removeHost() {
        if (lab != null) {
            lab.close();
        }
    }

    private String shown(String setting) {
        return host.run("sysctl", "-n", setting).strip();
    }

    @Test
    void listenerBindsAnAddressThatIsElsewhereOnceItIsPrepared() throws Exception {
        host.call(() -> {
            for (String elsewhere : List.of("192.0.2.1", "2001:db8::1")) {
                InetAddress address = InetAddress.getByName(elsewhere);
                assertThrows(BindException.class, () -> new ServerSocket(0, 1, address).close());
            }
            new KernelPreparation().prepare(WISHES);
            for (String elsewhere : List.of("192.0.2.1", "2001:db8::1")) {
                new ServerSocket(0, 1, InetAddress.getByName(elsewhere)).close();
            }
            return null;
        });
    }

    @Test
    void secondTimeNothingIsChanged() throws Exception {
        Preparation first = host.call(() -> new KernelPreparation().prepare(WISHES));
        Preparation second = host.call(() -> new KernelPreparation().prepare(WISHES));
        assertEquals(
                List.of(Outcome.CHANGED, Outcome.CHANGED, Outcome.CHANGED),
                first.changes().stream().map(Change::outcome).toList());
        assertEquals(
                List.of(Outcome.ALREADY, Outcome.ALREADY, Outcome.ALREADY),
                second.changes().stream().map(Change::outcome).toList());
        assertEquals("1", shown("net.ipv4.ip_forward"));
        assertEquals("1", shown("net.ipv4.ip_nonlocal_bind"));
        assertEquals("1", shown("net.ipv6.ip_nonlocal_bind"));
        assertEquals("0", shown("net.ipv6.conf.all.forwarding"));
    }

    @Test
    void readOnlySettingsNameTheRemedyAndWhatIsSetAlreadyIsFine() throws Exception {
        host.run("sysctl", "-q", "-w", "net.ipv4.ip_nonlocal_bind=1");
        String readOnly = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec \"$@\"";
        List<String> wrapper =
                host.command("unshare", "--mount", "sh", "-c", readOnly, "sh").command();
        String said = ChildJvm.run(PreparingProcess.class, wrapper);
        assertTrue(said.contains("net.ipv4.ip_forward REFUSED"), said);
        assertTrue(said.contains("net.ipv4.ip_nonlocal_bind ALREADY"), said);
        assertTrue(
                said.contains("net.ipv4.ip_forward: writing 1 failed: Read-only file system; /proc/sys is read-only"
                        + " here: set it on the host, or run the container privileged"),
                said);
        assertEquals("0", shown("net.ipv4.ip_forward"));
    }

    @Test
    void missingRightIsNamed() throws Exception {
        List<String> wrapper = host.command("setpriv", "--reuid=65534", "--bounding-set=-all", "--inh-caps=-all")
                .command();
        String said = ChildJvm.run(PreparingProcess.class, wrapper);
        assertTrue(said.contains("net.ipv4.ip_forward: writing 1 failed: Permission denied; needs root"), said);
    }
}
