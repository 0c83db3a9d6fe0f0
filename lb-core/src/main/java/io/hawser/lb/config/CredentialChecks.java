package io.hawser.lb.config;

import io.hawser.lb.pem.PemBlocks;
import io.hawser.lb.pem.RevocationFile;
import io.hawser.lb.pem.TicketKeyFile;
import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether the files with certificates, keys and revocation lists hold what they should, now. One thread; blocks on the files. */
final class CredentialChecks {
    /*
     * The files are read here to be judged and then forgotten: whoever uses them reads them again, and again when they change, and
     * nothing of a key stays in memory because of a check.
     */
    private static final Duration SOON = Duration.ofDays(14);

    private final Report report;
    private final SourceText source;
    private final Instant now;

    CredentialChecks(Report report, SourceText source) {
        this.report = report;
        this.source = source;
        this.now = Instant.now();
    }

    /**
     * The certificate of a pair of files, which must belong together.
     *
     * @return the certificate; null: there is none, and the report says why
     */
    @Nullable
    X509Certificate pair(Section section, Key<Path> certificate, Key<Path> key) {
        List<X509Certificate> chain = certificates(section, certificate);
        byte[] secret = bytes(section, key);
        Path keyFile = file(section, key);
        if (keyFile != null && secret != null) {
            notForOthers(section.spot(key), keyFile, "key");
        }
        if (!chain.isEmpty() && secret != null) {
            belongTogether(section, key, chain.getFirst(), secret);
        }
        if (chain.isEmpty()) {
            return null;
        }
        validity(section.spot(certificate), file(section, certificate), chain.getFirst());
        return chain.getFirst();
    }

    /** A file of certificates that others must lead to. */
    void authorities(Section section, Key<Path> key) {
        List<X509Certificate> all = certificates(section, key);
        if (!all.isEmpty()
                && all.stream().allMatch(each -> each.getNotAfter().toInstant().isBefore(now))) {
            report.warning(
                    section.spot(key),
                    "every certificate in " + shown(file(section, key))
                            + " has expired: nothing leads to them any more");
        }
    }

    /** A file of revocation lists. */
    void revocations(Section section, Key<Path> key) {
        Path file = file(section, key);
        if (file == null || !source.readsFiles()) {
            return;
        }
        try {
            for (Instant next : RevocationFile.check(FileReads.standard(), file)) {
                if (next != null && next.isBefore(now)) {
                    report.warning(
                            section.spot(key),
                            "a revocation list in " + shown(file) + " should have been replaced on " + day(next)
                                    + ": fetch the next one");
                }
            }
        } catch (UnreadableFileException e) {
            FileCheck.tell(report, section.spot(key), file, e);
        } catch (IOException e) {
            report.problem(section.spot(key), "the file " + shown(file) + " cannot be used: " + e.getMessage());
        }
    }

    /** A file of keys of session tickets. */
    void ticketKeys(Section section, Key<Path> key) {
        Path file = file(section, key);
        if (file == null || !source.readsFiles()) {
            return;
        }
        try {
            TicketKeyFile.wipe(TicketKeyFile.load(FileReads.standard(), file));
            notForOthers(section.spot(key), file, "ticket keys");
        } catch (UnreadableFileException e) {
            FileCheck.tell(report, section.spot(key), file, e);
        } catch (IOException e) {
            report.problem(section.spot(key), "the file " + shown(file) + " cannot be used: " + e.getMessage());
        }
    }

    /** Warns when everybody on this host may read a file. */
    void notForOthers(SourceLocation spot, Path file, String what) {
        try {
            if (FileReads.standard()
                    .ask(file, () -> Files.getPosixFilePermissions(file))
                    .contains(PosixFilePermission.OTHERS_READ)) {
                report.warning(
                        spot, "every user of this host can read the " + what + " " + shown(file) + ": chmod 600 it");
            }
        } catch (IOException | UnsupportedOperationException e) {
            // A file system without modes protects its files in other ways.
        }
    }

    private @Nullable Path file(Section section, Key<Path> key) {
        Path written = section.has(key) ? section.find(key) : null;
        return written == null ? null : source.directory().resolve(written);
    }

    private static String shown(@Nullable Path file) {
        return Messages.quote(String.valueOf(file));
    }

    /** The content of a file; null: the key is not written, or the report says why. */
    private byte @Nullable [] bytes(Section section, Key<Path> key) {
        return new FileCheck(report, source).bytes(section, key);
    }

    private List<X509Certificate> certificates(Section section, Key<Path> key) {
        byte[] content = bytes(section, key);
        if (content == null) {
            return List.of();
        }
        try {
            return PemBlocks.certificates(content);
        } catch (CertificateException e) {
            report.problem(
                    section.spot(key), "the file " + shown(file(section, key)) + " cannot be used: " + e.getMessage());
            return List.of();
        }
    }

    private void belongTogether(Section section, Key<Path> key, X509Certificate certificate, byte[] secret) {
        String shown = "the file " + shown(file(section, key));
        String why = switch (PrivateKeyMatch.of(secret, certificate.getPublicKey())) {
            case MATCHES, UNKNOWN -> "";
            case NO_KEY -> shown + " holds no private key in PEM (BEGIN PRIVATE KEY)";
            case ENCRYPTED ->
                shown + " holds a key that is encrypted, and nobody is there to type its passphrase:"
                        + " decrypt it with openssl pkey -in FILE -out NEW";
            case DAMAGED -> shown + " holds a private key that cannot be read: write it anew";
            case OTHER ->
                shown + " holds the key of another certificate, not of "
                        + certificate.getSubjectX500Principal().getName() + ": name the two that belong together";
        };
        if (!why.isEmpty()) {
            report.problem(section.spot(key), why);
        }
    }

    private void validity(SourceLocation spot, @Nullable Path file, X509Certificate certificate) {
        Instant from = certificate.getNotBefore().toInstant();
        Instant until = certificate.getNotAfter().toInstant();
        String subject = "the certificate in " + shown(file);
        if (until.isBefore(now)) {
            report.warning(spot, subject + " expired on " + day(until) + ": renew it");
        } else if (until.isBefore(now.plus(SOON))) {
            report.warning(
                    spot,
                    subject + " expires on " + day(until) + ", in less than "
                            + (Duration.between(now, until).toDays() + 1) + " days: renew it");
        } else if (from.isAfter(now)) {
            report.warning(spot, subject + " is valid from " + day(from) + " on only: check this host's clock");
        }
    }

    private static String day(Instant instant) {
        return instant.atZone(ZoneOffset.UTC).toLocalDate().toString();
    }
}
