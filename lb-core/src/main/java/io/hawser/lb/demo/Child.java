package io.hawser.lb.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One process that the demo started, with its log. One thread at a time. */
final class Child {
    private final String name;
    private final Process process;
    private final OutputStream stdin;

    private Child(String name, Process process) {
        this.name = name;
        this.process = process;
        this.stdin = process.getOutputStream();
    }

    /** Starts a command whose output is appended to {@code log}; its standard input ends when this process does. */
    static Child start(String name, List<String> command, Path log) {
        try {
            Process process = Tool.builder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            return new Child(name, process);
        } catch (IOException e) {
            throw DemoException.failed(
                    "start of %s (%s): %s".formatted(name, String.join(" ", command), e.getMessage()));
        }
    }

    String name() {
        return name;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    int exitValue() {
        return process.exitValue();
    }

    /** Sends a signal ({@code TERM}, {@code KILL}, {@code STOP}, {@code CONT}) to the process alone. */
    void signal(String signal) {
        send(signal, Stream.of(process.toHandle()));
    }

    /**
     * Sends a signal to the process and everything it has started. What is killed is stopped first: nothing of it does anything between
     * the first death and the last, as a child of keepalived would, which says goodbye when its parent dies.
     */
    void signalAll(String signal) {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        if (signal.equals("KILL")) {
            send("STOP", all.stream());
        }
        send(signal, all.stream());
    }

    private static void send(String signal, Stream<ProcessHandle> targets) {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "kill -\"$0\" \"$@\"", signal));
        targets.filter(ProcessHandle::isAlive).forEach(p -> command.add(Long.toString(p.pid())));
        if (command.size() > 4) {
            Tool.attempt(command.toArray(String[]::new));
        }
    }

    /** Waits for the end; false when it is still running after {@code millis}. */
    boolean awaitEnd(long millis) {
        try {
            return process.waitFor(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Kills the process and what it has started, and closes its standard input. */
    void destroy() {
        signalAll("KILL");
        awaitEnd(2_000);
        endInput();
    }

    /** Closes the process's standard input. */
    void endInput() {
        try {
            stdin.close();
        } catch (IOException e) {
            // The pipe broke with the process: there is nothing left to close.
        }
    }
}
