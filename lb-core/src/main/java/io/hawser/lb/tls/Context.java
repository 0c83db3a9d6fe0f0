package io.hawser.lb.tls;

import io.netty.internal.tcnative.SSLContext;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A native context and what its callbacks need. It lives until its last session has ended and nobody hands it out any
 * more, because the library calls back into it from any of its sessions. Any thread.
 */
final class Context {
    private static final AtomicLong LIVE = new AtomicLong();

    private final long address;
    private final Runnable freed;
    private final @Nullable Identity signedElsewhere;
    private final AtomicInteger users = new AtomicInteger(1);

    /**
     * Takes over a context.
     *
     * @param freed frees what the context was made with
     * @param signedElsewhere what each session is given to present, because the context itself cannot hold it
     */
    Context(long address, Runnable freed, @Nullable Identity signedElsewhere) {
        this.address = address;
        this.freed = freed;
        this.signedElsewhere = signedElsewhere;
        LIVE.incrementAndGet();
    }

    long address() {
        return address;
    }

    @Nullable
    Identity signedElsewhere() {
        return signedElsewhere;
    }

    /** Takes part in it; false when it is gone already. */
    boolean retain() {
        int now;
        do {
            now = users.get();
            if (now == 0) {
                return false;
            }
        } while (!users.compareAndSet(now, now + 1));
        return true;
    }

    void release() {
        if (users.decrementAndGet() == 0) {
            SSLContext.free(address);
            freed.run();
            LIVE.decrementAndGet();
        }
    }

    /** Contexts that have not been freed. */
    static long live() {
        return LIVE.get();
    }
}
