package io.hawser.lb.admin;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a line for each connection that it is given, on a thread of its own named "access-log". {@link #add} is called on
 * event loops and returns at once: while the destination does not keep up, lines are dropped and counted.
 */
public final class AccessLog implements AutoCloseable {
    /** Lines that may wait, some seconds of a busy node; each takes a few hundred bytes. */
    public static final int CAPACITY = 16_384;

    private static final Logger log = LoggerFactory.getLogger(AccessLog.class);
    private static final int AT_ONCE = 256;
    private static final long LAST_LINES_MILLIS = 1_000;

    private final OutputStream out;
    private final BlockingQueue<AccessLine> waiting;
    private final LongAdder written = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final Thread thread = new Thread(this::run, "access-log");
    private volatile boolean isClosing;

    /**
     * Starts to write.
     *
     * @param out where to; each write is of whole lines; it stays the caller's
     * @param capacity lines that may wait, at least 1
     */
    public AccessLog(OutputStream out, int capacity) {
        this.out = requireNonNull(out, "out");
        waiting = new ArrayBlockingQueue<>(capacity);
        thread.setDaemon(true);
        thread.start();
    }

    /** Takes a line to be written, or drops it when too many wait. */
    public void add(AccessLine line) {
        if (!waiting.offer(line)) {
            dropped.increment();
        }
    }

    /** Lines written up to now. */
    long written() {
        return written.sum();
    }

    /** Lines dropped up to now, because the destination did not keep up or failed. */
    long dropped() {
        return dropped.sum();
    }

    /** Shows what it counts. */
    public void register(MetricFamilies families) {
        families.counter("hawser_access_log_lines", "Lines of the access log", rows -> rows.count(written()));
        families.counter(
                "hawser_access_log_dropped",
                "Lines of the access log that were dropped because its destination did not keep up",
                rows -> rows.count(dropped()));
    }

    private void run() {
        List<AccessLine> batch = new ArrayList<>(AT_ONCE);
        boolean isFailing = false;
        try {
            while (!isClosing || !waiting.isEmpty()) {
                batch.clear();
                batch.add(waiting.take());
                waiting.drainTo(batch, AT_ONCE - 1);
                isFailing = !write(batch, isFailing);
            }
        } catch (InterruptedException e) {
            // Closed while nothing waited.
        }
    }

    private boolean write(List<AccessLine> batch, boolean wasFailing) {
        var bytes = new ByteArrayOutputStream(AT_ONCE * 256);
        for (AccessLine line : batch) {
            bytes.writeBytes(line.json());
            bytes.write('\n');
        }
        try {
            out.write(bytes.toByteArray());
            out.flush();
            written.add(batch.size());
            return true;
        } catch (IOException e) {
            dropped.add(batch.size());
            if (!wasFailing) {
                log.atWarn()
                        .setCause(e)
                        .log("writing the access log failed; its lines are dropped until it works again");
            }
            return false;
        }
    }

    /** Writes what waits, for at most a second, and ends. */
    @Override
    public void close() {
        isClosing = true;
        if (waiting.isEmpty()) {
            thread.interrupt();
        }
        try {
            thread.join(LAST_LINES_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }
}
