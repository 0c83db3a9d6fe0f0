package io.hawser.lb.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hawser.sysctl.linux.Libcrypto;
import io.hawser.sysctl.linux.LinuxException;
import io.netty.internal.tcnative.SSLPrivateKeyMethod;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes signers of RSA keys, where the system has a library for it that works. It is looked for at the first key, and
 * not again: what signs is decided once for each start. The thread of {@link TlsFiles}.
 */
final class RsaSigners {
    private static final Logger log = LoggerFactory.getLogger(RsaSigners.class);
    private static final byte[] TRIAL = "hawser signs this to see that it can".getBytes(US_ASCII);

    private final String name;
    private final Supplier<Function<byte[], Libcrypto.Key>> loader;
    private boolean tried;
    private @Nullable Function<byte[], Libcrypto.Key> library;

    /** Signers of the library with this file name. */
    RsaSigners(String name) {
        this(name, () -> Libcrypto.load(name)::key);
    }

    /**
     * Signers of a library.
     *
     * @param name for the log
     * @param loader loads it, and throws {@link LinuxException} when it cannot be loaded; it then takes over keys in PEM
     */
    RsaSigners(String name, Supplier<Function<byte[], Libcrypto.Key>> loader) {
        this.name = name;
        this.loader = loader;
    }

    /** A signer for the key of this certificate; null when the TLS library has to sign by itself. */
    @Nullable
    RsaSigner of(byte[] key, X509Certificate certificate) {
        boolean first = !tried;
        tried = true;
        if (!first && library == null) {
            return null;
        }
        RsaSigner signer = null;
        try {
            if (library == null) {
                library = loader.get();
            }
            signer = new RsaSigner(library.apply(key));
            verify(signer, certificate);
            if (first) {
                log.info("RSA signatures are made by {}", name);
            }
            return signer;
        } catch (LinuxException | GeneralSecurityException e) {
            if (signer != null) {
                signer.free();
            }
            library = null;
            log.info("RSA signatures are made by the TLS library, which takes longer: {}", e.getMessage());
            return null;
        }
    }

    private static void verify(RsaSigner signer, X509Certificate certificate) throws GeneralSecurityException {
        Signature pss = Signature.getInstance("RSASSA-PSS");
        pss.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
        verify(pss, signer.trial(SSLPrivateKeyMethod.SSL_SIGN_RSA_PSS_RSAE_SHA256, TRIAL), certificate);
        verify(
                Signature.getInstance("SHA256withRSA"),
                signer.trial(SSLPrivateKeyMethod.SSL_SIGN_RSA_PKCS1_SHA256, TRIAL),
                certificate);
    }

    private static void verify(Signature by, byte[] signature, X509Certificate certificate)
            throws GeneralSecurityException {
        by.initVerify(certificate.getPublicKey());
        by.update(TRIAL);
        if (!by.verify(signature)) {
            throw new GeneralSecurityException("its signature does not match the certificate's key");
        }
    }
}
