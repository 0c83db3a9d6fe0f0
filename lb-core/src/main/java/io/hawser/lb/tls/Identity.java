package io.hawser.lb.tls;

import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.net.HostName;
import io.netty.internal.tcnative.Buffer;
import io.netty.internal.tcnative.SSL;
import io.netty.internal.tcnative.SSLCredential;
import java.nio.ByteBuffer;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A certificate with its chain and key, loaded into the library; belongs to the context that was made with it.
 *
 * <p>The key is in native memory only: what was read from the file is wiped, and nothing gives it out again.
 */
final class Identity {
    private static final int DNS_NAME = 2;

    /*
     * What may be signed with (RFC 8446 4.2.3), as the library has it by itself but for SHA-1, which it would use with a client
     * of TLS 1.2 that knows nothing else (RFC 9155 3). Those that are not of the key's kind are passed over.
     */
    private static final int[] SIGNATURES = {
        0x0807, // ed25519
        0x0403, 0x0804, 0x0401, // with SHA-256: ecdsa_secp256r1, rsa_pss_rsae, rsa_pkcs1
        0x0503, 0x0805, 0x0501, // with SHA-384
        0x0603, 0x0806, 0x0601, // with SHA-512
    };

    private static final Set<String> KINDS = Set.of("RSA", "EC", "EdDSA", "Ed25519");
    private static final String WRITE =
            "use a key of type RSA (rsaEncryption), Ed25519, or EC on P-256, P-384 or P-521";

    private final long credential;
    private long nativeChain;
    private final X509Certificate certificate;
    private @Nullable RsaSigner signer;
    private final Set<String> names;

    private Identity(long credential, long nativeChain, X509Certificate certificate, @Nullable RsaSigner signer) {
        this.credential = credential;
        this.nativeChain = nativeChain;
        this.certificate = certificate;
        this.signer = signer;
        this.names = namesOf(certificate);
    }

    /**
     * Reads both files, and fails unless they belong together.
     *
     * @param reads reads the files
     * @param signers makes the signer of an RSA key; null for none
     */
    static Identity load(FileReads reads, KeyPairFiles files, @Nullable RsaSigners signers) {
        byte[] chain = Pem.read(reads, "certificate", files.certificate());
        byte[] key = {};
        try {
            List<X509Certificate> certificates = Pem.certificates("certificate", files.certificate(), chain);
            key = Pem.read(reads, "key", files.key());
            if (Pem.isEncrypted(key)) {
                throw Pem.unusable(
                        "key", files.key(), "it is encrypted; store it without a password, readable by hawser only");
            }
            usable(certificates.getFirst(), files);
            long credential = credential(files, chain, key);
            X509Certificate certificate = certificates.getFirst();
            RsaSigner signer = signers != null && isRsa(certificate) ? signers.of(key, certificate) : null;
            return new Identity(credential, signer == null ? 0 : nativeChain(chain), certificate, signer);
        } finally {
            Arrays.fill(key, (byte) 0);
            // A certificate's file may hold the key as well.
            Arrays.fill(chain, (byte) 0);
        }
    }

    /** Names the kinds of keys that the library does not know, of which it says nothing that helps. */
    private static void usable(X509Certificate certificate, KeyPairFiles files) {
        String kind = certificate.getPublicKey().getAlgorithm();
        if (!KINDS.contains(kind)) {
            throw Pem.unusable(
                    "certificate",
                    files.certificate(),
                    "its key is of type " + (kind.equals("RSASSA-PSS") ? "RSA-PSS" : kind)
                            + ", which the TLS library does not know; " + WRITE);
        }
    }

