package io.hawser.lb.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Watches from outside, through {@code ip monitor} in a node's namespace, when the kernel there holds the virtual address: it sees a frozen or
 * killed node's address too. Start it before anything can add the address. Any thread may ask.
 */
final class AddressWatch implements AutoCloseable {
    /** A stretch of time with the address; {@code endAt} is null while it lasts. */
    record Held(long startAt, @Nullable Long endAt) {}

    private final String needle;
    private final Process monitor;
    private final List<Held> stretches = new ArrayList<>();

    private AddressWatch(String address, Process monitor) {
        this.needle = " " + address + "/";
        this.monitor = monitor;
    }

    static AddressWatch start(Network network, String host, String address) {
        try {
            Process monitor = Tool.builder(network.exec(host, List.of("ip", "-o", "monitor", "address")))
                    .redirectErrorStream(true)
                    .start();
            AddressWatch watch = new AddressWatch(address, monitor);
            Thread.ofPlatform().name("address-watch-" + host).daemon().start(watch::read);
            return watch;
        } catch (IOException e) {
            throw DemoException.failed("ip monitor address in %s: %s".formatted(host, e.getMessage()));
        }
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(monitor.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains(needle)) {
                    note(!line.startsWith("Deleted"), System.nanoTime());
                }
            }
        } catch (IOException e) {
            // The monitor was killed: nothing more can be seen.
        }
    }

    private synchronized void note(boolean present, long at) {
        Held last = stretches.isEmpty() ? null : stretches.getLast();
        boolean holds = last != null && last.endAt() == null;
        // A renewal of the lifetime is announced like a new address.
        if (present && !holds) {
            stretches.add(new Held(at, null));
        } else if (!present && last != null && holds) {
            stretches.set(stretches.size() - 1, new Held(last.startAt(), at));
        }
    }

    /** Whether the node has the address now. */
    synchronized boolean holds() {
        return !stretches.isEmpty() && stretches.getLast().endAt() == null;
    }

    /** Since when the node has the address without a break, or null when it has not got it. */
    synchronized @Nullable Long since() {
        return holds() ? stretches.getLast().startAt() : null;
    }

    private synchronized List<Held> stretches() {
        return List.copyOf(stretches);
    }

    /** How long both nodes had the address between two moments. */
    static Duration together(AddressWatch one, AddressWatch other, long fromAt, long toAt) {
        return together(one.stretches(), other.stretches(), fromAt, toAt);
    }

    static Duration together(List<Held> one, List<Held> other, long fromAt, long toAt) {
        long nanos = 0;
        for (Held a : one) {
            for (Held b : other) {
                long start = later(later(a.startAt(), b.startAt()), fromAt);
                long end = earlier(earlier(end(a, toAt), end(b, toAt)), toAt);
                nanos += Math.max(0, end - start);
            }
        }
        return Duration.ofNanos(nanos);
    }

    private static long end(Held held, long otherwise) {
        return held.endAt() == null ? otherwise : held.endAt();
    }

    private static long later(long a, long b) {
        return a - b >= 0 ? a : b;
    }

    private static long earlier(long a, long b) {
        return a - b <= 0 ? a : b;
    }

    @Override
    public void close() {
        monitor.destroyForcibly();
    }
}
