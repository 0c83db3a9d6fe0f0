package io.hawser.lb.tls;

import io.netty.internal.tcnative.SSLContext;
import io.netty.internal.tcnative.SessionTicketKey;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The keys of session tickets (RFC 5077): a new one each hour, and the two before it still open old tickets, so a session
 * can be resumed for two hours and a stolen key opens at most three hours of tickets. They never leave the process.
 * The watching thread of the files.
 */
final class TicketKeys {
    static final long EVERY_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final int KEPT = 3;

    private final SecureRandom random = new SecureRandom();
    private final Deque<SessionTicketKey> keys = new ArrayDeque<>();
    private long rotatedAt;

    TicketKeys(long now) {
        rotate(now);
    }

    private void rotate(long now) {
        rotatedAt = now;
        keys.addFirst(new SessionTicketKey(
                bytes(SessionTicketKey.NAME_SIZE),
                bytes(SessionTicketKey.HMAC_KEY_SIZE),
                bytes(SessionTicketKey.AES_KEY_SIZE)));
        while (keys.size() > KEPT) {
            keys.removeLast();
        }
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Makes a new key if it is time to; says whether it did. */
    boolean rotateIfDue(long now) {
        if (now - rotatedAt < EVERY_NANOS) {
            return false;
        }
        rotate(now);
        return true;
    }

    /** Forgets all keys, so that no ticket from before is worth anything. */
    void renew(long now) {
        keys.clear();
        rotate(now);
    }

    /** Has a context use them, the newest for new tickets. */
    void give(Context context) {
        List<SessionTicketKey> list = new ArrayList<>(keys);
        SSLContext.setSessionTicketKeys(context.address(), list.toArray(SessionTicketKey[]::new));
    }
}
