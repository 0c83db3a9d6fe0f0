package io.hawser.sysctl.linux;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Standard output or error of a process that must not stand still because nobody reads it: the descriptor itself never
 * waits, and who writes here does. Any thread; writers wait for each other.
 */
public final class StandardStream extends OutputStream {
    /*
     * The JVM writes to these descriptors by itself: thread dumps (kill -3), warnings, its last words. It does so while every
     * thread is stopped, so a full pipe whose reader sleeps (a log shipper, the shim of a container) would stop the process for
     * as long, TERM included. On a descriptor that does not wait it loses what does not fit and goes on. What the process itself
     * has to say goes through here and waits, on the thread of whoever says it.
     *
     * O_NONBLOCK belongs to the open file, which others may share: a pipe is opened once more, which gives a file of our own. A
     * socket cannot be; one that is standard output was made for this process (systemd's journal). Files do not make anybody
     * wait like this, and a terminal belongs to whoever sits there.
     */
    private static final int O_WRONLY = 1;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int KIND = 0xF000;
    private static final int FIFO = 0x1000;
    private static final int SOCKET = 0xC000;

    /** Room for a few thread dumps; more than this takes a privilege (pipe(7)). */
    private static final int PIPE = 1 << 20;

    private static final int CHUNK = 8 * 1024;
    private static final short POLLOUT = 4;

    private final int fd;
    private final NativeBuffer chunk = new NativeBuffer(CHUNK);
    private final NativeBuffer slot = new NativeBuffer(8);

    private StandardStream(int fd) {
        this.fd = fd;
    }

    /** Standard output, which waits for nobody from now on; once a process. */
    public static StandardStream out() {
        return patient(1);
    }

    /** Standard error, which waits for nobody from now on; once a process. */
    public static StandardStream error() {
        return patient(2);
    }

    private static StandardStream patient(int fd) {
        Path file = Path.of("/proc/self/fd/" + fd);
        int kind = kind(file);
        if (kind == FIFO) {
            int own = Libc.open(file.toString(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
            if (own >= 0) {
                // A smaller pipe than wanted only loses more of a dump that nobody reads.
                Libc.fcntl(own, F_SETPIPE_SZ, PIPE);
                Libc.dup3(own, fd, 0);
                Libc.close(own);
            } else {
                doNotWait(fd);
            }
        } else if (kind == SOCKET) {
            doNotWait(fd);
        }
        return new StandardStream(fd);
    }

    private static int kind(Path file) {
        try {
            return Files.getAttribute(file, "unix:mode") instanceof Integer mode ? mode & KIND : 0;
        } catch (IOException e) {
            return 0; // closed, or no /proc: it stays as it is
        }
    }

    private static void doNotWait(int fd) {
        int flags = Libc.fcntl(fd, F_GETFL, 0);
        if (flags >= 0) {
            Libc.fcntl(fd, F_SETFL, flags | O_NONBLOCK);
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) throws IOException {
        Objects.checkFromIndexSize(from, length, bytes.length);
        int done = 0;
        while (done < length) {
            int size = Math.min(CHUNK, length - done);
            chunk.bytes().put(0, bytes, from + done, size);
            int written = (int) Libc.write(fd, chunk, size);
            if (written >= 0) {
                done += written;
            } else if (written == -Errno.EAGAIN) {
                awaitRoom();
            } else if (written != -Errno.EINTR) {
                throw new IOException("write(fd=" + fd + ") failed: " + Errno.text(-written));
            }
        }
    }

    private void awaitRoom() {
        slot.bytes().putInt(0, fd).putShort(4, POLLOUT).putShort(6, (short) 0);
        Libc.ppoll(slot, 1, null);
    }
}
