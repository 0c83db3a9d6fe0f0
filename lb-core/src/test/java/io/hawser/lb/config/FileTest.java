package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.Finding.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no configuration at all, and text that is no YAML. */
class FileTest {
    @TempDir
    private Path directory;

    private static String only(Loaded loaded) {
        Loaded.Invalid invalid = assertInstanceOf(Loaded.Invalid.class, loaded);
        assertEquals(1, invalid.problems().size(), invalid.problems()::toString);
        Problem problem = invalid.problems().getFirst();
        return problem.line() + ":" + problem.column() + ": " + problem.message();
    }

    private String load(byte[] bytes) throws IOException {
        Path file = Files.write(directory.resolve("hawser.yaml"), bytes);
        return only(ConfigLoader.load(file, Given.lb1()));
    }

    private static String parse(String text) {
        return only(ConfigLoader.parse(Given.FILE, text, Given.lb1()));
    }

    @Test
    void aMissingFile() {
        Path file = directory.resolve("none.yaml");
        assertEquals(
                file + ":1:1: there is no such file: write it, or name another with --config",
                assertInstanceOf(Loaded.Invalid.class, ConfigLoader.load(file, Given.lb1()))
                        .problems()
                        .getFirst()
                        .render());
    }

    @Test
    void aDirectory() {
        assertEquals("1:1: this is a directory: name the file in it", only(ConfigLoader.load(directory, Given.lb1())));
    }

    @Test
    void aFileThatCannotBeRead() throws IOException {
        String message = only(ConfigLoader.load(directory.resolve("x".repeat(300)), Given.lb1()));
        assertTrue(message.startsWith("1:1: reading it failed: "), message);
    }

    @Test
    void aFileOfMoreThanOneMebibyte() throws IOException {
        byte[] bytes = "#".repeat(ConfigLoader.MOST_BYTES + 1).getBytes(StandardCharsets.UTF_8);
        assertEquals("1:1: it is larger than 1048576 bytes: this is no configuration", load(bytes));
    }

    @Test
    void bytesThatAreNotUtf8() throws IOException {
        byte[] latin = "nodes:\n  - {name: \u00fc, \u00e9}".getBytes(StandardCharsets.ISO_8859_1);
        assertEquals("2:12: the byte 0xfc is not UTF-8: save the file as UTF-8", load(latin));
        assertEquals(
                "1:1: the byte 0xfe is not UTF-8: save the file as UTF-8",
                load("nodes:".getBytes(StandardCharsets.UTF_16)));
        assertEquals("1:2: the byte 0xc3 is not UTF-8: save the file as UTF-8", load(new byte[] {'a', (byte) 0xC3}));
    }

    @Test
    void aByteOrderMarkDoesNotMatter() throws IOException {
        Path file = Files.writeString(directory.resolve("hawser.yaml"), "\uFEFF" + Given.KUBEADM);
        assertInstanceOf(Loaded.Ok.class, ConfigLoader.load(file, Given.lb1()));
    }

    @Test
    void relativeFilesAreFoundNextToTheConfiguration() throws IOException {
        Files.writeString(directory.resolve("token"), "t");
        Path file = Files.writeString(
                directory.resolve("hawser.yaml"), Given.KUBEADM.replace("path: /readyz", "bearer-token-file: token"));
        Loaded.Ok ok = assertInstanceOf(Loaded.Ok.class, ConfigLoader.load(file, Given.lb1()));
        assertEquals(
                Optional.of(directory.resolve("token")),
                ok.config().pools().getFirst().health().request().bearerTokenFile());
    }

    @Test
    void anEmptyFile() {
        String empty = "1:1: the file is empty: write at least nodes, listeners and pools";
        assertEquals(empty, parse(""));
        assertEquals(empty, parse("# only a remark\n"));
    }

    @Test
    void aFileOfAnotherShape() {
        String start = "1:1: keys such as nodes, listeners and pools are expected; found ";
        assertEquals(start + "a list", parse("- nodes"));
        assertEquals(start + "\"nodes:lb1\" (a key needs a blank after its colon)", parse("nodes:lb1"));
        assertEquals(start + "no value", parse("~"));
    }

    @Test
    void aFileWithNothingToDo() {
        assertEquals(
                "1:1: there is nothing to do: write listeners, virtual-routers or both",
                parse("nodes: [{name: lb1, address: 10.77.0.11}]"));
    }

    @Test
    void severalDocuments() {
        assertEquals(
                "12:1: a second document starts here: keep one, and remove this ---",
                parse(Given.KUBEADM + "---\nnodes: []\n"));
    }

    @Test
    void textThatIsNotYaml() {
        assertEquals("1:8: not YAML: the quote that opens here is not closed", parse("nodes: 'abc\nx: y\n"));
        assertEquals(
                "2:2: not YAML: a comma or ] is missing; the list or the keys start at line 1, column 8",
                parse("nodes: [a, b\nc: d\n"));
        assertEquals("1:8: not YAML: a value cannot start with this character: put it in quotes", parse("nodes: @x"));
        assertEquals("1:1: not YAML: the text after this cannot be read", parse("a: \"\\Uffffffff\""));
        assertEquals("2:4: a control character: remove it", parse("a: b\nc: \u0007"));
    }

    @Test
    void aliasesMayRepeatButNotExplode() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 9; i++) {
            String alias = "*a" + (i - 1);
            bomb.append("a%d: &a%d [%s]\n".formatted(i, i, String.join(", ", Collections.nCopies(10, alias))));
        }
        assertEquals("5:45: more than 100000 values with every alias written out: write fewer", parse(bomb.toString()));
        Config config = Given.config(Given.KUBEADM
                        .replace("{type: https, path: /readyz}", "&h {type: https, path: /readyz}")
                        .replace("pools:\n", "  - {name: other, bind: 10.77.0.10:7443, pool: others}\npools:\n")
                + "  - {name: others, members: [10.77.0.29:7443], health: *h}\n");
        assertEquals(config.pools().getFirst().health(), config.pools().get(1).health());
    }

    @Test
    void depthWithoutEnd() {
        assertEquals("1:35: nested more than 32 deep: no key is", parse("a: " + "[".repeat(500_000)));
    }

    @Test
    void aFindingShowsItsLineWithACaret() {
        String yaml = Given.KUBEADM.replace("kube-api,", "\"\u00fc\uD83D\uDE80\t\",");
        Loaded.Invalid invalid = assertInstanceOf(
                Loaded.Invalid.class, ConfigLoader.parse(Given.FILE, yaml.replace("6443,", "0,"), Given.lb1()));
        assertEquals("""
                hawser.yaml:7:25: listeners[0].bind: 0 is not a port (1 to 65535)
                      - {name: "\u00fc\uD83D\uDE80\t", bind: 10.77.0.10:0, pool: masters}
                                  \t         ^""", invalid.problems().get(1).renderWithSource());
        assertEquals("a:1:1: gone", new Problem("a", 1, 1, "", "gone", "").renderWithSource(), "no line, no caret");
    }

    @Test
    void windowsLineEndsShowTheirLines() {
        String yaml = Given.KUBEADM.replace("id: 51", "id: 0").replace("\n", "\r\n");
        Problem problem = assertInstanceOf(Loaded.Invalid.class, ConfigLoader.parse(Given.FILE, yaml, Given.lb1()))
                .problems()
                .getFirst();
        assertEquals("  - {name: api, id: 0, addresses: [10.77.0.10]}", problem.source());
    }
}
