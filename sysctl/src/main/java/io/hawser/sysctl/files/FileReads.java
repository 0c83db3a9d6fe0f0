package io.hawser.sysctl.files;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.files.UnreadableFileException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads files that others write: regular ones only, no more of them than was asked for, and no longer than something
 * comes. Any thread that may wait as long as the deadline; an interrupt ends the waiting at once.
 */
public final class FileReads {

    /*
     * A file on a disk that stalls, or on a file server that is gone, holds the thread that opens, reads or only looks at
     * it, for hours, and nothing wakes it. So each file is touched by a thread made for that, and the one that asked waits
     * no longer than it wants to. A thread that does not come back is left behind; until it does, its file is refused at
     * once, so one file costs one thread, however often it is asked for.
     *
     * A FIFO would hold its reader in the same way, and a device may have no end. Whether a file is a regular one is looked
     * at before it is opened; who swaps it in between gains one thread left behind.
     */

    /** What a certificate, a key, a token or any other small file may have. */
    public static final int MOST_BYTES = 1 << 20;

    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int MOST_OVERDUE = 64;
    private static final long STACK_BYTES = 256 << 10;
    private static final FileReads STANDARD = new FileReads(DEADLINE, _ -> {});

    private final Duration deadline;
    private final Consumer<Path> beforeEach;
    private final Map<Path, Reading<?>> overdue = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform()
                    .daemon()
                    .name("file-reader")
                    .stackSize(STACK_BYTES)
                    .factory());

    /** Makes something of what a file holds, on a thread of {@link FileReads}; what it makes may be discarded. */
    @FunctionalInterface
    public interface Content<T> {
        /**
         * Reads.
         *
         * @param in everything that may be read of the file; each byte that comes starts the deadline anew
         */
        T from(InputStream in) throws IOException;
    }

    /** Asks the file system for something other than content. */
    @FunctionalInterface
    public interface Question<T> {
        /** Asks. */
        T ask() throws IOException;
    }

    /**
     * One with a deadline of its own.
     *
     * @param deadline how long to wait while nothing comes
     * @param beforeEach run on the thread that touches a file before it does
     */
    public FileReads(Duration deadline, Consumer<Path> beforeEach) {
        this.deadline = requireNonNull(deadline, "deadline");
        this.beforeEach = requireNonNull(beforeEach, "beforeEach");
    }

    /** The one of this process. */
    public static FileReads standard() {
        return STANDARD;
    }

    /** All bytes of a file, at most {@link #MOST_BYTES}. */
    public byte[] bytes(Path file) throws UnreadableFileException {
        return read(file, MOST_BYTES, InputStream::readAllBytes);
    }

    /**
     * What is made of the bytes of a file.
     *
     * @param most how many there may be
     */
    public <T> T read(Path file, long most, Content<T> content) throws UnreadableFileException {
        return await(file, progress -> {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw new UnreadableFileException(Reason.DIRECTORY, "it is a directory");
            }
            if (!attributes.isRegularFile()) {
                throw new UnreadableFileException(Reason.NOT_REGULAR, "it is not a regular file");
            }
            if (attributes.size() > most) {
                // Else a reader would be busy for as long as the first so many bytes take.
                throw tooLarge(most);
            }
            try (InputStream in = new Limited(Files.newInputStream(file), most, progress)) {
                return content.from(in);
            }
        });
    }

    /** What the file system answers about a file. */
    public <T> T ask(Path file, Question<T> question) throws UnreadableFileException {
        return await(file, _ -> question.ask());
    }

    /**
     * What changes when a file does: device, inode, size and time of the last change of what a path leads to; in place of
     * it, why there is none.
     */
    public String stamp(Path file) {
        try {
            return ask(file, () -> {
                Map<String, Object> read = Files.readAttributes(file, "unix:dev,ino,size,ctime");
                return read.get("dev") + " " + read.get("ino") + " " + read.get("size") + " " + read.get("ctime");
            });
        } catch (UnreadableFileException e) {
            return e.reason().toString();
        }
    }

    /** Threads that have not come back. */
    public int overdue() {
        return overdue.size();
    }

    private interface Task<T> {
        T run(Progress progress) throws IOException;
    }

    private <T> T await(Path file, Task<T> task) throws UnreadableFileException {
        if (overdue.containsKey(file)) {
            throw new UnreadableFileException(
                    Reason.SLOW, "an earlier attempt to read it is still blocked: check its disk or file server");
        }
        if (overdue.size() >= MOST_OVERDUE) {
            throw new UnreadableFileException(
                    Reason.SLOW, MOST_OVERDUE + " attempts to read other files are still blocked: check their disks");
        }
        Reading<T> reading = new Reading<>(file, task, new Progress());
        threads.execute(reading);
        return reading.await();
    }

    /** One access to one file. */
    private final class Reading<T> extends FutureTask<T> {
        private final Path file;
        private final Progress progress;
        private volatile boolean isAbandoned;

        Reading(Path file, Task<T> task, Progress progress) {
            super(() -> {
                beforeEach.accept(file);
                return task.run(progress);
            });
            this.file = file;
            this.progress = progress;
        }

        T await() throws UnreadableFileException {
            long wait = deadline.toNanos();
            while (true) {
                try {
                    return get(wait, TimeUnit.NANOSECONDS);
                } catch (TimeoutException _) {
                    long silent = System.nanoTime() - progress.movedAt;
                    if (silent >= deadline.toNanos()) {
                        abandon();
                        throw new UnreadableFileException(
                                Reason.SLOW,
                                "reading it got no data for " + deadline.toMillis()
                                        + " ms: check its disk or file server");
                    }
                    wait = deadline.toNanos() - silent;
                } catch (InterruptedException _) {
                    abandon();
                    Thread.currentThread().interrupt();
                    throw new UnreadableFileException(Reason.INTERRUPTED, "reading it was interrupted");
                } catch (ExecutionException e) {
                    throw unreadable(e.getCause());
                }
            }
        }

        private void abandon() {
            isAbandoned = true;
            overdue.put(file, this);
            if (isDone()) {
                done();
            }
        }

        /** Nobody waits for what comes now; it may be a key, or hold memory of its own. */
        @Override
        protected void done() {
            if (isAbandoned) {
                overdue.remove(file, this);
                discard();
            }
        }

        private void discard() {
            try {
                Object result = resultNow();
                switch (result) {
                    case byte[] bytes -> Arrays.fill(bytes, (byte) 0);
                    case AutoCloseable closeable -> closeable.close();
                    case null, default -> {}
                }
            } catch (Exception _) {
                // It failed, or was closed already: there is nothing to discard.
            }
        }
    }

    /** When something came last. */
    private static final class Progress {
        private volatile long movedAt = System.nanoTime();

        void moved() {
            movedAt = System.nanoTime();
        }
    }

    private static UnreadableFileException unreadable(@Nullable Throwable cause) {
        return switch (cause) {
            case UnreadableFileException known -> known;
            case NoSuchFileException _ -> new UnreadableFileException(Reason.MISSING, "no such file");
            case AccessDeniedException _ -> new UnreadableFileException(Reason.FORBIDDEN, "permission denied");
            case IOException e -> new UnreadableFileException(Reason.FAILED, String.valueOf(e.getMessage()));
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> throw new IllegalStateException("reading a file failed", cause);
        };
    }

    private static UnreadableFileException tooLarge(long most) {
        String inWords = most % (1 << 20) == 0 ? (most >> 20) + " MiB" : most + " bytes";
        return new UnreadableFileException(Reason.TOO_LARGE, "it is larger than " + inWords);
    }

    /** Ends a file that is larger than it may be, and notes that something came. */
    private static final class Limited extends InputStream {
        private final InputStream in;
        private final long most;
        private final Progress progress;
        private long left;

        Limited(InputStream in, long most, Progress progress) {
            this.in = in;
            this.most = most;
            this.progress = progress;
            this.left = most;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            int count = in.read(into, from, length);
            progress.moved();
            left -= Math.max(0, count);
            if (left < 0) {
                throw tooLarge(most);
            }
            return count;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
