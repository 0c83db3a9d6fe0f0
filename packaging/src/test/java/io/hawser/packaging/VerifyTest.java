package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ./verify says when it cannot do its work, or a test fails, in a checkout whose Maven is a script of ours. */
class VerifyTest {
    private static final Duration LIMIT = Await.LIMIT;

    @TempDir
    Path directory;

    private Path checkout;
    private Path commands;

    /** The scripts of this checkout, in one of their own. */
    @BeforeEach
    void lay() throws IOException {
        checkout = Files.createDirectory(directory.resolve("checkout"));
        commands = Files.createDirectory(directory.resolve("commands"));
        Path root = Path.of("..").toAbsolutePath().normalize();
        Path build = Files.createDirectories(checkout.resolve("packaging/src/main/build"));
        for (String script : List.of("jdk25.sh", "packages.sh")) {
            Files.copy(root.resolve("packaging/src/main/build/" + script), build.resolve(script));
        }
        Files.copy(root.resolve("verify"), checkout.resolve("verify"), StandardCopyOption.COPY_ATTRIBUTES);
        maven("exit 0");
    }

    private void command(String name, String script) throws IOException {
        Path file = Files.writeString(commands.resolve(name), "#!/bin/bash\n" + script + "\n");
        assertTrue(file.toFile().setExecutable(true));
    }

    private void maven(String script) throws IOException {
        command("mvn", script);
    }

    private Run verify() {
        return Run.start("env", "PATH=" + commands + ":" + System.getenv("PATH"), checkout.resolve("verify") + "");
    }

    @Test
    void twoAtOnceAreRefusedInOneCheckout() throws IOException {
        maven("echo waits >>" + checkout + "/begun; sleep 60");
        try (Run first = verify()) {
            Run.await("it builds", LIMIT, () -> Files.exists(checkout.resolve("begun")));
            try (Run second = verify()) {
                assertEquals(5, second.exit(LIMIT), second::output);
                assertTrue(
                        second.output().contains("verify: another run is going on in this checkout"), second::output);
            }
            assertTrue(first.isAlive());
            first.signal("TERM");
            assertEquals(143, first.exit(LIMIT), first::output);
        }
        maven("exit 0");
        try (Run next = verify()) {
            assertEquals(1, next.exit(LIMIT), next::output);
            assertFalse(next.output().contains("another run"), next::output);
        }
    }

    @Test
    void aDiskThatIsFullIsSaidBeforeAnythingIsDone() throws IOException {
        command("df", "printf 'Filesystem 1024-blocks Used Available Capacity Mounted\\nx 9 9 524288 99%% /\\n'");
        try (Run run = verify()) {
            assertEquals(6, run.exit(LIMIT), run::output);
            assertTrue(run.output().contains("only 512 MiB are free"), run::output);
            assertTrue(run.output().contains("make room"), run::output);
        }
    }

    @Test
    void aPackageThatCannotBeInstalledIsNamedAndTheRestGoesOn() throws IOException {
        Requirements.namespaces();
        String text = Files.readString(checkout.resolve("verify"));
        Files.writeString(
                checkout.resolve("verify"), text.replace("ip iproute2\n", "ip iproute2\nno-such no-such-package\n"));
        command("apt-get", "echo 'Temporary failure resolving the archive'; exit 100");
        command("mvn", passing("io.hawser.SomeTest", ""));
        try (Run run = verify()) {
            assertEquals(0, run.exit(LIMIT), run::output);
            assertTrue(run.output().contains("verify: could not install no-such-package"), run::output);
            assertTrue(run.output().contains("Temporary failure"), run::output);
        }
    }

    @Test
    void whoIsNotRootIsToldWhatIsSkipped() throws IOException {
        Requirements.namespaces();
        command("mvn", passing("io.hawser.SomeTest", ""));
        // One that no machine has, so that something is missing.
        String text = Files.readString(checkout.resolve("verify"));
        Files.writeString(
                checkout.resolve("verify"), text.replace("ip iproute2\n", "ip iproute2\nno-such no-such-package\n"));
        try (Run given = Run.start("chown", "-R", "65534:65534", directory.toString())) {
            assertEquals(0, given.exit(LIMIT), given::output);
        }
        try (Run run = Run.start(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "env",
                "HOME=" + directory,
                "PATH=" + commands + ":" + System.getenv("PATH"),
                checkout.resolve("verify") + "")) {
            assertEquals(0, run.exit(LIMIT), run::output);
            assertTrue(run.output().contains("verify: not root: "), run::output);
            assertTrue(run.output().contains("run it as root"), run::output);
            assertTrue(run.output().contains("only root can install them: no-such-package"), run::output);
        }
    }

