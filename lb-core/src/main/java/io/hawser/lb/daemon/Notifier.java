package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.hawser.vrrp.VrrpListener;
import io.hawser.vrrp.VrrpListener.Transition;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the commands of {@code notify} when a virtual router changes its state: for each router on a thread of its own, one
 * after the other and in order, so that a command that hangs or fails delays nothing but the later ones of its router.
 * Any thread.
 */
final class Notifier implements AutoCloseable {

    /*
     * A platform thread starts the processes, of normal priority as whoever made it: what it starts must inherit neither
     * the real-time priority of the vrrp thread nor its patience with everybody else. Memory locks are not inherited.
     *
     * The output is taken while there is some, not until its end: a command may leave a daemon behind that keeps the
     * pipe open for ever.
     */

    /** How long a command may run before it is killed together with what it started. */
    static final Duration LIMIT = Duration.ofSeconds(10);

    /** Changes of one router that may wait for its commands; of more, the older ones are left out. */
    static final int WAITING = 16;

    /** Bytes of a command's output that are logged; the rest is read and thrown away. */
    static final int OUTPUT_KEPT = 2_000;

    private static final Logger log = LoggerFactory.getLogger(Notifier.class);
    private static final Duration LAST_COMMANDS = Duration.ofSeconds(5);
    private static final long LOOK_MILLIS = 10;

    /** What became of a command; the label is stable. Immutable. */
    enum Outcome {
        /** It ended with exit status 0. */
        OK,
        /** It ended with another exit status. */
        FAILED,
        /** It ran for too long and was killed. */
        TIMEOUT,
        /** It could not be started. */
        NOT_STARTED,
        /** It was not run, because newer changes had to wait already. */
        SKIPPED;

        String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** A router and what became of its commands, for counting. Immutable. */
    record Count(String router, Outcome outcome) {}

    /** Hears of commands that did not end well, on the thread that ran them. */
    @FunctionalInterface
    interface Failures {
        /**
         * A command did not end well.
         *
         * @param text what was run, and what happened
         */
        void failed(String router, String text);
    }

    private final Failures failures;
    private final Duration limit;
    private final Map<Count, LongAdder> counts = new ConcurrentHashMap<>();
    private final Map<String, Queue> queues = new HashMap<>();
    private Map<String, List<List<String>>> commands = Map.of();
    private boolean isClosed;

    /**
     * A notifier without commands.
     *
     * @param limit how long a command may run, such as {@link #LIMIT}
     */
    Notifier(Duration limit, Failures failures) {
        this.limit = requireNonNull(limit, "limit");
        this.failures = requireNonNull(failures, "failures");
    }

    /** Takes the commands of each router, as words; those under way are not disturbed. */
    synchronized void use(Map<String, List<List<String>>> wanted) {
        commands = Map.copyOf(wanted);
        // A router that is gone still tells that it stopped.
        queues.forEach((router, queue) -> queue.commands(commands.getOrDefault(router, queue.commands())));
    }

    /** A listener that hands everything on, and runs commands at changes of state. */
    VrrpListener around(VrrpListener listener) {
        return new VrrpListener() {
            @Override
            public void moved(Transition transition) {
                listener.moved(transition);
                Notifier.this.moved(transition);
            }

            @Override
            public void alarmed(Alarm alarm) {
                listener.alarmed(alarm);
            }

            @Override
            public void released(Set<InetAddress> addresses) {
                listener.released(addresses);
            }

            @Override
            public void ticked(long lateNanos) {
                listener.ticked(lateNanos);
            }
        };
    }

    /** Runs the router's commands for this change, after those for earlier ones; returns at once. */
    synchronized void moved(Transition transition) {
        List<List<String>> own = commands.getOrDefault(transition.router(), List.of());
        Queue queue = queues.get(transition.router());
        if (isClosed || (own.isEmpty() && queue == null)) {
            return;
        }
        if (queue == null) {
            queue = new Queue(transition.router(), own);
            queues.put(transition.router(), queue);
        }
        queue.add(transition);
    }

    /** How often what became of commands, since the start. */
    Map<Count, Long> counts() {
        Map<Count, Long> now = new HashMap<>();
        counts.forEach((key, count) -> now.put(key, count.sum()));
        return now;
    }

    private void count(String router, Outcome outcome) {
        counts.computeIfAbsent(new Count(router, outcome), absent -> new LongAdder())
                .increment();
    }

    /** Waits a moment for the commands that tell of the end, then kills what still runs. */
    @Override
    public void close() {
        List<Queue> open;
        synchronized (this) {
            isClosed = true;
            open = List.copyOf(queues.values());
        }
        open.forEach(Queue::end);
        long endAt = System.nanoTime() + LAST_COMMANDS.toNanos();
        for (Queue queue : open) {
            queue.awaitEnd(endAt);
        }
    }

