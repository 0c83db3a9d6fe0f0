package io.hawser.lb.demo;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs a command of the system ({@code ip}, {@code nft}, {@code sh}) for at most ten seconds. Any thread; blocks. */
final class Tool {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** What a command ended with and everything it wrote. */
    record Result(int status, String output) {
        boolean isSuccess() {
            return status == 0;
        }
    }

    private Tool() {}

    /** Runs a command that must succeed and returns its output. */
    static String run(String... command) {
        Result result = attempt(command);
        if (!result.isSuccess()) {
            throw DemoException.failed("%s: exit %d: %s"
                    .formatted(
                            String.join(" ", command),
                            result.status(),
                            result.output().strip()));
        }
        return result.output();
    }

    /** Runs a command that may fail. */
    static Result attempt(String... command) {
        Path output = null;
        Process process = null;
        try {
            output = Files.createTempFile("hawser-", ".out");
            process = builder(List.of(command))
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                return new Result(-1, "did not end within " + LIMIT.toSeconds() + " s");
            }
            return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } catch (IOException e) {
            return new Result(127, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result(-1, "interrupted");
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
            delete(output);
        }
    }

    /** Runs several commands in one shell that stops at the first failure: one fork instead of many. */
    static void script(String lines) {
        Result result = attempt("/bin/sh", "-ec", lines);
        if (!result.isSuccess()) {
            throw DemoException.failed("%s: exit %d: %s"
                    .formatted(lines, result.status(), result.output().strip()));
        }
    }

    /** A process builder whose PATH also has the places of system tools, which not every user's PATH names. */
    static ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        environment.put("PATH", path());
        environment.put("LC_ALL", "C");
        return builder;
    }

    /** Whether a command of this name can be run. */
    static boolean isInstalled(String name) {
        return Stream.of(path().split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, name)));
    }

    private static String path() {
        return System.getenv().getOrDefault("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin:/usr/bin:/bin";
    }

    private static void delete(@org.jspecify.annotations.Nullable Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                file.toFile().deleteOnExit();
            }
        }
    }
}
