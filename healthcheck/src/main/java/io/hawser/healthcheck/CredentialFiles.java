package io.hawser.healthcheck;

import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The files that a plan names, read and turned into what a check needs. Reads block, so not on the health loop; one
 * thread at a time.
 */
final class CredentialFiles {
    private final Key key;
    private final FileReads reads;
    private Map<Path, byte[]> contents = Map.of();
    private boolean isLoaded;

    /** What of a plan decides about credentials: plans that agree here share them. */
    record Key(boolean usesTls, CheckPlan.Tls tls, @Nullable Path tokenFile) {
        static Key of(CheckPlan plan) {
            boolean usesTls = plan.type().usesTls();
            return new Key(
                    usesTls,
                    usesTls ? plan.tls() : CheckPlan.Tls.UNVERIFIED,
                    plan.type().usesHttp() ? plan.request().bearerTokenFile() : null);
        }
    }

    private static final class UnusableFileException extends Exception {
        private static final long serialVersionUID = 1L;

        UnusableFileException(String message) {
            super(message);
        }
    }

    CredentialFiles(Key key) {
        this(key, FileReads.standard());
    }

    /** The same with what reads the files. */
    CredentialFiles(Key key, FileReads reads) {
        this.key = key;
        this.reads = reads;
    }

    /** What the files give now, or null when nothing has changed since the last call. */
    @Nullable
    Credentials load() {
        try {
            var read = readAll();
            if (isLoaded && isSame(read)) {
                return null;
            }
            var token = token(read);
            var context = key.usesTls() ? context(read) : null;
            contents = read;
            isLoaded = true;
            return new Credentials.Ready(context, token);
        } catch (UnusableFileException e) {
            // Files that become usable again are taken again, even if they are then as before.
            isLoaded = false;
            return new Credentials.Unusable(String.valueOf(e.getMessage()));
        }
    }

    private Map<Path, byte[]> readAll() throws UnusableFileException {
        var read = new HashMap<Path, byte[]>();
        add(read, "bearer-token-file", key.tokenFile());
        add(read, "ca", key.tls().ca());
        add(read, "certificate", key.tls().certificate());
        add(read, "key", key.tls().key());
        return read;
    }

    private void add(Map<Path, byte[]> read, String name, @Nullable Path file) throws UnusableFileException {
        if (file == null) {
            return;
        }
        try {
            var bytes = reads.bytes(file);
            if (bytes.length == 0) {
                throw unusable(name, file, "it is empty");
            }
            read.put(file, bytes);
        } catch (UnreadableFileException e) {
            throw unusable(name, file, String.valueOf(e.getMessage()));
        }
    }

    private static UnusableFileException unusable(String name, Path file, String why) {
        return new UnusableFileException("health check %s \"%s\" cannot be used: %s".formatted(name, file, why));
    }

    private boolean isSame(Map<Path, byte[]> read) {
        return read.keySet().equals(contents.keySet())
                && read.entrySet().stream().allMatch(e -> Arrays.equals(e.getValue(), contents.get(e.getKey())));
    }

    private @Nullable String token(Map<Path, byte[]> read) throws UnusableFileException {
        var file = key.tokenFile();
        if (file == null) {
            return null;
        }
        var token = new String(Objects.requireNonNull(read.get(file)), StandardCharsets.UTF_8).strip();
        if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw unusable("bearer-token-file", file, "it does not hold exactly one token");
        }
        return token;
    }

    private SslContext context(Map<Path, byte[]> read) throws UnusableFileException {
        var tls = key.tls();
        var builder = SslContextBuilder.forClient()
                .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2")
                .endpointIdentificationAlgorithm(tls.ca() != null && tls.serverName() != null ? "HTTPS" : null);
        trust(builder, read);
        identify(builder, read);
        try {
            return builder.build();
        } catch (SSLException e) {
            var file = tls.certificate() != null ? tls.certificate() : tls.ca();
            throw unusable("TLS file", file == null ? Path.of("none") : file, ConnectErrors.words(e));
        }
    }

    private void trust(SslContextBuilder builder, Map<Path, byte[]> read) throws UnusableFileException {
        var ca = key.tls().ca();
        if (ca == null) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
            return;
        }
        try {
            builder.trustManager(new ByteArrayInputStream(Objects.requireNonNull(read.get(ca))));
        } catch (IllegalArgumentException e) {
            throw unusable("ca", ca, "no PEM certificate in it");
        }
    }

    private void identify(SslContextBuilder builder, Map<Path, byte[]> read) throws UnusableFileException {
        var certificate = key.tls().certificate();
        var privateKey = key.tls().key();
        if (certificate == null || privateKey == null) {
            return;
        }
        try {
            builder.keyManager(
                    new ByteArrayInputStream(Objects.requireNonNull(read.get(certificate))),
                    new ByteArrayInputStream(Objects.requireNonNull(read.get(privateKey))));
        } catch (IllegalArgumentException e) {
            // The exception is not quoted: it could quote the key.
            throw unusable(
                    "certificate",
                    certificate,
                    "it and key \"%s\" are not a PEM certificate and its private key".formatted(privateKey));
        }
    }
}
