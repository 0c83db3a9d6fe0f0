package io.hawser.lb.pem;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CRL;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Cipher;
import org.jspecify.annotations.Nullable;

/**
 * The signature of a list, which may have been read before it is known whose key signed it. Immutable.
 */
sealed interface ListSignature {

    /** Whether the owner of a key signed the list. */
    boolean isBy(PublicKey key);

    /** A digest that was signed. */
    final class Digested implements ListSignature {
        private final Algorithm algorithm;
        private final byte[] digest;
        private final byte[] signature;

        Digested(Algorithm algorithm, byte[] digest, byte[] signature) {
            this.algorithm = algorithm;
            this.digest = digest;
            this.signature = signature;
        }

        @Override
        public boolean isBy(PublicKey key) {
            try {
                return switch (key) {
                    case RSAPublicKey rsa when algorithm.isRsa() -> isByRsa(rsa);
                    case ECPublicKey elliptic when !algorithm.isRsa() -> isByElliptic(elliptic);
                    default -> false;
                };
            } catch (GeneralSecurityException _) {
                return false;
            }
        }

        // RFC 8017 8.2.2: what has to be there is made and compared as a whole, so that nothing of it is parsed.
        private boolean isByRsa(RSAPublicKey key) throws GeneralSecurityException {
            Cipher cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding");
            cipher.init(Cipher.DECRYPT_MODE, key);
            byte[] prefix = HexFormat.of().parseHex(algorithm.prefix());
            byte[] expected = Arrays.copyOf(prefix, prefix.length + digest.length);
            System.arraycopy(digest, 0, expected, prefix.length, digest.length);
            return Arrays.equals(expected, cipher.doFinal(signature));
        }

        private boolean isByElliptic(ECPublicKey key) throws GeneralSecurityException {
            Signature verifier = Signature.getInstance("NONEwithECDSA");
            verifier.initVerify(key);
            verifier.update(digest);
            return verifier.verify(signature);
        }
    }

    /** A small list as a whole, in DER, for algorithms that do not sign a digest. */
    final class Whole implements ListSignature {
        private final byte[] der;

        Whole(byte[] der) {
            this.der = der;
        }

        @Override
        public boolean isBy(PublicKey key) {
            try {
                CRL list = CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(der));
                if (list instanceof X509CRL known) {
                    known.verify(key);
                    return true;
                }
                return false;
            } catch (GeneralSecurityException _) {
                return false;
            }
        }
    }

    /**
     * How a digest is signed.
     *
     * @param digest the digest's name
     * @param isRsa whether with RSA (PKCS #1, version 1.5), else with ECDSA
     * @param prefix of a digest signed with RSA: DigestInfo but for the digest, in hex
     */
    record Algorithm(String digest, boolean isRsa, String prefix) {
        /** By object identifier, in hex. */
        private static final Map<String, Algorithm> ALL = Map.of(
                "2a864886f70d010105", rsa("SHA-1", "3021300906052b0e03021a05000414"),
                "2a864886f70d01010b", rsa("SHA-256", "3031300d060960864801650304020105000420"),
                "2a864886f70d01010c", rsa("SHA-384", "3041300d060960864801650304020205000430"),
                "2a864886f70d01010d", rsa("SHA-512", "3051300d060960864801650304020305000440"),
                "2a8648ce3d0401", elliptic("SHA-1"),
                "2a8648ce3d040302", elliptic("SHA-256"),
                "2a8648ce3d040303", elliptic("SHA-384"),
                "2a8648ce3d040304", elliptic("SHA-512"));

        private static Algorithm rsa(String digest, String prefix) {
            return new Algorithm(digest, true, prefix);
        }

        private static Algorithm elliptic(String digest) {
            return new Algorithm(digest, false, "");
        }

        /** The one of an object identifier; null: none of these. */
        static @Nullable Algorithm of(byte[] identifier) {
            return ALL.get(HexFormat.of().formatHex(identifier));
        }
    }
}
