package io.hawser.sysctl.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.files.UnreadableFileException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class FileReadsTest {
    private static final Duration LONG = Duration.ofDays(1);
    private static final Duration SHORT = Duration.ofMillis(20);

    @TempDir
    Path directory;

    private final Map<Path, CountDownLatch> stalled = new ConcurrentHashMap<>();

    /** One whose accesses to some files do not come back until the latch says so. */
    private FileReads stalling(Duration deadline) {
        return new FileReads(deadline, file -> {
            CountDownLatch latch = stalled.get(file);
            if (latch != null) {
                try {
                    latch.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }

    private static Reason refused(FileReads reads, Path file) {
        return assertThrows(UnreadableFileException.class, () -> reads.bytes(file))
                .reason();
    }

    @Test
    void aRegularFileIsReadAlsoThroughALink() throws Exception {
        Path file = file("real", "content");
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertArrayEquals("content".getBytes(), FileReads.standard().bytes(link));
    }

    @Test
    void whatIsNoRegularFileIsNotOpened() throws Exception {
        Path fifo = directory.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        UnreadableFileException e =
                assertThrows(UnreadableFileException.class, () -> stalling(LONG).bytes(fifo));
        assertEquals(Reason.NOT_REGULAR, e.reason());
        assertEquals("it is not a regular file", e.getMessage());
        assertEquals(Reason.NOT_REGULAR, refused(stalling(LONG), Path.of("/dev/zero")));
        assertEquals(Reason.DIRECTORY, refused(stalling(LONG), directory));
        assertEquals(Reason.MISSING, refused(stalling(LONG), directory.resolve("none")));
    }

    @Test
    void aFileMayHaveAsManyBytesAsWereAskedForAndNoMore() throws Exception {
        Path file = file("ten", "0123456789");
        assertEquals(10, FileReads.standard().read(file, 10, InputStream::readAllBytes).length);
        UnreadableFileException e = assertThrows(
                UnreadableFileException.class, () -> FileReads.standard().read(file, 9, in -> in.readAllBytes()));
        assertEquals(Reason.TOO_LARGE, e.reason());
        assertEquals("it is larger than 9 bytes", e.getMessage());
    }

    /** The deadline decides, the file is refused at once while the reader is away, others are read, and all is well when it is back. */
    @Test
    void aReaderThatDoesNotComeBackIsLeftBehindOnceForEachFile() throws Exception {
        Path dead = file("dead", "x");
        Path live = file("live", "y");
        CountDownLatch back = new CountDownLatch(1);
        stalled.put(dead, back);
        FileReads reads = stalling(SHORT);
        for (int i = 0; i < 3; i++) {
            assertEquals(Reason.SLOW, refused(reads, dead));
            assertEquals(1, reads.overdue());
        }
        assertEquals("SLOW", reads.stamp(dead));
        assertArrayEquals("y".getBytes(), stalling(LONG).bytes(live));

        stalled.clear();
        back.countDown();
        while (reads.overdue() > 0) {
            Thread.onSpinWait();
        }
        FileReads patient = stalling(LONG);
        assertArrayEquals("x".getBytes(), patient.bytes(dead));
    }

    @Test
    void anInterruptEndsTheWaitingAndNotTheReader() throws Exception {
        Path dead = file("dead", "x");
        CountDownLatch back = new CountDownLatch(1);
        stalled.put(dead, back);
        FileReads reads = stalling(LONG);
        var told = new SynchronousQueue<Reason>();
        Thread asking = Thread.ofPlatform().start(() -> {
            Reason reason = refused(reads, dead);
            assertTrue(Thread.interrupted());
            try {
                told.put(reason);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        asking.interrupt();
        assertEquals(Reason.INTERRUPTED, told.take());
        assertEquals(1, reads.overdue());
        back.countDown();
    }

    @Test
    void whatComesTooLateMayBeAKeyAndIsWiped() throws Exception {
        Path dead = file("dead", "secret");
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch back = new CountDownLatch(1);
        byte[][] late = new byte[1][];
        FileReads reads = new FileReads(SHORT, _ -> {});
        assertThrows(
                UnreadableFileException.class,
                () -> reads.read(dead, 100, in -> {
                    begun.countDown();
                    try {
                        back.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    late[0] = in.readAllBytes();
                    return late[0];
                }));
        begun.await();
        back.countDown();
        while (reads.overdue() > 0) {
            Thread.onSpinWait();
        }
        while (late[0][5] != 0) {
            Thread.onSpinWait();
        }
        assertArrayEquals(new byte[6], late[0]);
    }

    @Test
    void aChangeOfContentOrOwnerChangesTheStamp() throws Exception {
        Path file = file("file", "one");
        String before = FileReads.standard().stamp(file);
        assertEquals(before, FileReads.standard().stamp(file));
        Files.delete(file);
        assertEquals("MISSING", FileReads.standard().stamp(file));
        Files.move(file("other", "one"), file);
        assertNotEquals(before, FileReads.standard().stamp(file));
        assertFalse(before.isEmpty());
    }

    @Test
    void theFileSystemIsAskedInTheSameWay() throws Exception {
        Path file = file("file", "x");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertEquals(
                PosixFilePermissions.fromString("rw-------"),
                FileReads.standard().ask(file, () -> Files.getPosixFilePermissions(file)));
    }
}
