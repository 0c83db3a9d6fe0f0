package io.hawser.lb.daemon;

import io.hawser.lb.admin.AdminException;
import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.Commands;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.NodeHealth;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.admin.Status;
import io.hawser.lb.cli.Version;
import io.hawser.lb.config.Admin;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Finding.NotYet;
import io.hawser.lb.config.Loaded;
import io.hawser.lb.config.Node;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node that cannot start before something comes: its configuration, or what that needs, such as the file of a certificate.
 * Whoever asks its admin port or its socket is told so: it lives and is not ready. Main thread.
 */
final class Waiting implements AutoCloseable {
    static final Duration PERIOD = Duration.ofSeconds(1);

    /** Between two looks pass so many times what the last one took. */
    private static final int REST = 10;

    private static final int EVENTS_KEPT = 100;
    private static final Logger log = LoggerFactory.getLogger(Waiting.class);

    private final Instant startedAt = Instant.now();
    private final EventLog events = new EventLog(EVENTS_KEPT, Clock.systemUTC());
    private final Metrics metrics = new Metrics(Version.text());
    private volatile String name = Node.NOT_KNOWN_YET;
    private @Nullable AdminServer admin;
    private @Nullable Place answersAt;
    private volatile List<String> reasons = List.of();

    /**
     * Where it can be asked.
     *
     * @param bind address of the read-only endpoint
     * @param socket the unix socket
     */
    record Place(InetSocketAddress bind, Path socket) {

        /**
         * Where no configuration says it: where the commands ask then, and the probes of a pod on this host. Nobody else, as
         * the configuration may name another port.
         */
        static final Place UNKNOWN = new Place(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), Admin.DEFAULT_PORT), Admin.DEFAULT_SOCKET);
    }

    private Waiting() {}

    /** Answers there, and no longer where it did before. */
    private void answer(Place place, @Nullable Config config) {
        if (place.equals(answersAt)) {
            return;
        }
        stopAnswering();
        answersAt = place;
        AdminServer next = AdminServer.start(new AdminSources(
                () -> new NodeHealth(name, false, reasons, List.of()),
                List::of,
                () -> reasons,
                this::status,
                metrics,
                events));
        admin = next;
        if (config != null) {
            next.keepPlacesFor(ConfigMapper.nodeAddresses(config));
            next.askedBy(ConfigMapper.hosts(config));
        }
        tryTo(() -> next.listen(place.bind()));
        tryTo(() -> next.listen(place.socket(), new Refusing()));
    }

    private static void tryTo(Runnable listen) {
        try {
            listen.run();
        } catch (AdminException e) {
            log.atWarn().setCause(e).log("nobody can query there what this node is waiting for");
        }
    }

    /** What is asked of a node that has not started. Admin thread. */
    private final class Refusing implements Commands {
        @Override
        public Set<String> names() {
            return NodeCommands.NAMES;
        }

        @Override
        public CompletionStage<Answer> run(String command, Map<String, String> arguments) {
            return CompletableFuture.completedFuture(
                    Answer.refused("this node has not started; it is waiting: " + String.join("; ", reasons)));
        }
    }

    /**
     * Waits until the file is there and needs nothing any more, or is wrong, or the process is to end.
     *
     * @param first what the file was
     * @param stop reaches zero when the process is to end
     * @param told what is waited for, in one line, at each look
     * @return what the file is now
     */
    static Loaded until(Loaded first, ConfigFile file, CountDownLatch stop, Consumer<String> told)
            throws InterruptedException {
        return until(first, file, Place.UNKNOWN, stop, told);
    }

    /**
     * The same.
     *
     * @param unknown where to answer as long as there is no configuration
     */
    static Loaded until(Loaded first, ConfigFile file, Place unknown, CountDownLatch stop, Consumer<String> told)
            throws InterruptedException {
        try (var waiting = new Waiting()) {
            Loaded loaded = first;
            long took = 0;
            boolean wasWrong = false;
            while (true) {
                Optional<String> absence = loaded instanceof Loaded.Invalid ? file.notYet() : Optional.empty();
                if (loaded instanceof Loaded.Ok ok) {
                    wasWrong = false;
                    waiting.name = ok.config().self().name();
                    waiting.tell(ok.needs());
                    if (ok.needs().isEmpty()) {
                        return ok;
                    }
                    waiting.answer(
                            new Place(
                                    ok.config().admin().bind(),
                                    ok.config().admin().socket()),
                            ok.config());
                } else if (absence.isPresent()) {
                    wasWrong = false;
                    waiting.tell(List.of(notYet(file, absence.get())));
                    if (waiting.admin == null) {
                        waiting.answer(unknown, null);
                    }
                } else if (wasWrong) {
                    return loaded;
                } else {
                    // It may be being written: it is wrong when it is so twice.
                    wasWrong = true;
                }
                told.accept(String.join("; ", waiting.reasons));
                if (stop.await(Math.max(PERIOD.toNanos(), took * REST), TimeUnit.NANOSECONDS)) {
                    return loaded;
                }
                long startedAt = System.nanoTime();
                loaded = file.load();
                took = System.nanoTime() - startedAt;
            }
        }
    }

    private static NotYet notYet(ConfigFile file, String why) {
        return new NotYet(file.path().toString(), 1, 1, "", why, "", true);
    }

    private void tell(List<NotYet> needs) {
        List<String> now = needs.stream().map(NotYet::message).toList();
        for (NotYet need : needs) {
            if (!reasons.contains(need.message())) {
                events.append(
                        "waiting", Severity.WARNING, need.path().isEmpty() ? need.file() : need.path(), need.message());
            }
        }
        reasons.stream()
                .filter(reason -> !now.contains(reason))
                .forEach(reason ->
                        events.append("waiting", Severity.INFO, name, "no longer waiting for this: " + reason));
        reasons = now;
    }

    private Status status() {
        return new Status(
                name,
                Version.text(),
                startedAt,
                Instant.now(),
                false,
                false,
                reasons,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                new Status.Limits(0, 0, 0),
                List.of(),
                List.of());
    }

    private void stopAnswering() {
        AdminServer last = admin;
        admin = null;
        if (last != null) {
            last.close();
        }
    }

    @Override
    public void close() {
        stopAnswering();
        metrics.close();
    }
}
