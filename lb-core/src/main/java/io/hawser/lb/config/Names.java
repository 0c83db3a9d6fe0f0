package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Host names as this host's resolver knows them now, and as it knew them last. A name server that does not answer costs the
 * caller {@link #DEADLINE} for all names of a file together, and holds threads of its own. One thread at a time.
 */
public final class Names implements Environment.Resolver {
    /** For how long the answers to all names of one file are awaited; a later one counts the next time. */
    static final Duration DEADLINE = Duration.ofSeconds(2);

    private static final int MOST_AT_ONCE = 8;

    static {
        // Read by the JDK at the first look-up. Its own memory would serve an answer of half a minute ago as today's.
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
    }

    /** Asks the host's resolver. */
    @FunctionalInterface
    interface Source {
        /** The addresses, best first. */
        InetAddress[] ask(String host) throws UnknownHostException;
    }

    private final Source source;
    private final Duration deadline;
    private final Map<String, Future<List<InetAddress>>> asked = new HashMap<>();
    private final Map<String, List<InetAddress>> last = new HashMap<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(MOST_AT_ONCE, task -> {
        Thread made = new Thread(task, "names");
        made.setDaemon(true);
        return made;
    });
    private long endAt;

    /** The names as this host's resolver knows them. */
    public Names() {
        this(InetAddress::getAllByName, DEADLINE);
    }

    Names(Source source, Duration deadline) {
        this.source = requireNonNull(source, "source");
        this.deadline = requireNonNull(deadline, "deadline");
    }

    @Override
    public void prepare(Collection<String> hosts) {
        asked.keySet().retainAll(hosts);
        last.keySet().retainAll(hosts);
        // One look-up of a name at a time: a name server that is away must not gather threads.
        hosts.forEach(this::ask);
        endAt = System.nanoTime() + deadline.toNanos();
    }

    private void ask(String host) {
        asked.computeIfAbsent(host, name -> threads.submit(() -> List.of(source.ask(name))));
    }

    @Override
    public List<InetAddress> resolve(String host) {
        if (!asked.containsKey(host)) {
            ask(host);
            endAt = System.nanoTime() + deadline.toNanos();
        }
        Future<List<InetAddress>> answer = requireNonNull(asked.get(host));
        try {
            List<InetAddress> found =
                    steady(host, answer.get(Math.max(0, endAt - System.nanoTime()), TimeUnit.NANOSECONDS));
            asked.remove(host);
            last.put(host, found);
            return found;
        } catch (ExecutionException | CancellationException e) {
            asked.remove(host);
            return List.of();
        } catch (TimeoutException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    // Name servers turn the order from answer to answer, and a member is not to move with it.
    private List<InetAddress> steady(String host, List<InetAddress> found) {
        List<InetAddress> before = last.getOrDefault(host, List.of());
        if (before.isEmpty() || !found.contains(before.getFirst())) {
            return found;
        }
        List<InetAddress> turned = new ArrayList<>(found);
        turned.remove(before.getFirst());
        turned.addFirst(before.getFirst());
        return List.copyOf(turned);
    }

    @Override
    public List<InetAddress> last(String host) {
        return last.getOrDefault(host, List.of());
    }
}
