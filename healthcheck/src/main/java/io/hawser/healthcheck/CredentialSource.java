package io.hawser.healthcheck;

import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Credentials that follow their files. Files are read on a virtual thread, at most once a second, and only while checks
 * use them; a change that cannot be used leaves what was there in use. Health loop only.
 */
final class CredentialSource {
    private static final Logger log = LoggerFactory.getLogger(CredentialSource.class);
    private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final HealthLoop loop;
    private final CredentialFiles files;
    private final boolean hasFiles;
    private final List<Consumer<Credentials>> waiting = new ArrayList<>();
    private @Nullable Credentials current;
    private boolean isLoading;
    private boolean isClosed;
    private long loadedAt;
    private int users;
    private String complaint = "";

    CredentialSource(HealthLoop loop, CredentialFiles.Key key) {
        this.loop = loop;
        this.files = new CredentialFiles(key);
        this.hasFiles =
                key.tokenFile() != null || key.tls().ca() != null || key.tls().certificate() != null;
    }

    void retain() {
        users++;
    }

    /** Whether this was the last user; then the credentials are let go of. */
    boolean release() {
        users--;
        if (users == 0) {
            isClosed = true;
            letGo(current);
            current = null;
        }
        return isClosed;
    }

    /** Hands over the credentials: at once where they are loaded, else as soon as they are. */
    void get(Consumer<Credentials> user) {
        if (current == null) {
            waiting.add(user);
            load();
            return;
        }
        if (hasFiles && System.nanoTime() - loadedAt >= REFRESH_NANOS) {
            load();
        }
        user.accept(current);
    }

    private void load() {
        if (isLoading || isClosed) {
            return;
        }
        isLoading = true;
        Thread.ofVirtual().name("health-files").start(() -> {
            var loaded = loadAny();
            try {
                loop.eventLoop().execute(() -> loaded(loaded));
            } catch (RejectedExecutionException e) {
                letGo(loaded);
            }
        });
    }

    private @Nullable Credentials loadAny() {
        try {
            return files.load();
        } catch (RuntimeException | LinkageError e) {
            log.atError().setCause(e).log("health check credentials could not be loaded");
            return new Credentials.Unusable("health check credentials could not be loaded: " + ConnectErrors.words(e));
        }
    }

    private void loaded(@Nullable Credentials loaded) {
        isLoading = false;
        loadedAt = System.nanoTime();
        if (isClosed) {
            letGo(loaded);
            return;
        }
        take(loaded);
        var served = List.copyOf(waiting);
        waiting.clear();
        if (current != null) {
            served.forEach(user -> user.accept(current));
        }
    }

    private void take(@Nullable Credentials loaded) {
        switch (loaded) {
            case null -> complaint = "";
            case Credentials.Ready ready -> {
                if (current != null) {
                    log.atInfo().log("health check credentials changed and are in use");
                }
                letGo(current);
                current = ready;
                complaint = "";
            }
            case Credentials.Unusable unusable -> {
                complain(unusable.reason());
                if (!(current instanceof Credentials.Ready)) {
                    current = unusable;
                }
            }
        }
    }

    private void complain(String reason) {
        if (!reason.equals(complaint)) {
            complaint = reason;
            log.atWarn()
                    .addKeyValue("cause", reason)
                    .addKeyValue("kept", current instanceof Credentials.Ready)
                    .log("health check credentials cannot be read");
        }
    }

    private static void letGo(@Nullable Credentials credentials) {
        if (credentials instanceof Credentials.Ready ready && ready.ssl() != null) {
            ReferenceCountUtil.release(ready.ssl());
        }
    }
}
