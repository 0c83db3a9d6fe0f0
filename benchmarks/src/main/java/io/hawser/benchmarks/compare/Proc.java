package io.hawser.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the kernel counts of processes and of the machine (proc(5)). Stateless. */
final class Proc {
    private static final double TICKS_A_SECOND = 100;
    private static final Pattern PSS = Pattern.compile("^Pss: +(\\d+) kB", Pattern.MULTILINE);

    private Proc() {}

    /** Processor time of a process and what it has started, in seconds; steps of 10 ms. */
    static double cpuSeconds(ProcessHandle process) {
        return withChildren(process).mapToDouble(Proc::ownCpuSeconds).sum();
    }

    private static double ownCpuSeconds(ProcessHandle process) {
        String stat = read("/proc/" + process.pid() + "/stat");
        // After the name, which may hold anything: field 3 is the state, 14 and 15 are user and system time.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).trim().split(" ", -1);
        return fields.length < 13 ? 0 : (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_A_SECOND;
    }

    /** Processor time that the machine has spent on anything, in seconds. */
    static double systemCpuSeconds() {
        String line = read("/proc/stat").lines().findFirst().orElse("cpu 0 0 0 0 0 0 0 0");
        long[] ticks = Arrays.stream(line.trim().split(" +", -1))
                .skip(1)
                .mapToLong(Long::parseLong)
                .toArray();
        // user, nice, system, idle, iowait, irq, softirq, steal; the guest's follow and are in user already
        long busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6];
        return busy / TICKS_A_SECOND;
    }

    /** Memory of a process and what it has started, in KiB, shared pages by their share. */
    static long pssKib(ProcessHandle process) {
        return withChildren(process).mapToLong(Proc::ownPssKib).sum();
    }

    private static long ownPssKib(ProcessHandle process) {
        Matcher found = PSS.matcher(read("/proc/" + process.pid() + "/smaps_rollup"));
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }

    private static Stream<ProcessHandle> withChildren(ProcessHandle process) {
        return Stream.concat(Stream.of(process), process.descendants());
    }

    /** Ends a process and what it has started; waits. */
    static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            var _ = process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The machine, in a line. */
    static String machine() {
        String model = read("/proc/cpuinfo")
                .lines()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).trim())
                .findFirst()
                .orElse(System.getProperty("os.arch"));
        return Runtime.getRuntime().availableProcessors() + " processors of " + model + ", Linux "
                + System.getProperty("os.version");
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            // It ended meanwhile.
            return "";
        }
    }
}