    private static long credential(KeyPairFiles files, byte[] chain, byte[] key) {
        long parsedChain = 0;
        long parsedKey = 0;
        long credential = 0;
        try {
            parsedChain = parse(chain, Parser.CHAIN);
            parsedKey = parse(key, Parser.KEY);
            if (parsedKey == 0) {
                throw Pem.unusable("key", files.key(), "there is no PEM private key in it");
            }
            credential = SSLCredential.newX509();
            SSLCredential.setCertChain(credential, parsedChain);
            SSLCredential.setPrivateKey(credential, parsedKey);
            SSLCredential.setSigningAlgorithmPrefs(credential, SIGNATURES);
            long done = credential;
            credential = 0;
            return done;
        } catch (TlsException e) {
            throw e;
        } catch (Exception _) {
            // What the library says may be about the key: it is not passed on.
            SSL.clearError();
            throw Pem.unusable(
                    parsedKey == 0 ? "key" : "certificate",
                    parsedKey == 0 ? files.key() : files.certificate(),
                    parsedKey == 0
                            ? "there is no PEM private key in it that the TLS library can read; " + WRITE
                            : "key \"" + files.key() + "\" is not the key of this certificate");
        } finally {
            free(credential, parsedChain, parsedKey);
        }
    }

    private static long nativeChain(byte[] chain) {
        try {
            return parse(chain, Parser.CHAIN);
        } catch (Exception e) {
            throw new IllegalStateException("a chain could be read once and not again", e);
        }
    }

    private static void free(long credential, long chain, long key) {
        if (credential != 0) {
            freeCredential(credential);
        }
        if (chain != 0) {
            SSL.freeX509Chain(chain);
        }
        if (key != 0) {
            SSL.freePrivateKey(key);
        }
    }

    private static void freeCredential(long credential) {
        try {
            SSLCredential.free(credential);
        } catch (Exception e) {
            throw new IllegalStateException("a certificate could not be freed", e);
        }
    }

    private enum Parser {
        CHAIN,
        KEY
    }

    private static long parse(byte[] pem, Parser parser) throws Exception {
        ByteBuffer copy = ByteBuffer.allocateDirect(pem.length);
        long source = SSL.newMemBIO();
        try {
            copy.put(pem);
            SSL.bioWrite(source, Buffer.address(copy), pem.length);
            return switch (parser) {
                case CHAIN -> SSL.parseX509Chain(source);
                case KEY -> SSL.parsePrivateKey(source, null);
            };
        } finally {
            SSL.freeBIO(source);
            for (int i = 0; i < pem.length; i++) {
                copy.put(i, (byte) 0);
            }
        }
    }

    private static Set<String> namesOf(X509Certificate certificate) {
        Set<String> names = new LinkedHashSet<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> each : alternatives) {
                    if (each.get(0).equals(DNS_NAME)) {
                        names.add(HostName.canonical(String.valueOf(each.get(1))));
                    }
                }
            }
        } catch (CertificateParsingException _) {
            // It serves those who name no server.
        }
        String commonName = PeerCertificate.commonName(certificate);
        if (names.isEmpty() && commonName != null) {
            names.add(HostName.canonical(commonName));
        }
        return names;
    }

    long credential() {
        return credential;
    }

    X509Certificate certificate() {
        return certificate;
    }

    /** DNS names that it is for, in canonical form; the first label of one may be a star. */
    Set<String> names() {
        return names;
    }

    boolean hasEllipticKey() {
        return !isRsa(certificate);
    }

    private static boolean isRsa(X509Certificate certificate) {
        return certificate.getPublicKey().getAlgorithm().equals("RSA");
    }

    /** Has a session present it whose context has the signer, but not this. It comes after those of the context. */
    void give(long ssl) throws Exception {
        if (signer == null || signer.hasFailed()) {
            SSL.addCredential(ssl, credential);
        } else {
            // Without a key: the signer is asked.
            SSL.setKeyMaterial(ssl, nativeChain, 0);
        }
    }

    /** What signs for it faster than the library does; null when nothing does. */
    @Nullable
    RsaSigner signer() {
        return signer;
    }

    /** Leaves signing to the library. No session may have begun. */
    void dropSigner() {
        if (signer != null) {
            signer.free();
            signer = null;
            SSL.freeX509Chain(nativeChain);
            nativeChain = 0;
        }
    }

    void free() {
        dropSigner();
        freeCredential(credential);
    }
}
