package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.cli.Handlers.ManifestOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
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
                hawser manifest: no pod for %1$s, which would not start: hawser init writes one, hawser check judges it
                """.formatted(file), err.toString(UTF_8));
    }
}
