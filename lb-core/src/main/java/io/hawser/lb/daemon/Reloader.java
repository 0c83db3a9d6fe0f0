package io.hawser.lb.daemon;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Finding;
import io.hawser.lb.config.Finding.NotYet;
import io.hawser.lb.config.Loaded;
import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration again when it is told to or when the file has changed, and has it applied, on a thread of its
 * own named "reload": one at a time, and never on a thread that serves. Methods: any thread.
 */
final class Reloader implements AutoCloseable {

    /*
     * The file is looked at once a second and compared by content. Watching for the kernel's notices (inotify) would be
     * quicker and would miss what matters: a mounted ConfigMap or Secret changes by the swap of a symbolic link two levels
     * up, network file systems give no notices, and an editor's rename ends the watch.
     */

    /** Who asked. */
    enum Trigger {
        /** The signal HUP. */
        SIGNAL("signal"),
        /** The command line. */
        COMMAND("command"),
        /** The file itself, by changing. */
        FILE("changed file"),
        /** What the file needs, by coming. */
        RETRY("what was waited for");

        private final String label;

        Trigger(String label) {
            this.label = label;
        }
    }

    /** Makes the running node be as a configuration says. */
    interface Target {
        /**
         * Applies all of it or nothing.
         *
         * @return what has changed, in words
         * @throws ReloadException when it cannot be; everything is as before
         */
        List<String> apply(Config config, List<String> warnings);
    }

    static final Duration PERIOD = Duration.ofSeconds(1);

    /** Between two looks for what is waited for pass so many times what the last one took. */
    private static final int REST = 10;

    private static final Logger log = LoggerFactory.getLogger(Reloader.class);

