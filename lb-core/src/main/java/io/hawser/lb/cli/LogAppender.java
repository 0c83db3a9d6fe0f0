package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Writes log lines on a thread of its own, named {@code log}: a reader of standard output that stalls must not stall the
 * thread that keeps the address. Lines that find the queue full are counted and dropped. Any thread may log.
 */
final class LogAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private static final int LINES_AT_ONCE = 256;
    private static final long LAST_WORDS_MILLIS = 1_000;

    private final Supplier<PrintStream> out;
    private final BlockingQueue<byte[]> queue;
    private final AtomicLong dropped = new AtomicLong();
    private final Thread writer = Thread.ofPlatform().daemon().name("log").unstarted(this::write);
    private volatile LogFormat format;
    private volatile boolean isStopping;

    /**
     * An appender that is not started yet.
     *
     * @param out asked at each write, as it may be replaced
     * @param capacity lines that may wait
     */
    LogAppender(LogFormat format, Supplier<PrintStream> out, int capacity) {
        this.format = format;
        this.out = out;
        queue = new ArrayBlockingQueue<>(capacity);
        setName("out");
    }

    void format(LogFormat wanted) {
        format = wanted;
    }

    @Override
    public void start() {
        super.start();
        writer.start();
    }

    /** Writes what waits, for at most a second; what is logged later is lost. */
    @Override
    public void stop() {
        if (!isStarted()) {
            return;
        }
        super.stop();
        isStopping = true;
        writer.interrupt();
        try {
            writer.join(LAST_WORDS_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (!queue.offer(LogLine.of(format, event))) {
            dropped.incrementAndGet();
        }
    }

    private void write() {
        List<byte[]> lines = new ArrayList<>(LINES_AT_ONCE);
        while (!isStopping || !queue.isEmpty()) {
            try {
                lines.add(queue.take());
            } catch (InterruptedException e) {
                // Told to stop; what waits is written first.
                continue;
            }
            queue.drainTo(lines, LINES_AT_ONCE - 1);
            writeOut(lines);
            lines.clear();
        }
    }

    private void writeOut(List<byte[]> lines) {
        var bytes = new ByteArrayOutputStream();
        lines.forEach(bytes::writeBytes);
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
            bytes.writeBytes(
                    ("log lines dropped, as standard output was not read: count=" + lost + "\n").getBytes(UTF_8));
        }
        PrintStream stream = out.get();
        stream.write(bytes.toByteArray(), 0, bytes.size());
        stream.flush();
    }
}
