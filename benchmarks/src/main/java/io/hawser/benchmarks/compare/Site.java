package io.hawser.benchmarks.compare;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files and ports of one comparison.
 *
 * @param directory of its own, for all files
 * @param ports where everything listens
 * @param haproxy the command that is HAProxy
 * @param other the command that is another HAProxy, to be compared too; null for none
 * @param hawser the command that is hawser
 * @param tls whether the proxies shall offer TLS too
 */
record Site(
        Path directory,
        Ports ports,
        String haproxy,
        @Nullable String other,
        String hawser,
        boolean tls) {
    static final long FILE_BYTES = 256L << 20;
    static final double FILE_GIB = 0.25;

    /** Makes certificates, and the files that are served. */
    void prepare() {
        try {
            Path served = Files.createDirectories(directory.resolve("www"));
            Files.writeString(served.resolve("1k"), "x".repeat(1024));
            try (RandomAccessFile file =
                    new RandomAccessFile(served.resolve("256m").toFile(), "rw")) {
                file.setLength(FILE_BYTES);
            }
            certify("ecdsa", List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"));
            certify("rsa", List.of("-newkey", "rsa:2048"));
        } catch (IOException e) {
            throw new CompareException("the files of the comparison cannot be made: " + e.getMessage(), e);
        }
    }

    private void certify(String kind, List<String> key) throws IOException {
        new Tool(
                        "openssl",
                        "req",
                        "-x509",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=localhost",
                        "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1")
                .with(key)
                .with(List.of(
                        "-keyout",
                        key(kind).toString(),
                        "-out",
                        certificate(kind).toString()))
                .run(directory);
        Files.writeString(bundle(kind), Files.readString(certificate(kind)) + Files.readString(key(kind)));
    }

    Path certificate(String kind) {
        return directory.resolve(kind + ".crt");
    }

    Path key(String kind) {
        return directory.resolve(kind + ".key");
    }

    /** Certificate and key in one file, as HAProxy wants them. */
    Path bundle(String kind) {
        return directory.resolve(kind + ".pem");
    }
}