    private final ConfigFile file;
    private final Target target;
    private final EventLog events;
    private final FileWatch watch;
    private final Map<String, LongAdder> outcomes = new ConcurrentHashMap<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        var made = new Thread(task, "reload");
        made.setDaemon(true);
        return made;
    });
    private volatile Instant loadedAt = Instant.now();
    private volatile long lookedAt = System.nanoTime();
    private volatile @Nullable String problem;
    private volatile List<NotYet> waits;
    private volatile long retryAt = System.nanoTime();

    /**
     * Not watching yet.
     *
     * @param file the configuration file, which has just been read and applied
     * @param waits what was not there then
     */
    Reloader(ConfigFile file, List<NotYet> waits, Target target, EventLog events) {
        this.waits = List.copyOf(waits);
        this.file = requireNonNull(file, "file");
        this.target = requireNonNull(target, "target");
        this.events = requireNonNull(events, "events");
        watch = new FileWatch(digest(file.path()));
        for (String label : List.of("applied", "unchanged", "invalid", "refused", "failed")) {
            outcomes.put(label, new LongAdder());
        }
    }

    /** Follows the file from now on. */
    void start() {
        tellWaits(List.of(), waits);
        var _ = thread.scheduleWithFixedDelay(this::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Reads the file and applies what it says. Returns at once; the result follows. */
    CompletableFuture<ReloadResult> reload(Trigger trigger) {
        try {
            return CompletableFuture.supplyAsync(() -> reloadNow(trigger), thread);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture(new ReloadResult.Refused("this node is stopping"));
        }
    }

    /** For how long nobody has looked at the file, which is done each second between reloads. */
    Duration stalledFor() {
        return Duration.ofNanos(Math.max(0, System.nanoTime() - lookedAt));
    }

    void register(MetricFamilies families) {
        families.counter(
                "hawser_reloads",
                "Reloads of the configuration file, by result",
                rows -> outcomes.forEach((outcome, count) -> rows.count(count.sum(), "outcome", outcome)));
        families.gauge(
                "hawser_config_loaded_timestamp_seconds",
                "Time when the running configuration was loaded, in seconds since 1970",
                rows -> rows.add(loadedAt.toEpochMilli() / 1e3));
    }

    /** Why what runs is not what the file says, in words; null when it is. */
    @Nullable
    String problem() {
        return problem;
    }

    private void look() {
        try {
            String digest = digest(file.path());
            if (watch.isDue(digest)) {
                reloadNow(Trigger.FILE);
            } else if (!waits.isEmpty() && watch.isRead(digest) && System.nanoTime() - retryAt >= 0) {
                retry();
            }
        } catch (Throwable e) {
            // An exception that left this method would end the looking for ever.
            log.atError().setCause(e).log("checking the configuration file failed; trying again");
        }
        lookedAt = System.nanoTime();
    }

    private ReloadResult reloadNow(Trigger trigger) {
        // Before the file is read: what is written meanwhile is then news again.
        watch.wasRead(digest(file.path()));
        ReloadResult result = result();
        requireNonNull(outcomes.get(result.label())).increment();
        tell(trigger, result);
        return result;
    }

    /** Looks whether what was waited for has come; says nothing as long as it has not. */
    private void retry() {
        String before = problem;
        ReloadResult result = result();
        if (result instanceof ReloadResult.Applied || (result instanceof ReloadResult.Unchanged && before != null)) {
            requireNonNull(outcomes.get(result.label())).increment();
            tell(Trigger.RETRY, result);
        }
    }

    private ReloadResult result() {
        long startedAt = System.nanoTime();
        Loaded loaded = file.load();
        long endedAt = System.nanoTime();
        retryAt = endedAt + (endedAt - startedAt) * REST;
        if (loaded instanceof Loaded.Ok ok) {
            tellWaits(waits, ok.waits());
            waits = ok.waits();
        }
        return applied(loaded);
    }

    private void tellWaits(List<NotYet> before, List<NotYet> now) {
        Set<String> former = before.stream().map(NotYet::render).collect(Collectors.toSet());
        Set<String> next = now.stream().map(NotYet::render).collect(Collectors.toSet());
        before.stream()
                .filter(wait -> !next.contains(wait.render()))
                .forEach(wait -> events.append(
                        "waiting", Severity.INFO, wait.path(), "no longer waiting for this: " + wait.message()));
        now.stream()
                .filter(wait -> !former.contains(wait.render()))
                .forEach(wait -> events.append("waiting", Severity.WARNING, wait.path(), wait.message()));
    }

    private static String lines(List<? extends Finding> findings) {
        return findings.stream().map(Finding::render).collect(Collectors.joining("\n"));
    }

    private ReloadResult applied(Loaded loaded) {
        try {
            return switch (loaded) {
                case Loaded.Invalid(var problems) -> new ReloadResult.Invalid(problems);
                case Loaded.Ok ok when !ok.needs().isEmpty() -> new ReloadResult.Refused(lines(ok.needs()));
                case Loaded.Ok(var config, var warnings, var missing) -> {
                    List<String> changes = target.apply(
                            config,
                            Stream.concat(warnings.stream(), missing.stream())
                                    .map(Finding::render)
                                    .toList());
                    yield changes.isEmpty() ? new ReloadResult.Unchanged() : new ReloadResult.Applied(changes);
                }
            };
        } catch (ReloadException e) {
            String why = String.valueOf(e.getMessage());
            return e.isRefused() ? new ReloadResult.Refused(why) : new ReloadResult.Failed(why);
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            log.atError().setCause(e).log("a reload failed because of a defect of hawser");
            return new ReloadResult.Failed("a defect of hawser: " + e);
        }
    }

    private void tell(Trigger trigger, ReloadResult result) {
        Map<String, String> details = Map.of("trigger", trigger.label, "outcome", result.label());
        switch (result) {
            case ReloadResult.Applied applied -> {
                loadedAt = Instant.now();
                problem = null;
                events.append(
                        "reload",
                        Severity.INFO,
                        file.path().toString(),
                        "applied: " + String.join("; ", applied.changes()),
                        details);
            }
            case ReloadResult.Unchanged unchanged -> {
                problem = null;
                events.append("reload", Severity.INFO, file.path().toString(), unchanged.text(), details);
            }
            case ReloadResult.Invalid invalid -> {
                String first = invalid.problems().getFirst().render();
                int more = invalid.problems().size() - 1;
                String least = more < Finding.MOST ? "" : "at least ";
                refused(first + (more == 0 ? "" : ", and " + least + more + " more: hawser check lists them"), details);
            }
            case ReloadResult.Refused refused -> refused(refused.text().replace("\n", "; "), details);
            case ReloadResult.Failed failed -> refused(failed.text().replace("\n", "; "), details);
        }
    }

    private void refused(String why, Map<String, String> details) {
        problem = "the configuration file was not applied, and the configuration of "
                + loadedAt.truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                + " is still running: " + why;
        events.append("reload", Severity.ERROR, file.path().toString(), "nothing was changed: " + why, details);
    }

    /** What the file holds, shortened to what differs when it differs; one word for a file that cannot be read. */
    private static String digest(Path file) {
        try {
            byte[] bytes = FileReads.standard().bytes(file);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (UnreadableFileException e) {
            return e.reason().toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
