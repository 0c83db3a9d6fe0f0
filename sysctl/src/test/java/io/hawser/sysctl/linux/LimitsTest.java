package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LimitsTest {
    // "Max open files            20000                20000                files", as proc_pid_limits(5) has it.
    private static long fromProc(int column) throws Exception {
        String line = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(l -> l.startsWith("Max open files"))
                .findFirst()
                .orElseThrow();
        String value = line.substring("Max open files".length()).strip().split("\\s+", -1)[column];
        return value.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(value);
    }

    @Test
    void limitIsWhatTheKernelShows() throws Exception {
        assertEquals(new Limits.Limit(fromProc(0), fromProc(1)), Limits.openFiles());
    }

    @Test
    void softLimitIsRaisedToTheHardOne() throws Exception {
        long hard = Limits.openFiles().hard();
        assertEquals(new Limits.Limit(hard, hard), Limits.raiseOpenFiles());
        assertEquals(hard, fromProc(0));
    }
}
