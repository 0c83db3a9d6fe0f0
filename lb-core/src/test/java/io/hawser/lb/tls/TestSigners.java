package io.hawser.lb.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hawser.sysctl.linux.Libcrypto;
import io.hawser.sysctl.linux.Libcrypto.Digest;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicBoolean;

/** A library for signatures that works until it is told not to; the JDK in libcrypto's place. */
public final class TestSigners {
    private TestSigners() {}

    /** TLS whose RSA keys sign with SHA-256 until that is set. */
    public static TlsFiles files(AtomicBoolean broken) {
        return new TlsFiles(
                TlsEvents.NONE, Duration.ofDays(1), new RsaSigners("the JDK", () -> pem -> key(pem, broken)));
    }

    private static Libcrypto.Key key(byte[] pem, AtomicBoolean broken) {
        String body = new String(pem, US_ASCII)
                .replaceAll("(?s).*-----BEGIN PRIVATE KEY-----(.*)-----END PRIVATE KEY-----.*", "$1");
        byte[] encoded = Base64.getMimeDecoder().decode(body);
        try {
            PrivateKey key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(encoded));
            return new Libcrypto.Key() {
                @Override
                public byte[] sign(byte[] message, Digest digest, boolean pss) {
                    if (broken.get()) {
                        throw new IllegalStateException("no signature: told to fail");
                    }
                    return signature(key, message, pss);
                }

                @Override
                public void free() {}
            };
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no key: " + e.getMessage());
        }
    }

    private static byte[] signature(PrivateKey key, byte[] message, boolean pss) {
        try {
            Signature signature = Signature.getInstance(pss ? "RSASSA-PSS" : "SHA256withRSA");
            if (pss) {
                signature.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
            }
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no signature: " + e.getMessage());
        }
    }
}
