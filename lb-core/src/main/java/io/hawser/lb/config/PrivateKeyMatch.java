package io.hawser.lb.config;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Whether a file's private key belongs to a public one. */
enum PrivateKeyMatch {
    /** It does. */
    MATCHES,
    /** It is the key of another. */
    OTHER,
    /** The file holds no private key in PEM. */
    NO_KEY,
    /** The key is protected with a passphrase. */
    ENCRYPTED,
    /** What stands between the marks is no key. */
    DAMAGED,
    /** The algorithm is not one that the JDK signs with, so it cannot be told. */
    UNKNOWN;

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ((?:RSA |EC |ENCRYPTED )?)PRIVATE KEY-----([^-]*)-----END \\1PRIVATE KEY-----");
    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};

    /** Judges the content of a key file. */
    static PrivateKeyMatch of(byte[] file, PublicKey of) {
        Matcher pem = PEM.matcher(new String(file, StandardCharsets.ISO_8859_1));
        if (!pem.find()) {
            return NO_KEY;
        }
        // RFC 1421 4.6.1.1 is how OpenSSL says that one of the old forms is encrypted.
        if (pem.group(1).equals("ENCRYPTED ") || pem.group(2).contains("Proc-Type: 4,ENCRYPTED")) {
            return ENCRYPTED;
        }
        String signing = signing(of);
        if (signing == null) {
            return UNKNOWN;
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(pem.group(2));
            byte[] pkcs8 = pem.group(1).isEmpty() ? der : wrapped(der, of);
            return signs(
                            KeyFactory.getInstance(of.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(pkcs8)),
                            of,
                            signing)
                    ? MATCHES
                    : OTHER;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return DAMAGED;
        }
    }

    private static @Nullable String signing(PublicKey key) {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "EdDSA", "Ed25519", "Ed448" -> "EdDSA";
            default -> null;
        };
    }

    private static boolean signs(PrivateKey key, PublicKey of, String signing) throws GeneralSecurityException {
        byte[] text = "belongs".getBytes(StandardCharsets.US_ASCII);
        Signature signature = Signature.getInstance(signing);
        signature.initSign(key);
        signature.update(text);
        byte[] signed = signature.sign();
        signature.initVerify(of);
        signature.update(text);
        return signature.verify(signed);
    }

    /**
     * A key of the forms before PKCS #8, which kubeadm writes and the JDK does not read, in that form (RFC 5958 2): the algorithm
     * that it lacks is that of the certificate's key (RFC 5280 4.1, the first part of subjectPublicKeyInfo).
     */
    private static byte[] wrapped(byte[] key, PublicKey of) {
        byte[] info = of.getEncoded();
        int algorithm = 1 + lengthOfLength(info, 1);
        int end = algorithm + 1 + lengthOfLength(info, algorithm + 1) + length(info, algorithm + 1);
        byte[] content = concat(VERSION_0, Arrays.copyOfRange(info, algorithm, end), der(OCTET_STRING, key));
        return der(SEQUENCE, content);
    }

    private static int lengthOfLength(byte[] der, int at) {
        return (der[at] & 0x80) == 0 ? 1 : 1 + (der[at] & 0x7F);
    }

    private static int length(byte[] der, int at) {
        int length = der[at] & 0x7F;
        if ((der[at] & 0x80) == 0) {
            return length;
        }
        int value = 0;
        for (int i = 1; i <= length; i++) {
            value = (value << 8) | (der[at + i] & 0xFF);
        }
        return value;
    }

    private static byte[] der(int tag, byte[] content) {
        byte[] length = content.length < 0x80
                ? new byte[] {(byte) content.length}
                : new byte[] {(byte) 0x82, (byte) (content.length >> 8), (byte) content.length};
        return concat(new byte[] {(byte) tag}, length, content);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
