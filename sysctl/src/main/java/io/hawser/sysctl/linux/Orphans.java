package io.hawser.sysctl.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reaps the dead children that this process did not start. The first process of a pid namespace, such as that of a container, inherits every process
 * whose parent has ended (pid_namespaces(7)), and a JVM waits only for those that it started itself. One thread at a time.
 */
public final class Orphans {

    /*
     * Nothing tells a child that was inherited from one that the JVM started. But the JVM has a thread in waitpid(2) for each of its own, so these are
     * gone at once, and what is found dead at two looks in a row is nobody's. Were the JVM so starved that one of its own is found twice, its
     * Process would say exit status -1, and nothing worse.
     */

    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final long FIRST_PROCESS = 1;

    // wait.h and siginfo.h; the same on x86-64 and arm64
    private static final int P_ALL = 0;
    private static final int P_PID = 1;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int WNOWAIT = 0x01000000;
    private static final int SIGINFO_SIZE = 128;
    private static final int SI_PID = 16;

    private final NativeBuffer information = new NativeBuffer(SIGINFO_SIZE);
    private final long self = ProcessHandle.current().pid();
    private Set<Integer> found = Set.of();

    /** None found yet. */
    Orphans() {}

    /** Reaps from now on, on a daemon thread of its own, if this is the first process of its namespace. */
    public static void reapIfFirstProcess() {
        if (ProcessHandle.current().pid() != FIRST_PROCESS) {
            return;
        }
        Thread.ofPlatform().daemon().name("orphans").start(() -> {
            Orphans orphans = new Orphans();
            while (!Thread.currentThread().isInterrupted()) {
                orphans.look();
                try {
                    Thread.sleep(PAUSE);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
    }

    /**
     * Looks for dead children, and reaps those that were dead at the look before.
     *
     * @return the process ids of those that were reaped
     */
    List<Integer> look() {
        Set<Integer> dead = isAnyDead() ? deadChildren() : Set.of();
        List<Integer> reaped = new ArrayList<>();
        for (int pid : dead) {
            if (found.contains(pid) && Libc.waitid(P_PID, pid, information, WEXITED | WNOHANG) == 0) {
                reaped.add(pid);
            }
        }
        found = dead;
        return reaped;
    }

    private boolean isAnyDead() {
        information.bytes().putInt(SI_PID, 0);
        int result = Libc.waitid(P_ALL, 0, information, WEXITED | WNOHANG | WNOWAIT);
        return result == 0 && information.bytes().getInt(SI_PID) != 0;
    }

    private Set<Integer> deadChildren() {
        Set<Integer> dead = new HashSet<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
            for (Path process : processes) {
                if (isDeadChild(stat(process))) {
                    dead.add(Integer.parseInt(process.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            return Set.of(); // no /proc, so nothing can be told apart
        }
        return dead;
    }

    private static String stat(Path process) {
        try {
            return Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it is gone
        }
    }

    // proc_pid_stat(5): pid (name) state parent ...; the name may contain anything.
    private boolean isDeadChild(String stat) {
        return stat.substring(stat.lastIndexOf(')') + 1).startsWith(" Z " + self + " ");
    }
}
