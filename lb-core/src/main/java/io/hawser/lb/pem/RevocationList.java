package io.hawser.lb.pem;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** One revocation list that is in use. Immutable but for what it remembers, until it is closed; any thread. */
public final class RevocationList implements AutoCloseable {
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(15);
    private static final int MOST_KEYS = 64;
    private static final String DISTRIBUTION_POINTS = "2.5.29.31";

    /** Lists that are in use, each once, however many listeners have it. */
    private static final Map<ByteBuffer, RevocationList> IN_USE = new ConcurrentHashMap<>();

    private final Head head;
    private final SerialNumbers numbers;
    private final Map<PublicKey, Boolean> signers = new ConcurrentHashMap<>();
    private int users = 1;

    RevocationList(Head head, SerialNumbers numbers) {
        this.head = head;
        this.numbers = numbers;
    }

    /** The same list if it is in use already, with one user more; null when it is not. */
    static @Nullable RevocationList known(Head head) {
        return IN_USE.computeIfPresent(head.identity(), (_, list) -> {
            list.users++;
            return list;
        });
    }

    /** Has others share it. */
    RevocationList shared() {
        RevocationList known = IN_USE.merge(head.identity(), this, (before, _) -> {
            before.users++;
            return before;
        });
        if (!known.equals(this)) {
            numbers.close();
        }
        return known;
    }

    /** Whose certificates it is about. */
    public X500Principal issuer() {
        return head.issuer();
    }

    /** When the next one was announced for; null: not at all. */
    public @Nullable Instant nextUpdate() {
        return head.nextUpdate();
    }

    /** What no other list has, as text. */
    public String identity() {
        byte[] bytes = new byte[head.identity().remaining()];
        head.identity().duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** How many certificates it revokes. */
    public int size() {
        return numbers.count();
    }

    /** Whether it may be used at a time: one without a time for the next never may, as nobody would notice that it is old. */
    public boolean isCurrent(Instant now) {
        Instant next = head.nextUpdate();
        return next != null
                && !now.plus(CLOCKS_DIFFER).isBefore(head.thisUpdate())
                && !now.minus(CLOCKS_DIFFER).isAfter(next);
    }

    /** Whether it says something about a certificate, revoked or not. */
    public boolean isAbout(X509Certificate certificate) {
        if (!certificate.getIssuerX500Principal().equals(head.issuer())) {
            return false;
        }
        boolean isAuthority = certificate.getBasicConstraints() >= 0;
        if (isAuthority ? !head.scope().authorities() : !head.scope().ends()) {
            return false;
        }
        return head.scope().points().isEmpty() || isAtPointOf(certificate);
    }

    private boolean isAtPointOf(X509Certificate certificate) {
        byte[] extension = certificate.getExtensionValue(DISTRIBUTION_POINTS);
        if (extension == null) {
            return false;
        }
        try {
            List<byte[]> named = Extensions.pointsOf(extension);
            return head.scope().points().stream()
                    .anyMatch(point -> named.stream().anyMatch(each -> Arrays.equals(each, point)));
        } catch (IOException _) {
            return false;
        }
    }

    /** Whether the owner of a key signed it. */
    public boolean isSignedBy(PublicKey key) {
        if (signers.size() > MOST_KEYS) {
            signers.clear();
        }
        return signers.computeIfAbsent(key, head.signature()::isBy);
    }

    /** Whether a certificate of its issuer is revoked. */
    public boolean revokes(X509Certificate certificate) {
        return revokes(certificate.getSerialNumber());
    }

    boolean revokes(BigInteger serial) {
        return numbers.contains(serial);
    }

    /** One user less; the last one gives its memory back. */
    @Override
    public void close() {
        IN_USE.computeIfPresent(head.identity(), (_, list) -> {
            list.users--;
            if (list.users > 0) {
                return list;
            }
            list.numbers.close();
            return null;
        });
    }

    /** Lists in use, in the whole process. */
    public static int inUse() {
        return IN_USE.size();
    }
}
