package io.hawser.lb.tls;

import io.hawser.lb.pem.TicketKeyFile;
import io.netty.internal.tcnative.SSLContext;
import io.netty.internal.tcnative.SessionTicketKey;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The keys of session tickets (RFC 5077). Own ones: a new one each hour, and the two before it still open old tickets, so a
 * session can be resumed for two hours and a stolen key opens at most three hours of tickets; they never leave the process.
 * Or those of a file, which replaces them. The watching thread of the files.
 */
final class TicketKeys {
    static final long EVERY_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final int KEPT = 3;

    private final SecureRandom random = new SecureRandom();
    private final Deque<SessionTicketKey> keys = new ArrayDeque<>();
    private long rotatedAt;
    private boolean areShared;

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
        if (areShared || now - rotatedAt < EVERY_NANOS) {
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

    /**
     * Uses these and no others from now on.
     *
     * @param shared keys of a file, the one for new tickets first
     */
    void share(List<byte[]> shared) {
        areShared = true;
        keys.clear();
        for (byte[] each : shared) {
            byte[] name = Arrays.copyOf(each, SessionTicketKey.NAME_SIZE);
            // Tickets are sealed with AES-128 whatever the length of the key, and all of it must count.
            byte[] secret = digest(Arrays.copyOfRange(each, TicketKeyFile.NAME_BYTES, each.length));
            keys.addLast(new SessionTicketKey(
                    name,
                    Arrays.copyOf(secret, SessionTicketKey.HMAC_KEY_SIZE),
                    Arrays.copyOfRange(
                            secret,
                            SessionTicketKey.HMAC_KEY_SIZE,
                            SessionTicketKey.HMAC_KEY_SIZE + SessionTicketKey.AES_KEY_SIZE)));
            Arrays.fill(secret, (byte) 0);
        }
    }

    private static byte[] digest(byte[] secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each JDK has SHA-256", e);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    /** Has a context use them, the newest for new tickets. */
    void give(Context context) {
        List<SessionTicketKey> list = new ArrayList<>(keys);
        SSLContext.setSessionTicketKeys(context.address(), list.toArray(SessionTicketKey[]::new));
    }
}
