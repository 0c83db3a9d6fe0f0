package io.hawser.lb.tls;

import io.hawser.sysctl.linux.Libcrypto;
import io.hawser.sysctl.linux.Libcrypto.Digest;
import io.netty.internal.tcnative.SSLPrivateKeyMethod;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs handshakes with an RSA key that the system's libcrypto holds. Any thread, until it is freed.
 *
 * <p>One that has failed is not asked again: sessions that are opened from then on are signed for by the TLS library.
 */
final class RsaSigner implements SSLPrivateKeyMethod {
    private static final Logger log = LoggerFactory.getLogger(RsaSigner.class);
    private static final AtomicLong LIVE = new AtomicLong();
    private static final AtomicLong SIGNED = new AtomicLong();

    private final Libcrypto.Key key;
    private final AtomicBoolean failed = new AtomicBoolean();

    /** Takes the key over. */
    RsaSigner(Libcrypto.Key key) {
        this.key = key;
        LIVE.incrementAndGet();
    }

    /*
     * Null and no exception for what cannot be signed: of an exception tcnative makes a signature without a byte, which
     * it sends; null fails the handshake here, without an alert of the library's: see Session.unsaidAlert.
     */
    @Override
    public byte @Nullable [] sign(long ssl, int algorithm, byte[] message) {
        try {
            byte[] signature = trial(algorithm, message);
            SIGNED.incrementAndGet();
            return signature;
        } catch (IllegalArgumentException _) {
            // The client's wish, and no fault of the key's.
            Refusal.because(HandshakeFailure.CIPHER);
            return null;
        } catch (RuntimeException e) {
            if (failed.compareAndSet(false, true)) {
                log.warn(
                        "RSA signatures are made by the TLS library from now on, which takes longer: {}",
                        e.getMessage());
            }
            Refusal.because(HandshakeFailure.SIGNATURE);
            return null;
        }
    }

    /** The same without being counted, and with exceptions. */
    byte[] trial(int algorithm, byte[] message) {
        if (algorithm == SSL_SIGN_RSA_PSS_RSAE_SHA256) {
            return key.sign(message, Digest.SHA256, true);
        } else if (algorithm == SSL_SIGN_RSA_PSS_RSAE_SHA384) {
            return key.sign(message, Digest.SHA384, true);
        } else if (algorithm == SSL_SIGN_RSA_PSS_RSAE_SHA512) {
            return key.sign(message, Digest.SHA512, true);
        } else if (algorithm == SSL_SIGN_RSA_PKCS1_SHA256) {
            return key.sign(message, Digest.SHA256, false);
        } else if (algorithm == SSL_SIGN_RSA_PKCS1_SHA384) {
            return key.sign(message, Digest.SHA384, false);
        } else if (algorithm == SSL_SIGN_RSA_PKCS1_SHA512) {
            return key.sign(message, Digest.SHA512, false);
        }
        // SHA-1 above all, which must not be used (RFC 9155 3); the TLS library would, for clients that know nothing
        // else.
        throw new IllegalArgumentException("no RSA signature is made by algorithm 0x" + Integer.toHexString(algorithm));
    }

    @Override
    public byte @Nullable [] decrypt(long ssl, byte[] input) {
        // No cipher suite that is offered has the key decrypt anything.
        return null;
    }

    /** Whether it could not sign once. */
    boolean hasFailed() {
        return failed.get();
    }

    void free() {
        key.free();
        LIVE.decrementAndGet();
    }

    /** Signers that have not been freed. */
    static long live() {
        return LIVE.get();
    }

    /** Handshakes signed since the start. */
    static long signed() {
        return SIGNED.get();
    }
}
