package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.fail;

import io.hawser.testkit.Await;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A command that was started, with everything it writes in one file. Killed with what it started when closed. */
final class Run implements AutoCloseable {
    private final Process process;
    private final Path output;

    private Run(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    static Run start(String... command) {
        try {
            Path output = Files.createTempFile("hawser-run-", ".out");
            Process process = new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            return new Run(process, output);
        } catch (IOException e) {
            return fail("start of " + String.join(" ", command), e);
        }
    }

    /** The distribution's launcher with arguments, as this user. */
    static Run hawser(String... arguments) {
        return start(command(List.of(), arguments));
    }

    /** The launcher as root without any capability, which is as little as any other user can do. */
    static Run powerless(String... arguments) {
        return start(command(List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all"), arguments));
    }

    /** The launcher in a network namespace, with a prefix such as {@code setpriv ...}. */
    static Run inside(String namespace, List<String> prefix, String... arguments) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(prefix);
        return start(command(all, arguments));
    }

    private static String[] command(List<String> prefix, String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.add(Requirements.launcher().toString());
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void signal(String name) {
        try (Run kill = start("kill", "-" + name, Long.toString(process.pid()))) {
            kill.exit(Await.LIMIT);
        }
    }

    /** Waits for the end and returns the exit code. */
    int exit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return fail("still running after " + limit.toSeconds() + " s:\n" + output());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return fail("interrupted");
        }
    }

    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return "no output: " + e.getMessage();
        }
    }

    /** Polls until a condition holds. */
    static void await(String what, Duration limit, BooleanSupplier condition) {
        long deadlineAt = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineAt > 0) {
                fail("not within " + limit.toSeconds() + " s: " + what);
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail("interrupted while waiting: " + what);
            }
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
            Files.deleteIfExists(output);
        } catch (IOException e) {
            output.toFile().deleteOnExit();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
