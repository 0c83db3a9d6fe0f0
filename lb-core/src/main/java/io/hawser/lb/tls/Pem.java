package io.hawser.lb.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import io.netty.internal.tcnative.Buffer;
import io.netty.internal.tcnative.SSL;
import java.io.ByteArrayInputStream;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads PEM files (RFC 7468). Stateless; any thread that may block. */
final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

    private Pem() {}

    static byte[] read(FileReads reads, String what, Path file) {
        try {
            byte[] bytes = reads.bytes(file);
            if (bytes.length == 0) {
                throw unusable(what, file, "it is empty");
            }
            return bytes;
        } catch (UnreadableFileException e) {
            throw unusable(what, file, String.valueOf(e.getMessage()));
        }
    }

    static TlsException unusable(String what, Path file, String why) {
        return new TlsException("%s \"%s\" cannot be used: %s".formatted(what, file, why));
    }

    /** All certificates of a file, at least one, in its order. */
    static List<X509Certificate> certificates(FileReads reads, String what, Path file) {
        return certificates(what, file, read(reads, what, file));
    }

    /** The same of a file that was read already. */
    static List<X509Certificate> certificates(String what, Path file, byte[] content) {
        List<X509Certificate> certificates = new ArrayList<>();
        for (byte[] der : blocks(content, "CERTIFICATE")) {
            X509Certificate certificate = certificate(der);
            if (certificate == null) {
                throw unusable(what, file, "certificate " + (certificates.size() + 1) + " in it is damaged");
            }
            certificates.add(certificate);
        }
        if (certificates.isEmpty()) {
            throw unusable(what, file, "there is no PEM certificate in it");
        }
        return certificates;
    }

    /** All revocation lists of a file, at least one. */
    static List<X509CRL> revocationLists(FileReads reads, String what, Path file) {
        List<X509CRL> lists = new ArrayList<>();
        for (byte[] der : blocks(read(reads, what, file), "X509 CRL")) {
            try {
                lists.add((X509CRL) CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(der)));
            } catch (CRLException | CertificateException _) {
                throw unusable(what, file, "revocation list " + (lists.size() + 1) + " in it is damaged");
            }
        }
        if (lists.isEmpty()) {
            throw unusable(what, file, "there is no PEM revocation list in it");
        }
        return lists;
    }

    /** A certificate of its DER form; null when that is damaged. */
    static @Nullable X509Certificate certificate(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException _) {
            return null;
        }
    }

    /** Certificates as PEM in memory of the library, to be freed as a BIO. */
    static long nativeCopy(List<X509Certificate> certificates) throws Exception {
        StringBuilder text = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            text.append("-----BEGIN CERTIFICATE-----\n")
                    .append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded()))
                    .append("\n-----END CERTIFICATE-----\n");
        }
        byte[] pem = text.toString().getBytes(ISO_8859_1);
        ByteBuffer copy = ByteBuffer.allocateDirect(pem.length).put(pem);
        long bio = SSL.newMemBIO();
        try {
            SSL.bioWrite(bio, Buffer.address(copy), pem.length);
        } finally {
            Reference.reachabilityFence(copy);
        }
        return bio;
    }

    /** Whether a key file needs a password. */
    static boolean isEncrypted(byte[] keyFile) {
        return contains(keyFile, "BEGIN ENCRYPTED PRIVATE KEY") || contains(keyFile, "Proc-Type: 4,ENCRYPTED");
    }

    // Not by way of a string: one that holds a key cannot be wiped.
    private static boolean contains(byte[] file, String text) {
        byte[] wanted = text.getBytes(ISO_8859_1);
        for (int at = 0; at + wanted.length <= file.length; at++) {
            if (Arrays.equals(file, at, at + wanted.length, wanted, 0, wanted.length)) {
                return true;
            }
        }
        return false;
    }

    private static List<byte[]> blocks(byte[] file, String label) {
        List<byte[]> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(new String(file, ISO_8859_1));
        while (matcher.find()) {
            if (matcher.group(1).equals(label)) {
                try {
                    blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
                } catch (IllegalArgumentException _) {
                    blocks.add(new byte[0]);
                }
            }
        }
        return blocks;
    }
}