    /** The changes of one router that wait, and the thread that works them off. */
    private final class Queue {
        private final String router;
        private final Deque<Transition> waiting = new ArrayDeque<>();
        private final Thread thread;
        private List<List<String>> commands;
        private boolean isEnding;

        Queue(String router, List<List<String>> commands) {
            this.router = router;
            this.commands = commands;
            thread = Thread.ofPlatform().daemon().name("notify-" + router).start(this::run);
        }

        synchronized List<List<String>> commands() {
            return commands;
        }

        synchronized void commands(List<List<String>> wanted) {
            commands = wanted;
        }

        synchronized void add(Transition transition) {
            if (waiting.size() >= WAITING) {
                waiting.removeFirst();
                commands.forEach(skipped -> count(router, Outcome.SKIPPED));
            }
            waiting.addLast(transition);
            notifyAll();
        }

        synchronized void end() {
            isEnding = true;
            notifyAll();
        }

        void awaitEnd(long endAt) {
            try {
                thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(endAt - System.nanoTime())));
                if (thread.isAlive()) {
                    // It kills its command and ends.
                    thread.interrupt();
                    thread.join(1_000);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private synchronized @Nullable Transition next() throws InterruptedException {
            while (waiting.isEmpty() && !isEnding) {
                wait();
            }
            return waiting.pollFirst();
        }

        private void run() {
            try {
                Transition transition;
                while ((transition = next()) != null) {
                    for (List<String> command : commands()) {
                        Notifier.this.run(command, transition);
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run(List<String> command, Transition transition) throws InterruptedException {
        List<String> words = new ArrayList<>(command);
        words.addAll(List.of(transition.router(), transition.to().label(), Integer.toString(transition.priority())));
        var builder = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.environment().put("HAWSER_ROUTER", transition.router());
        builder.environment().put("HAWSER_STATE", transition.to().label());
        builder.environment().put("HAWSER_PRIORITY", Integer.toString(transition.priority()));
        builder.environment().put("HAWSER_CAUSE", transition.cause());
        long startedAt = System.nanoTime();
        try {
            Process process = builder.start();
            end(transition.router(), words, process, startedAt);
        } catch (IOException e) {
            failures.failed(
                    transition.router(),
                    "the command " + String.join(" ", words) + " could not be started: " + e.getMessage()
                            + "; it needs to be an executable file");
            count(transition.router(), Outcome.NOT_STARTED);
        }
    }

    private void end(String router, List<String> words, Process process, long startedAt) throws InterruptedException {
        var output = new ByteArrayOutputStream();
        boolean inTime;
        try {
            inTime = await(process, output, startedAt);
        } catch (InterruptedException e) {
            kill(process);
            throw e;
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedAt);
        String said = output.toString(UTF_8).strip();
        String all = String.join(" ", words);
        if (!inTime) {
            kill(process);
            failures.failed(
                    router, "the command " + all + " was killed after " + millis + " ms, the limit" + quoted(said));
            count(router, Outcome.TIMEOUT);
        } else if (process.exitValue() != 0) {
            failures.failed(
                    router,
                    "the command " + all + " ended with exit status " + process.exitValue() + " after " + millis + " ms"
                            + quoted(said));
            count(router, Outcome.FAILED);
        } else {
            count(router, Outcome.OK);
            log.atInfo()
                    .addKeyValue("router", router)
                    .addKeyValue("command", all)
                    .addKeyValue("millis", millis)
                    .addKeyValue("output", said)
                    .log("notify command done");
        }
    }

    private static String quoted(String said) {
        return said.isEmpty() ? "" : ": " + said;
    }

    private boolean await(Process process, ByteArrayOutputStream output, long startedAt) throws InterruptedException {
        try (InputStream from = process.getInputStream()) {
            boolean ended = false;
            while (!ended && System.nanoTime() - startedAt < limit.toNanos()) {
                ended = process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                drain(from, output);
            }
            return ended;
        } catch (IOException e) {
            log.atDebug().setCause(e).log("reading a notify command's output failed");
            return process.waitFor(
                    Math.max(0, limit.toNanos() - (System.nanoTime() - startedAt)), TimeUnit.NANOSECONDS);
        }
    }

    private static void drain(InputStream from, ByteArrayOutputStream output) throws IOException {
        byte[] some = new byte[8_192];
        // At most what a pipe holds by default: a command that writes without end must still be looked at in time.
        for (int i = 0; i < 8 && from.available() > 0; i++) {
            int n = from.read(some, 0, Math.min(some.length, from.available()));
            int room = OUTPUT_KEPT - output.size();
            if (n > 0 && room > 0) {
                output.write(some, 0, Math.min(n, room));
            }
        }
    }

    /** Kills a process and what it started; its family is looked up first, for those of a dead parent are nobody's. */
    private static void kill(Process process) {
        List<ProcessHandle> family = process.descendants().toList();
        process.destroyForcibly();
        family.forEach(ProcessHandle::destroyForcibly);
    }
}
