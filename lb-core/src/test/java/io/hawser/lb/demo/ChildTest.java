package io.hawser.lb.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ChildTest {
    @TempDir
    Path directory;

    /**
     * As keepalived does, the last child is told by the kernel when its parent dies. Two hundred others are between the two when they are
     * killed, so that it has the time to say goodbye.
     */
    @Test
    @Timeout(300)
    void whatIsKilledHasNoTimeToSayGoodbye() throws Exception {
        Path log = directory.resolve("log");
        String goodbye =
                "exec setpriv --pdeathsig TERM perl -e '$SIG{TERM} = sub { print \"goodbye\\n\"; exit }; $| = 1;"
                        + " print \"ready\\n\"; sleep 1 while 1'";
        Child child = Child.start(
                "parent",
                List.of(
                        "/bin/sh",
                        "-c",
                        "i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; (" + goodbye + ") & wait"),
                log);
        try {
            Await.until(() -> said(log).contains("ready"));
            child.signalAll("KILL");
            assertTrue(child.awaitEnd(10_000));
        } finally {
            child.destroy();
        }
        assertEquals("ready\n", said(log));
    }

    private static String said(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
