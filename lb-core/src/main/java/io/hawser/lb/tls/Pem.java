package io.hawser.lb.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hawser.lb.pem.PemBlocks;
import io.hawser.lb.pem.RevocationFile;
import io.hawser.lb.pem.RevocationList;
import io.hawser.lb.pem.TicketKeyFile;
import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import io.netty.internal.tcnative.Buffer;
import io.netty.internal.tcnative.SSL;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Reads PEM files (RFC 7468). Stateless; any thread that may block. */
final class Pem {
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
        try {
            return PemBlocks.certificates(content);
        } catch (CertificateException e) {
            throw unusable(what, file, String.valueOf(e.getMessage()));
        }
    }

    /** All revocation lists of a file, at least one, to be closed. */
    static List<RevocationList> revocationLists(FileReads reads, String what, Path file) {
        try {
            return RevocationFile.load(reads, file);
        } catch (IOException e) {
            throw unusable(what, file, String.valueOf(e.getMessage()));
        }
    }

    /** The keys of session tickets of a file, the one that seals first, to be wiped. */
    static List<byte[]> ticketKeys(FileReads reads, Path file) {
        try {
            return TicketKeyFile.load(reads, file);
        } catch (IOException e) {
            throw unusable("ticket-keys", file, String.valueOf(e.getMessage()));
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
}
