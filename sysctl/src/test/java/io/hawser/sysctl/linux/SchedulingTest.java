package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SchedulingTest {
    /** Locks memory, then makes the JVM allocate and start threads: what comes later has to work too. */
    static final class LockingProcess {
        private LockingProcess() {}

        public static void main(String[] arguments) throws Exception {
            System.out.println(Scheduling.lockMemory());
            byte[][] blocks = new byte[32][];
            for (int i = 0; i < blocks.length; i++) {
                blocks[i] = new byte[1 << 20];
                Thread.ofPlatform().start(() -> {}).join();
            }
            System.out.println(blocks.length + " blocks");
            Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmLck"))
                    .forEach(System.out::println);
        }
    }

    /** Locks memory when told so, frees 32 MiB of what malloc gave, and says how many MiB it has before and after that is given back. */
    static final class ReleasingProcess {
        private static final int PAGE = 4_096;
        private static final int PLACE = 64 << 10;

        private ReleasingProcess() {}

        public static void main(String[] arguments) throws Exception {
            System.out.println(arguments[0].equals("locked") ? Scheduling.lockMemory() : "unlocked");
            Scheduling.releaseFreedMemory(); // what it loads does not count
            List<Long> places = new ArrayList<>();
            long before;
            try (Arena kept = Arena.ofConfined()) {
                try (Arena freed = Arena.ofConfined()) {
                    for (int i = 0; i < 512; i++) {
                        places.add(freed.allocate(PLACE).fill((byte) 1).address());
                        // Some of what is free at the end of the memory, free(3) gives back by itself; all of it, where
                        // these come from elsewhere.
                        kept.allocate(1 << 10).fill((byte) 1);
                    }
                    before = resident(places);
                }
                boolean isReleased = Scheduling.releaseFreedMemory();
                long after = resident(places);
                System.out.println(isReleased + ", by " + (before - after) / 1024 + " MiB of " + before / 1024
                        + " MiB, locked " + (kibibytes("VmLck") > 0));
            }
        }

        /** How many KiB are resident of the whole pages of these, whatever else is beside them (pagemap in proc_pid_pagemap(5)). */
        private static long resident(List<Long> places) throws Exception {
            long pages = 0;
            try (RandomAccessFile map = new RandomAccessFile("/proc/self/pagemap", "r")) {
                byte[] entries = new byte[(PLACE / PAGE - 1) * Long.BYTES];
                for (long place : places) {
                    map.seek((place + PAGE - 1) / PAGE * Long.BYTES);
                    map.readFully(entries);
                    for (int last = Long.BYTES - 1; last < entries.length; last += Long.BYTES) {
                        // Bit 63 of a number in the machine's order, which is little-endian wherever hawser runs: the
                        // page is present.
                        pages += entries[last] < 0 ? 1 : 0;
                    }
                }
            }
            return pages * PAGE / 1024;
        }

        private static long kibibytes(String name) throws Exception {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith(name))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    // Field 41 of proc_pid_stat(5), counted behind the name in brackets: the policy; 40 is the real-time priority.
    private static String[] statOf(long thread) throws Exception {
        String stat = Files.readString(Path.of("/proc/self/task/" + thread + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    }

    @Test
    void threadIdIsThatOfProc() throws Exception {
        Path self = Files.readSymbolicLink(Path.of("/proc/thread-self"));
        assertEquals(self.getFileName().toString(), Long.toString(Scheduling.threadId()));
    }

    @Test
    void impossiblePriorityIsOurOwnMistake() {
        assertThrows(IllegalArgumentException.class, () -> Scheduling.setRealtime(0));
        assertThrows(IllegalArgumentException.class, () -> Scheduling.setRealtime(100));
    }

    @Test
    @Tag("netns")
    void onlyTheCallingThreadBecomesRealtimeAndThoseItStartsDoNot() throws Exception {
        assumeTrue(Capabilities.ofThisProcess().has(Capability.SYS_NICE), "needs CAP_SYS_NICE");
        CompletableFuture<List<String>> seen = new CompletableFuture<>();
        Thread.ofPlatform()
                .start(() -> seen.completeAsync(SchedulingTest::observe, Runnable::run))
                .join();
        assertEquals(List.of("Granted[]", "1 50", "0 0"), seen.get());
    }

    private static List<String> observe() {
        try {
            String result = Scheduling.setRealtime(50).toString();
            CompletableFuture<String> child = new CompletableFuture<>();
            Thread.ofPlatform()
                    .start(() -> child.completeAsync(SchedulingTest::policy, Runnable::run))
                    .join();
            return List.of(result, policy(), child.get());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String policy() {
        try {
            String[] fields = statOf(Scheduling.threadId());
            return fields[41 - 3] + " " + fields[40 - 3];
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Tag("netns")
    void lockedMemoryLetsTheProcessGoOnAllocating() throws Exception {
        assumeTrue(Capabilities.ofThisProcess().has(Capability.IPC_LOCK), "needs CAP_IPC_LOCK");
        String said = ChildJvm.run(LockingProcess.class, List.of("env"));
        assertTrue(said.startsWith("Granted[]"), said);
        assertTrue(said.contains("32 blocks"), said);
        assertTrue(said.matches("(?s).*VmLck:\\s+[1-9].*"), said);
    }

    @Test
    void freedMemoryIsGivenBack() throws Exception {
        String said = ChildJvm.run(ReleasingProcess.class, List.of("env"), "unlocked");
        assertTrue(said.matches("(?s)unlocked\\s+true, by (29|30) MiB of 30 MiB, locked false\\s+"), said);
    }

    @Test
    @Tag("netns")
    void freedMemoryIsGivenBackThoughMemoryIsLockedAndStaysSo() throws Exception {
        assumeTrue(Capabilities.ofThisProcess().has(Capability.IPC_LOCK), "needs CAP_IPC_LOCK");
        String said = ChildJvm.run(ReleasingProcess.class, List.of("env"), "locked");
        assertTrue(said.matches("(?s)Granted\\[]\\s+true, by (29|30) MiB of 30 MiB, locked true\\s+"), said);
    }
}
