package io.hawser.lb.tls;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.linux.Libcrypto;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All TLS that is configured, and the thread that looks after its files: it looks at them each second, puts changes into
 * use for new connections, and warns before something ends. Any thread may call it.
 */
public final class TlsFiles implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TlsFiles.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final long[] WARN_DAYS = {0, 1, 7, 30};

    private final TlsEvents events;
    private final FileReads reads;
    private final RsaSigners signers;
    private final Map<ServerSettings, ServerTls> servers = new HashMap<>();
    private final Map<MemberSettings, MemberTls> members = new HashMap<>();
    private volatile List<FilesFollower> followers = List.of();
    private boolean isClosed;
    private final Map<FilesFollower.Expiry, Long> warned = new ConcurrentHashMap<>();
    private final LongAdder refusals = new LongAdder();
    private final ReentrantLock looking = new ReentrantLock();
    private final ScheduledExecutorService watch =
            Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("tls-files", true));

    /*
     * Files are read by whoever asks for TLS the first time, and by the watching thread: with no monitor held that anybody
     * else takes. What is known then is in fields of the followers, and the list of those is replaced as a whole, so whoever
     * asks when something ends, or stops everything, waits for no file.
     */

    private volatile long lookedAt = System.nanoTime();

    public TlsFiles(TlsEvents events) {
        this(events, LOOK_EVERY);
    }

    /** The same with a pace of one's own. */
    TlsFiles(TlsEvents events, Duration every) {
        this(events, every, FileReads.standard(), new RsaSigners(Libcrypto.NAME));
    }

    /** The same with these signers of RSA keys. */
    TlsFiles(TlsEvents events, Duration every, RsaSigners signers) {
        this(events, every, FileReads.standard(), signers);
    }

    /** The same with what reads the files, and these signers of RSA keys. */
    TlsFiles(TlsEvents events, Duration every, FileReads reads, RsaSigners signers) {
        this.events = requireNonNull(events, "events");
        this.reads = reads;
        this.signers = signers;
        var _ = watch.scheduleWithFixedDelay(this::look, every.toNanos(), every.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * TLS for a listener; the same one for the same settings, so that a reload keeps tickets and sessions.
     *
     * @throws TlsException when a file cannot be used
     */
    public ServerTls server(ServerSettings settings) {
        return known(servers, settings, () -> new ServerTls(settings, reads, signers));
    }

    /**
     * TLS to the members of a pool; the same one for the same settings.
     *
     * @throws TlsException when a file cannot be used
     */
    public MemberTls member(MemberSettings settings) {
        return known(members, settings, () -> new MemberTls(settings, reads));
    }

    private <S, F extends FilesFollower> F known(Map<S, F> all, S settings, Supplier<F> make) {
        F known = find(all, settings);
        if (known != null) {
            return known;
        }
        Library.load();
        F made = make.get();
        made.start();
        F used = add(all, settings, made);
        warn(used);
        return used;
    }

    private synchronized <S, F extends FilesFollower> @Nullable F find(Map<S, F> all, S settings) {
        return all.get(settings);
    }

    /** Has everybody use this one, unless somebody else was quicker. */
    private synchronized <S, F extends FilesFollower> F add(Map<S, F> all, S settings, F made) {
        F known = all.get(settings);
        if (isClosed || known != null) {
            made.close();
            if (known == null) {
                throw new TlsException("TLS is stopping");
            }
            return known;
        }
        all.put(settings, made);
        publish();
        return made;
    }

    private void publish() {
        List<FilesFollower> all = new ArrayList<>(servers.values());
        all.addAll(members.values());
        followers = List.copyOf(all);
    }

    /** Lets go of all others than these; connections that use them go on. */
    public synchronized void retain(Collection<ServerTls> usedServers, Collection<MemberTls> usedMembers) {
        servers.values().removeIf(each -> closeUnless(usedServers.contains(each), each));
        members.values().removeIf(each -> closeUnless(usedMembers.contains(each), each));
        publish();
    }

    private static boolean closeUnless(boolean used, FilesFollower follower) {
        if (!used) {
            follower.close();
        }
        return !used;
    }

    private void look() {
        try {
            lookNow();
        } catch (Throwable e) {
            // A task that throws is not run again.
            log.atError().setCause(e).log("checking the TLS files failed; trying again");
        }
        lookedAt = System.nanoTime();
    }

    /** For how long nobody has looked at the files; it grows while the thread is stuck or dead. Any thread. */
    public Duration stalledFor() {
        return Duration.ofNanos(Math.max(0, System.nanoTime() - lookedAt));
    }

    /** Looks at the files now; waits for them. */
    void lookNow() {
        looking.lock();
        try {
            TlsEvents told = new Told();
            for (FilesFollower follower : followers) {
                follower.poll(told);
                follower.tick(System.nanoTime());
                warn(follower);
            }
        } finally {
            looking.unlock();
        }
    }

    private final class Told implements TlsEvents {
        @Override
        public void replaced(List<Path> files) {
            log.atInfo().addKeyValue("files", files).log("TLS files changed and are in use");
            events.replaced(files);
        }

        @Override
        public void refused(List<Path> files, String why) {
            refusals.increment();
            log.atError()
                    .addKeyValue("cause", why)
                    .log("TLS files changed and cannot be used; the old ones stay in use");
            events.refused(files, why);
        }
    }

    private void warn(FilesFollower follower) {
        for (FilesFollower.Expiry expiry : follower.expiries()) {
            long days = Math.max(0, Duration.between(Instant.now(), expiry.at()).toDays());
            for (long threshold : WARN_DAYS) {
                if (days <= threshold) {
                    Long before = warned.put(expiry, threshold);
                    if (before == null || before > threshold) {
                        log.atWarn()
                                .addKeyValue("file", expiry.file())
                                .addKeyValue("at", expiry.at())
                                .addKeyValue("days", days)
                                .log("a certificate or revocation list expires soon");
                        events.expires(expiry.file(), expiry.at(), days);
                    }
                    break;
                }
            }
        }
    }

    /** When the first thing in each file that is in use ends. */
    public Map<Path, Instant> expiries() {
        Map<Path, Instant> ends = new LinkedHashMap<>();
        for (FilesFollower follower : followers) {
            follower.expiries()
                    .forEach(expiry ->
                            ends.merge(expiry.file(), expiry.at(), (one, other) -> one.isBefore(other) ? one : other));
        }
        return ends;
    }

    /** Why files that changed are not in use; empty when all are. */
    public List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        for (FilesFollower follower : followers) {
            String complaint = follower.complaint();
            if (complaint != null) {
                complaints.add(complaint);
            }
        }
        return complaints;
    }

    /** How often changed files were refused. */
    public long refusals() {
        return refusals.sum();
    }

    /** Native contexts in use, in the whole process; those of sessions that are open included. */
    public static long liveContexts() {
        return Context.live();
    }

    /** Stops looking and lets go of everything; sessions that are open go on. Waits for no file. */
    @Override
    public void close() {
        watch.shutdownNow();
        letGo();
    }

    private synchronized void letGo() {
        isClosed = true;
        servers.clear();
        members.clear();
        followers.forEach(FilesFollower::close);
        followers = List.of();
    }
}
