package io.hawser.lb.daemon;

import io.hawser.lb.admin.AdminException;
import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Health;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.admin.Status;
import io.hawser.lb.cli.Version;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Loaded;
import io.hawser.lb.config.NotYet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node that cannot start before something comes that its configuration needs, such as the file of a certificate. Whoever
 * asks its admin port is told so: it lives and is not ready. Main thread.
 */
final class Waiting implements AutoCloseable {
    static final Duration PERIOD = Duration.ofSeconds(1);

    /** Between two looks pass so many times what the last one took. */
    private static final int REST = 10;

    private static final int EVENTS_KEPT = 100;
    private static final Logger log = LoggerFactory.getLogger(Waiting.class);

    private final Instant startedAt = Instant.now();
    private final EventLog events = new EventLog(EVENTS_KEPT, Clock.systemUTC());
    private final Metrics metrics = new Metrics(Version.text(), Clock.systemUTC());
    private final String name;
    private final AdminServer admin;
    private volatile List<String> reasons = List.of();

    private Waiting(Config config) {
        name = config.self().name();
        admin = AdminServer.start(new AdminSources(
                () -> new Health(name, false, reasons, List.of()),
                List::of,
                () -> reasons,
                this::status,
                metrics,
                events));
        admin.keepPlacesFor(Plans.nodeAddresses(config));
        admin.askedBy(Plans.hosts(config));
        try {
            admin.listen(config.admin().bind());
        } catch (AdminException e) {
            log.atWarn().setCause(e).log("nobody can ask what is waited for");
        }
    }

    /**
     * Waits until the file needs nothing any more, or is wrong, or the process is to end.
     *
     * @param first what the file was
     * @param stop reaches zero when the process is to end
     * @param told what is waited for, in one line, at each look
     * @return what the file is now
     */
    static Loaded until(Loaded.Ok first, ConfigFile file, CountDownLatch stop, Consumer<String> told)
            throws InterruptedException {
        try (var waiting = new Waiting(first.config())) {
            Loaded loaded = first;
            long took = 0;
            boolean wasWrong = false;
            while (true) {
                if (loaded instanceof Loaded.Ok ok) {
                    wasWrong = false;
                    waiting.tell(ok.needs());
                    if (ok.needs().isEmpty()) {
                        return ok;
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

    private void tell(List<NotYet> needs) {
        List<String> now = needs.stream().map(NotYet::message).toList();
        needs.stream()
                .filter(need -> !reasons.contains(need.message()))
                .forEach(need -> events.append("waiting", Severity.WARNING, need.path(), need.message()));
        reasons.stream()
                .filter(reason -> !now.contains(reason))
                .forEach(
                        reason -> events.append("waiting", Severity.INFO, name, "waits no longer for this: " + reason));
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

    @Override
    public void close() {
        admin.close();
        metrics.close();
    }
}
