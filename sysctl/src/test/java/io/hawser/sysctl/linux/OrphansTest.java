package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class OrphansTest {
    private static final List<String> NAMESPACE = List.of("unshare", "--pid", "--fork", "--mount-proc");

    /** The first process of a pid namespace, with children of its own and two that it inherits. */
    static final class FirstProcess {
        private FirstProcess() {}

        public static void main(String[] arguments) throws Exception {
            System.out.println("pid " + ProcessHandle.current().pid());
            Process own = new ProcessBuilder("sh", "-c", "sleep 0.1 & sleep 0.1 & exit 7").start();
            System.out.println("own " + own.waitFor());
            awaitDead(2);

            Orphans orphans = new Orphans();
            System.out.println("first " + orphans.look().size());
            System.out.println("second " + orphans.look().size());
            System.out.println("third " + orphans.look().size());
            System.out.println("dead " + dead());
        }
    }

    /** The first process of a pid namespace that reaps in the background while it starts children of its own. */
    static final class BusyProcess {
        private BusyProcess() {}

        public static void main(String[] arguments) throws Exception {
            Orphans.reapIfFirstProcess();
            List<Process> own = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                own.add(new ProcessBuilder("sh", "-c", "sleep 0." + i % 10 + " & exit " + i).start());
                Thread.sleep(100);
            }
            List<Integer> statuses = new ArrayList<>();
            for (Process each : own) {
                statuses.add(each.waitFor());
            }
            System.out.println(statuses);
            awaitDead(0);
            System.out.println("none dead");
        }
    }

    private static long dead() throws Exception {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(each -> each.getFileName().toString().matches("[0-9]+"))
                    .filter(each -> {
                        try {
                            return Files.readString(each.resolve("stat")).contains(") Z 1 ");
                        } catch (java.io.IOException e) {
                            return false;
                        }
                    })
                    .count();
        }
    }

    private static void awaitDead(int number) throws Exception {
        long endAt = System.nanoTime() + 20_000_000_000L;
        while (dead() != number) {
            if (System.nanoTime() - endAt > 0) {
                throw new IllegalStateException(dead() + " dead children, not " + number);
            }
            Thread.sleep(10);
        }
    }

    private static void requirePidNamespaces() {
        assumeTrue(Capabilities.ofThisProcess().has(Capability.SYS_ADMIN), "needs CAP_SYS_ADMIN: pid namespaces");
    }

    @Test
    @Tag("netns")
    void reapsWhatItInheritedAtTheSecondLook() throws Exception {
        requirePidNamespaces();

        assertEquals(
                List.of("pid 1", "own 7", "first 0", "second 2", "third 0", "dead 0"),
                ChildJvm.run(FirstProcess.class, NAMESPACE).lines().toList());
    }

    @Test
    @Tag("netns")
    void leavesTheChildrenOfTheJvmToTheJvm() throws Exception {
        requirePidNamespaces();

        assertEquals(
                List.of(IntStream.range(0, 20).boxed().toList().toString(), "none dead"),
                ChildJvm.run(BusyProcess.class, NAMESPACE).lines().toList());
    }
}
