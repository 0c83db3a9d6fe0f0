package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.cli.Handlers.CheckOptions;
import io.hawser.lb.cli.Handlers.ManifestOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands say of a configuration that they cannot use. */
class NodeHandlersTest {
    @Test
    void thereIsNoPodForAFileThatDoesNotExist(@TempDir Path directory) {
        Path file = directory.resolve("hawser.yaml");
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();

        int code = new NodeHandlers()
                .manifest(
                        new ManifestOptions(file, null, null, false),
                        new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8));

        assertEquals(ExitCode.CONFIGURATION, code);
        // Nothing that a redirection into the manifests' folder would leave there.
        assertEquals("", out.toString(UTF_8));
        assertEquals("""
                %1$s:1:1: there is no such file: write it, or name another with --config
                hawser manifest: %1$s is invalid: mend it (hawser check), or write one with hawser init
                """.formatted(file), err.toString(UTF_8));
    }

    @Test
    void checkRefusesAKeyThatAStartWouldRefuse(@TempDir Path directory) throws Exception {
        // netty's builder makes no keys of this kind
        Process made = new ProcessBuilder(
                        "openssl",
                        "req",
                        "-x509",
                        "-nodes",
                        "-newkey",
                        "rsa-pss",
                        "-pkeyopt",
                        "rsa_keygen_bits:2048",
                        "-subj",
                        "/CN=api",
                        "-days",
                        "100",
                        "-keyout",
                        "key.pem",
                        "-out",
                        "crt.pem")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("openssl.log").toFile())
                .start();
        assumeTrue(made.waitFor() == 0, "needs an openssl that makes RSA-PSS keys");
        Files.setPosixFilePermissions(directory.resolve("key.pem"), PosixFilePermissions.fromString("rw-------"));
        Path file = Files.writeString(directory.resolve("hawser.yaml"), """
                nodes: [{name: one, address: 127.0.0.1}]
                listeners:
                  - {name: api, bind: "127.0.0.1:16443", pool: p, mode: tls, tls: {certificate: crt.pem, key: key.pem}}
                pools: [{name: p, members: ["127.0.0.1:16444"]}]
                """);
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();

        int code = new NodeHandlers()
                .check(
                        new CheckOptions(file, "one", null, false),
                        new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8));

        assertEquals("""
                %s: listener "api": certificate "%s" cannot be used: its key is of type RSA-PSS, which the TLS library does\
                 not know; use a key of type RSA (rsaEncryption), Ed25519, or EC on P-256, P-384 or P-521
                1 problem
                """.formatted(file, directory.resolve("crt.pem")), err.toString(UTF_8));
        assertEquals(ExitCode.CONFIGURATION, code);
        assertEquals("", out.toString(UTF_8));
    }
}
