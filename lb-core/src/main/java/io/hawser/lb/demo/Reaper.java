package io.hawser.lb.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A shell that outlives this process to clean up when it is killed: it waits for the end of its standard input, which only a dead parent does not
 * announce. Any thread.
 */
final class Reaper implements AutoCloseable {
    private final Process shell;

    private Reaper(Process shell) {
        this.shell = shell;
    }

    /** Removes the namespaces that start with {@code prefix} and what runs in them. */
    static Reaper ofNamespaces(String prefix) {
        return start("for n in $(ip netns list | sed -n 's/^\\(" + prefix + "-[a-z0-9]*\\).*/\\1/p'); do "
                + Network.removal("\"$n\"") + "; done");
    }

    /** Kills a process, if it is still the one that was started with {@code HAWSER_DEMO=mark} in its environment. */
    static Reaper ofProcess(long pid, String mark) {
        return start(
                "grep -qzx HAWSER_DEMO=%1$s /proc/%2$d/environ 2>/dev/null && kill -KILL %2$d".formatted(mark, pid));
    }

    private static Reaper start(String cleaning) {
        try {
            return new Reaper(Tool.builder(List.of(
                            "/bin/sh",
                            "-c",
                            // Ctrl-C reaches the whole group; only the end of the parent counts here.
                            "trap '' INT TERM HUP; read -r word; [ \"$word\" = done ] || { " + cleaning + "; }"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start());
        } catch (IOException e) {
            throw DemoException.failed("start of /bin/sh: " + e.getMessage());
        }
    }

    /** The cleaning has been done already. */
    @Override
    public void close() {
        try (OutputStream in = shell.getOutputStream()) {
            in.write("done\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // It is gone, and had nothing to do.
        }
    }
}
