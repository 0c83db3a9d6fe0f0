package io.hawser.lb.setup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A few answers make a file that the loader takes, or it is said why not. */
class InitTest {
    private static final InitAnswers NOTHING = new InitAnswers(null, List.of(), List.of(), null, null, null, false);

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private static Environment host(String name, String address) {
        return new Environment(
                null,
                null,
                name,
                List.of(new Environment.Interface("eth0", List.of(new Cidr(InetAddress.ofLiteral(address), 24)))),
                host -> host.equals("m1.example") ? List.of(InetAddress.ofLiteral("10.77.0.21")) : List.of());
    }

    private static InitAnswers wishes(String vip, String nodes, String masters) {
        return new InitAnswers(vip, words(nodes), words(masters), null, null, null, false);
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" "));
    }

    private Init.Result run(
            InitAnswers wishes, @Nullable Path file, boolean isForced, Init.@Nullable Questions questions) {
        return new Init(
                        host("elsewhere", "192.0.2.1"),
                        new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8))
                .run(wishes, file, isForced, questions);
    }

    private String refused(InitAnswers wishes) {
        assertEquals(Init.Result.REFUSED, run(wishes, null, false, null), out.toString(UTF_8));
        assertEquals("", out.toString(UTF_8));
        return err.toString(UTF_8);
    }

    private Config written(InitAnswers wishes, String node, String address) throws IOException {
        Path file = directory.resolve("new/hawser.yaml");
        assertEquals(Init.Result.WRITTEN, run(wishes, file, false, null), err.toString(UTF_8));
        return assertInstanceOf(Loaded.Ok.class, ConfigLoader.load(file, host(node, address)))
                .config();
    }

    @Test
    void theFileIsOneThatTheLoaderTakesOnEachNode() throws IOException {
        InitAnswers pair = wishes("10.77.0.10", "lb1=10.77.0.11 lb2=10.77.0.12", "10.77.0.21 m1.example:7443");
        Config config = written(pair, "lb2", "10.77.0.12");
        assertEquals("lb2", config.self().name());
        assertEquals(51, config.virtualRouters().getFirst().id());
        assertEquals(6443, config.listeners().getFirst().bind().getFirst().getPort());
        assertEquals(
                List.of("10.77.0.21:6443", "m1.example:7443"),
                config.pools().getFirst().members().stream()
                        .map(each -> each.name())
                        .toList());
        assertEquals(CheckPlan.Type.HTTPS, config.pools().getFirst().health().type());
        assertTrue(out.toString(UTF_8).contains("kubeadm init --control-plane-endpoint 10.77.0.10:6443"));
        try (var left = Files.list(directory.resolve("new"))) {
            assertEquals(
                    List.of("hawser.yaml"),
                    left.map(each -> each.getFileName().toString()).toList());
        }
    }

    @Test
    void whatIsGivenIsWritten() throws IOException {
        InitAnswers all = new InitAnswers(
                "fd77::10/64",
                List.of("lb1=fd77::11"),
                List.of("[fd77::21]:7443", "fd77::22"),
                "77",
                "eth0",
                "9443",
                false);
        Config config = written(all, "lb1", "fd77::11");
        assertEquals(77, config.virtualRouters().getFirst().id());
        assertEquals("eth0", config.virtualRouters().getFirst().carrier().interfaceName());
        assertEquals(9443, config.listeners().getFirst().bind().getFirst().getPort());
        assertEquals(
                List.of("[fd77::21]:7443", "[fd77::22]:6443"),
                config.pools().getFirst().members().stream()
                        .map(each -> each.name())
                        .toList());
        assertTrue(out.toString(UTF_8).contains("--control-plane-endpoint [fd77::10]:9443"), out.toString(UTF_8));
        assertTrue(out.toString(UTF_8).contains("give a second --node"), out.toString(UTF_8));
    }

    @Test
    void aStackedControlPlaneGetsAnotherPort() throws IOException {
        InitAnswers stacked = wishes("10.77.0.10", "cp1=10.77.0.11 cp2=10.77.0.12", "10.77.0.11 10.77.0.12");
        assertEquals(
                8443,
                written(stacked, "cp1", "10.77.0.11")
                        .listeners()
                        .getFirst()
                        .bind()
                        .getFirst()
                        .getPort());
        assertTrue(out.toString(UTF_8).contains("because the API servers on these nodes have 6443"));
        assertTrue(refused(stacked, "6443")
                .contains("--port 6443: the API server on cp1, cp2 listens there on every address, the virtual one"
                        + " too, unless it was told otherwise: give another port, as in --port 8443, or bind"));
    }

    private String refused(InitAnswers wishes, String port) {
        out.reset();
        return refused(new InitAnswers(wishes.vip(), wishes.nodes(), wishes.masters(), null, null, port, false));
    }

    @Test
    void aStackedControlPlaneWhoseServersAreBoundKeepsThePort() throws IOException {
        InitAnswers bound =
                new InitAnswers("10.77.0.10", List.of("cp1=10.77.0.11"), List.of("10.77.0.11"), null, null, null, true);
        assertEquals(
                new java.net.InetSocketAddress("10.77.0.10", 6443),
                written(bound, "cp1", "10.77.0.11")
                        .listeners()
                        .getFirst()
                        .bind()
                        .getFirst());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.77.0.11|lb1=10.77.0.11|10.77.0.21|--vip 10.77.0.11 is the own address of node lb1: give one of the same network",
                "fd77::10|lb1=10.77.0.11|10.77.0.21|--node lb1=10.77.0.11 is IPv4 and --vip fd77::10 is IPv6: give the nodes'",
                "10.77.0.10|lb1=10.77.0.11 lb1=10.77.0.12|10.77.0.21|--node lb1 is given twice",
                "10.77.0.10|lb1=10.77.0.11 lb2=10.77.0.11|10.77.0.21|--node lb2=10.77.0.11: another node has this address",
                "10.77.0.10|lb1=10.77.0.11|10.77.0.21 10.77.0.21:6443|--master 10.77.0.21:6443 is given twice",
                "10.77.0.10|lb1=10.77.0.11|10.77.0.10|--master 10.77.0.10:6443 is the virtual address, so connections would come back",
                "10.77.0.300|lb1=10.77.0.11|10.77.0.21|--vip: \"10.77.0.300\" is not an IPv4 address: write four numbers of 0 to 255",
                "10.77.0.10|lb1=here|10.77.0.21|--node: \"here\" is not an IP address: write one such as 10.77.0.11",
                "10.77.0.10|lb 1=10.77.0.11|10.77.0.21|--node: \"lb\" is not an IP address",
                "10.77.0.10|lb1=10.77.0.11|nope.example|--master: the host \"nope.example\" does not resolve on this node",
                "10.77.0.10|lb1=10.77.0.11|10.77.0.21:0|--master: 0 is not a port (1 to 65535)",
                "10.77.0.10|\"=10.77.0.11|10.77.0.21|--node: \"\"\" is not a name",
                "10.77.0.10|lb1=10.77.0.11||--master ADDRESS is missing; as in: hawser init --vip 10.77.0.10"
            })
    void impossibleAnswersAreRefusedWithTheirFlag(String vip, String nodes, @Nullable String masters, String expected) {
        String said = refused(wishes(vip, nodes, masters == null ? "" : masters));
        assertTrue(said.contains("hawser init: " + expected), said);
    }

    @Test
    void numbersThatAreNoneAreRefusedWithTheirFlag() {
        InitAnswers good = wishes("10.77.0.10", "lb1=10.77.0.11", "10.77.0.21");
        assertTrue(refused(good, "9100").contains("--port: 10.77.0.10:9100 clashes with 0.0.0.0:9100 of admin.bind"));
        err.reset();
        assertTrue(refused(new InitAnswers(good.vip(), good.nodes(), good.masters(), "256", "a/b", null, false))
                .contains("--vrid: 256 is not a VRID (1 to 255)"));
        assertTrue(err.toString(UTF_8).contains("--interface: \"a/b\" is not the name of an interface"));
    }

    @Test
    void aFileThatIsThereIsLeftAloneUnlessForced() throws IOException {
        Path file = Files.writeString(directory.resolve("hawser.yaml"), "mine");
        InitAnswers good = wishes("10.77.0.10", "lb1=10.77.0.11", "10.77.0.21");
        assertEquals(Init.Result.REFUSED, run(good, file, false, null));
        assertEquals("mine", Files.readString(file));
        assertEquals(
                "hawser init: " + file
                        + " is there already: give --force to replace it, or another name with --output\n",
                err.toString(UTF_8));
        assertEquals(Init.Result.WRITTEN, run(good, file, true, null));
        assertTrue(Files.readString(file).contains("10.77.0.21:6443"));
    }

    @Test
    void aPlaceThatCannotBeWrittenIsSaid() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "x");
        InitAnswers good = wishes("10.77.0.10", "lb1=10.77.0.11", "10.77.0.21");
        assertEquals(Init.Result.FAILED, run(good, file.resolve("below.yaml"), false, null));
        assertTrue(err.toString(UTF_8).startsWith("hawser init: writing " + file + "/below.yaml failed: "));
    }

    @Test
    void standardOutputGetsTheFileAlone() {
        assertEquals(Init.Result.WRITTEN, run(wishes("10.77.0.10", "lb1=10.77.0.11", "10.77.0.21"), null, false, null));
        assertTrue(out.toString(UTF_8).startsWith("# The same file on every node."));
        assertFalse(out.toString(UTF_8).contains("wrote"));
    }

    @Test
    void whatIsMissingIsAskedForAndNothingElse() {
        List<String> asked = new ArrayList<>();
        Init.Questions person = question -> {
            asked.add(question.replaceAll(",.*|: ", ""));
            return Optional.of(asked.size() == 1 ? " 10.77.0.10 " : "10.77.0.21, 10.77.0.22");
        };
        InitAnswers some = wishes("x", "lb1=10.77.0.11", "");
        assertEquals(
                Init.Result.WRITTEN,
                run(new InitAnswers(null, some.nodes(), List.of(), null, null, null, false), null, false, person));
        assertEquals(List.of("virtual address", "API servers"), asked);
        assertTrue(out.toString(UTF_8).contains("- \"10.77.0.22:6443\""), out.toString(UTF_8));
    }

    @Test
    void aPersonWhoLeavesEndsIt() {
        assertEquals(Init.Result.REFUSED, run(NOTHING, null, false, question -> Optional.empty()));
        assertTrue(err.toString(UTF_8).contains("--vip ADDRESS, --node NAME=ADDRESS, --master ADDRESS are missing"));
    }
}
