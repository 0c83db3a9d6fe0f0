package io.hawser.benchmarks.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command that is run to its end. One thread. */
final class Tool {
    private static final long LONGEST_SECONDS = 180;

    private final List<String> command = new ArrayList<>();

    Tool(String... command) {
        this.command.addAll(List.of(command));
    }

    Tool with(List<String> more) {
        command.addAll(more);
        return this;
    }

    /**
     * Runs it; waits.
     *
     * @param directory where, and where its output goes meanwhile
     * @return what it printed, errors included
     * @throws CompareException when it fails or takes longer than three minutes
     */
    String run(Path directory) {
        Path output = directory.resolve("tool-" + Thread.currentThread().threadId() + ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                Proc.end(process);
                throw new CompareException(command + " did not end within " + LONGEST_SECONDS + " s");
            }
            String printed = Files.readString(output, StandardCharsets.UTF_8);
            if (process.exitValue() != 0) {
                throw new CompareException(command + " failed with " + process.exitValue() + ": " + printed.strip());
            }
            return printed;
        } catch (IOException e) {
            throw new CompareException(command.getFirst() + " cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompareException("interrupted while " + command.getFirst() + " ran", e);
        }
    }
}