    /** The machine's own JDKs are put out of sight. */
    @Test
    void aJdkThatIsTooOldIsNamedAndNotTaken() throws IOException {
        Requirements.namespaces();
        Path old = Files.createDirectories(directory.resolve("jdk-17/bin")).getParent();
        Files.writeString(old.resolve("release"), "JAVA_VERSION=\"17.0.18\"\n");
        Path javac = Files.writeString(old.resolve("bin/javac"), "#!/bin/sh\n");
        assertTrue(javac.toFile().setExecutable(true));
        String hidden =
                "for d in /usr/lib/jvm /usr/java /opt /usr/local; do [ ! -d $d ] || mount -t tmpfs none $d || exit 9; done; exec \"$@\"";
        try (Run run = Run.start(
                "unshare",
                "--mount",
                "sh",
                "-c",
                hidden,
                "sh",
                "env",
                "HOME=" + directory,
                "JAVA_HOME=" + old,
                "PATH=" + commands + ":/usr/sbin:/usr/bin:/sbin:/bin",
                checkout.resolve("verify") + "")) {
            assertEquals(4, run.exit(LIMIT), run::output);
            assertTrue(run.output().contains("hawser: JAVA_HOME (" + old + ") is a JDK 17.0.18, not 25"), run::output);
            assertTrue(run.output().contains("apt-get install openjdk-25-jdk-headless"), run::output);
        }
    }

    @Test
    void aTestThatFailsIsNamedAndFailsIt() throws IOException {
        command("mvn", passing("io.hawser.SomeTest", "<failure message=\"expected: &lt;1&gt; but was: &lt;2&gt;\"/>"));
        try (Run run = verify()) {
            assertEquals(1, run.exit(LIMIT), run::output);
            assertTrue(run.output().contains("sysctl: SomeTest.works"), run::output);
            assertTrue(run.output().contains("expected: <1> but was: <2>"), run::output);
            assertTrue(run.output().contains("0 passed, 1 failed, 0 skipped"), run::output);
        }
    }

    @Test
    void whatPassesOnlyWhenItIsRunAgainFails() throws IOException {
        command("mvn", passing("io.hawser.SomeTest", "<flakyFailure message=\"once\"/>"));
        try (Run run = verify()) {
            assertEquals(1, run.exit(LIMIT), run::output);
        }
    }

    @Test
    void aBuildThatBreaksIsToldFromATestThatFails() throws IOException {
        maven("echo '[ERROR] /x/A.java:[1,1] not a statement'; exit 1");
        try (Run run = verify()) {
            assertEquals(1, run.exit(LIMIT), run::output);
            assertTrue(run.output().contains("not a statement"), run::output);
            assertTrue(run.output().contains("verify: build did not get to its end"), run::output);
        }
    }

    @Test
    void whatAKilledRunLeftIsRemovedAndNothingElse() throws Exception {
        Requirements.namespaces();
        Run dead = Run.start("true");
        dead.exit(LIMIT);
        String left = "hawser-gone" + dead.pid() + "-lb1";
        String others = "hawser-here" + ProcessHandle.current().pid() + "-lb1";
        dead.close();
        try (NetworkNamespace _ = NetworkNamespace.create(left);
                NetworkNamespace _ = NetworkNamespace.create(others);
                Run run = verify()) {
            run.exit(LIMIT);
            assertEquals(List.of(), NetworkNamespace.list(left), run::output);
            assertEquals(List.of(others), NetworkNamespace.list(others), run::output);
        }
    }

    /** A Maven that leaves one report with this in its test case. */
    private static String passing(String test, String result) {
        return """
                mkdir -p sysctl/target/surefire-reports
                cat >sysctl/target/surefire-reports/TEST-%1$s.xml <<'REPORT'
                <testsuite name="%1$s" time="0.1">
                  <testcase name="works" classname="%1$s" time="0.1">
                  %2$s
                  </testcase>
                </testsuite>
                REPORT""".formatted(test, result);
    }
}
