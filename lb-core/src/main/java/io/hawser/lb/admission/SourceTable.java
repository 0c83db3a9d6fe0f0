package io.hawser.lb.admission;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many connections each source has, and how fast it opens them, in a fixed amount of memory. A source is an IPv4
 * address or the /64 of an IPv6 address, which is what one customer or machine is given. Any thread may call it; it takes
 * no lock and allocates nothing.
 *
 * <p>What is not exact, and why that does:
 * <ul>
 *   <li>A source is known by 45 bits of a keyed hash. That it shares an entry, and so a limit, with another has a chance of less
 *       than one in a hundred million, and nobody can bring it about, because the key is secret.
 *   <li>An entry is forgotten as soon as it says nothing any more: no connection is open, and so much time has passed that
 *       the source may open as many at once as one that was never seen. If all places for a source's entry are taken by
 *       others that still say something, it is let in uncounted: refusing the innocent is what an attacker wants who fills it,
 *       and the limits of the listener and of the process still hold. It is counted that this has happened.
 *   <li>Two connections of a new source on two loops at the very same moment may make two entries.
 * </ul>
 */
final class SourceTable {
    /** The source is let in, but there was no room to remember it; nothing is to be given back. */
    static final int UNCOUNTED = -1;

    /** The source has as many connections as it may. */
    static final int TOO_MANY = -2;

    /** The source opens connections faster than it may. */
    static final int TOO_FAST = -3;

    private static final int ENTRIES = 1 << 16;
    private static final int WAYS = 8;
    private static final int BUCKET_SHIFT = Integer.SIZE + Integer.numberOfLeadingZeros(ENTRIES / WAYS) + 1;
    private static final long SECOND = 1_000_000_000L;

    // The tag of the source above, the number of its connections below; 0 for an entry that was never used.
    private final AtomicLongArray counts = new AtomicLongArray(ENTRIES);

    /*
     * When the source will have been quiet long enough to be like one never seen, which is the "theoretical arrival time"
     * of the generic cell rate algorithm (ITU-T I.371 A.1): each connection puts it off by the time between two, and if
     * it lies more than a second ahead the source is too fast. So a second's worth may come at once.
     */
    private final AtomicLongArray quietAt = new AtomicLongArray(ENTRIES);

    private final long secret;
    private final long secondSecret;

    /** Knows nobody yet; its secrets are its own. */
    SourceTable() {
        this(new SecureRandom().nextLong(), new SecureRandom().nextLong());
    }

    /** With secrets that a test knows. */
    SourceTable(long secret, long secondSecret) {
        this.secret = secret;
        this.secondSecret = secondSecret;
    }

    /**
     * The key of a source.
     *
     * @param bytes holds the address in network order
     * @param offset where it starts
     * @param length 4 or 16
     */
    long key(byte[] bytes, int offset, int length) {
        boolean mapped = length > 4 && NetworkSet.isMapped(bytes, offset);
        boolean ipv4 = length == 4 || mapped;
        long source =
                ipv4 ? NetworkSet.number(bytes, mapped ? offset + 12 : offset, 4) : NetworkSet.number(bytes, offset, 8);
        long mixed = mix(source ^ secret);
        return mix(mixed ^ secondSecret ^ (ipv4 ? 1 : 0));
    }

    private static long mix(long bits) {
        long mixed = bits;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    /**
     * Lets a connection of a source in, if it may come.
     *
     * @param key the source's
     * @param most how many connections it may have; 0 for any number
     * @param perSecond how many it may open a second; 0 for any number
     * @param now monotonic time in nanoseconds
     * @return the entry, to be {@link #left} when the connection ends; else one of the negative constants
     */
    int enter(long key, int most, int perSecond, long now) {
        int tag = (int) key == 0 ? 1 : (int) key;
        int bucket = (int) (key >>> BUCKET_SHIFT) * WAYS;
        boolean inTime = perSecond == 0;
        while (true) {
            int found = -1;
            int free = -1;
            for (int entry = bucket; found < 0 && entry < bucket + WAYS; entry++) {
                long count = counts.get(entry);
                if (tagOf(count) == tag) {
                    found = entry;
                } else if (free < 0 && isFree(entry, count, now)) {
                    free = entry;
                }
            }
            if (found < 0 && free < 0) {
                return UNCOUNTED;
            }
            int entry = found < 0 ? free : found;
            long before = counts.get(entry);
            if (found < 0 ? !isFree(entry, before, now) : tagOf(before) != tag) {
                continue;
            }
            if (found >= 0) {
                if (most > 0 && (int) before >= most) {
                    return TOO_MANY;
                }
                // Once only: another loop may have changed the count meanwhile, and then this is gone through again.
                if (!inTime && !mayComeNow(entry, SECOND / perSecond, now)) {
                    return TOO_FAST;
                }
                inTime = true;
            }
            long after = found >= 0 ? before + 1 : ((long) tag << Integer.SIZE) | 1;
            if (counts.compareAndSet(entry, before, after)) {
                if (found < 0) {
                    quietAt.set(entry, perSecond > 0 ? now + SECOND / perSecond : now);
                }
                return entry;
            }
        }
    }

    private boolean mayComeNow(int entry, long interval, long now) {
        long before;
        long after;
        do {
            before = quietAt.get(entry);
            after = (before - now > 0 ? before : now) + interval;
            if (after - now > SECOND) {
                return false;
            }
        } while (!quietAt.compareAndSet(entry, before, after));
        return true;
    }

    private boolean isFree(int entry, long count, long now) {
        return count == 0 || ((int) count == 0 && now - quietAt.get(entry) >= 0);
    }

    private static int tagOf(long count) {
        return (int) (count >>> Integer.SIZE);
    }

    /** A connection that was let in has ended. */
    void left(int entry) {
        if (entry >= 0) {
            counts.decrementAndGet(entry);
        }
    }

    /** How many connections a source has, as far as is known. */
    int connections(long key) {
        int tag = (int) key == 0 ? 1 : (int) key;
        int bucket = (int) (key >>> BUCKET_SHIFT) * WAYS;
        int connections = 0;
        for (int entry = bucket; entry < bucket + WAYS; entry++) {
            long count = counts.get(entry);
            connections += tagOf(count) == tag ? (int) count : 0;
        }
        return connections;
    }
}
