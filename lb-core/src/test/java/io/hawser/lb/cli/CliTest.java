package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CliTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment = new HashMap<>();
    private Object called = "nothing";
    private int code = ExitCode.DONE;

    private final Handlers handlers = new Handlers() {
        @Override
        public int run(RunOptions options, PrintStream out, PrintStream err) {
            called = options;
            return code;
        }

        @Override
        public int check(CheckOptions options, PrintStream out, PrintStream err) {
            called = options;
            return code;
        }

        @Override
        public int vrrp(VrrpOptions options, PrintStream out, PrintStream err) {
            called = options;
            return code;
        }

        @Override
        public int init(InitOptions options, PrintStream out, PrintStream err) {
            called = options;
            return code;
        }

        @Override
        public int manifest(ManifestOptions options, PrintStream out, PrintStream err) {
            called = options;
            return code;
        }

        @Override
        public int demo(DemoOptions options, PrintStream out, PrintStream err) {
            called = options;
            return code;
        }

        @Override
        public Optional<Path> adminSocket(Path config) {
            return Optional.of(config.resolveSibling("from-config.sock"));
        }
    };

    private int run(String... args) {
        return Cli.run(
                args, handlers, environment, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
    }

    private static Handlers.RunOptions runOptions(String config, String node) {
        return new Handlers.RunOptions(Path.of(config), node);
    }

    @Test
    void runTakesItsDefaultsFromTheEnvironment() {
        assertEquals(0, run("run"));
        assertEquals(runOptions("/etc/hawser/hawser.yaml", null), called);
        environment.putAll(Map.of("HAWSER_CONFIG", "/a.yaml", "HAWSER_NODE", "lb7"));
        assertEquals(0, run("run"));
        assertEquals(runOptions("/a.yaml", "lb7"), called);
        assertEquals(0, run("run", "--config", "/b.yaml", "--node=lb8"));
        assertEquals(runOptions("/b.yaml", "lb8"), called);
    }

    @ParameterizedTest
    @CsvSource({
        "run",
        "run --config a --node b",
        "run -c a",
        "run -c=a",
        "run --config=a --node=b",
        "run --log json",
        "run --log=plain",
    })
    void theFastWayOfRunAgreesWithTheLibrary(String line) {
        String[] args = line.split(" ");
        var fast = RunArguments.parse(args).orElseThrow();
        var parsed =
                new picocli.CommandLine(CommandModel.spec()).parseArgs(args).subcommand();
        assertEquals(parsed.matchedOptionValue("--config", (String) null), fast.config());
        assertEquals(parsed.matchedOptionValue("--node", (String) null), fast.node());
        assertEquals(parsed.matchedOptionValue("--log", (String) null), fast.log());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run --help",
                "run --config",
                "run --confg a",
                "run a",
                "run --config= ",
                "run --log xml",
                "run -c a -c b",
                "run --config --node b",
                "check",
                "",
            })
    void whatIsNotPlainIsLeftToTheLibrary(String line) {
        assertEquals(Optional.empty(), RunArguments.parse(line.split(" ")));
    }

    @Test
    void theOtherCommandsReachTheirHandlers() {
        run("check", "--config", "/x.yaml", "--node", "n");
        assertEquals(new Handlers.CheckOptions(Path.of("/x.yaml"), "n", null, false), called);
        run("check", "--listen");
        assertEquals(new Handlers.CheckOptions(Path.of("/etc/hawser/hawser.yaml"), null, 4, false), called);
        run("check", "--listen=9", "--node", "n");
        assertEquals(new Handlers.CheckOptions(Path.of("/etc/hawser/hawser.yaml"), "n", 9, false), called);
        run("check", "--offline");
        assertEquals(new Handlers.CheckOptions(Path.of("/etc/hawser/hawser.yaml"), null, null, true), called);
        assertEquals(ExitCode.USAGE, run("check", "--offline", "--listen"));
        run("vrrp");
        assertEquals(
                new Handlers.VrrpOptions(Path.of("/etc/hawser/hawser.yaml"), false, null, null, null, null, false),
                called);
        run("vrrp", "-c", "/x.yaml", "--interface", "eth7", "--count", "3", "--seconds", "5", "--json");
        assertEquals(new Handlers.VrrpOptions(Path.of("/x.yaml"), true, null, "eth7", 3, 5, true), called);
        run("demo", "--once");
        assertEquals(new Handlers.DemoOptions(true, false), called);
        run("demo", "--single");
        assertEquals(new Handlers.DemoOptions(false, true), called);
    }

    @Test
    void theHandlersCodeIsTheExitCode() {
        for (int each : new int[] {0, 1, 3, 4}) {
            code = each;
            assertEquals(each, run("run"));
            assertEquals(each, run("run", "-c", "/x"));
            assertEquals(each, run("check"));
            assertEquals(each, run("demo"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--nonsense",
                "nonsense",
                "vrrp --count 0",
                "vrrp --seconds x",
                "check --listen=-1",
                "run --config",
                "run x",
                "run --log xml",
                "demo --twice",
                "status extra",
                "status --url http://a --socket b",
                "status --url ftp://a",
                "status --url 10.0.0.1:9100",
                "events --url http://",
                "status --config /there/is/no/such.yaml",
                "drain a b",
                "reload x",
                "weight m1",
                "enable --url http://a",
                "run -c a -c b",
            })
    void aWrongCommandLineIs2AndSaysSoOnErrOnly(String line) {
        assertEquals(2, run(line.split(" ")), line);
        assertEquals("", out.toString(UTF_8));
        assertTrue(err.toString(UTF_8).startsWith("hawser"), err.toString(UTF_8));
        assertEquals("nothing", called);
    }

    @Test
    void aMistypedCommandGetsASuggestion() {
        run("stauts");
        assertTrue(err.toString(UTF_8).contains("status"), err.toString(UTF_8));
        err.reset();
        run("run", "--nod", "x");
        assertTrue(err.toString(UTF_8).contains("--node"), err.toString(UTF_8));
        assertTrue(err.toString(UTF_8).contains("try: hawser run --help"), err.toString(UTF_8));
    }

    @Test
    void withoutACommandTheHelpIsAnError() {
        assertEquals(2, run());
        assertTrue(err.toString(UTF_8).contains("Usage: hawser"), err.toString(UTF_8));
    }

    @Test
    void helpIsEverywhereAndGoesToOut() {
        assertEquals(0, run("--help"));
        String top = out.toString(UTF_8);
        for (String command : List.of(
                "run",
                "check",
                "vrrp",
                "init",
                "manifest",
                "demo",
                "status",
                "events",
                "drain",
                "enable",
                "weight",
                "reload",
                "completion",
                "version")) {
            assertTrue(top.contains("  " + command + " "), top);
            out.reset();
            assertEquals(0, run(command, "--help"));
            assertTrue(out.toString(UTF_8).startsWith("Usage: hawser " + command), out.toString(UTF_8));
        }
        assertEquals("", err.toString(UTF_8));
    }

    @Test
    void initTakesItsFlagsInOrder() {
        assertEquals(
                0,
                run(
                        "init",
                        "--vip",
                        "10.77.0.10",
                        "--node",
                        "b=10.77.0.12",
                        "--node",
                        "a=10.77.0.11",
                        "--master",
                        "m:1",
                        "--vrid",
                        "7",
                        "--interface",
                        "eth1",
                        "--port",
                        "8443",
                        "--force",
                        "-o",
                        "x.yaml"));
        assertEquals(
                new Handlers.InitOptions(
                        "10.77.0.10",
                        List.of("b=10.77.0.12", "a=10.77.0.11"),
                        List.of("m:1"),
                        "7",
                        "eth1",
                        "8443",
                        false,
                        Path.of("x.yaml"),
                        true,
                        null),
                called,
                "nobody is asked where standard input is no terminal");
    }

    @Test
    void initWritesToTheDefaultFileOrToStandardOutput() {
        environment.put("HAWSER_CONFIG", "/e/hawser.yaml");
        run("init", "--bound-api-servers");
        assertEquals(
                new Handlers.InitOptions(
                        null, List.of(), List.of(), null, null, null, true, Path.of("/e/hawser.yaml"), false, null),
                called);
        run("init", "-o", "-");
        assertEquals(
                new Handlers.InitOptions(null, List.of(), List.of(), null, null, null, false, null, false, null),
                called);
    }

    @Test
    void manifestTakesItsFlags() {
        run("manifest", "-c", "a.yaml", "--node", "lb2", "--image", "i:1", "--least-privilege");
        assertEquals(new Handlers.ManifestOptions(Path.of("a.yaml"), "lb2", "i:1", true), called);
        run("manifest");
        assertEquals(new Handlers.ManifestOptions(Path.of(CommandModel.DEFAULT_CONFIG), null, null, false), called);
    }

    @Test
    void theCompletionScriptMakesBashCompleteCommandsAndFlags(@TempDir Path directory) throws Exception {
        assertEquals(0, run("completion"));
        Path script = Files.writeString(directory.resolve("complete"), out.toString(UTF_8));
        assertEquals("check completion\n", completed(script, "hawser c"));
        assertEquals("--least-privilege\n", completed(script, "hawser manifest --le"));
    }

    private static String completed(Path script, String line) throws Exception {
        String words = line.replaceAll("[^ ]+", "'$0'");
        Process bash = new ProcessBuilder(
                        "bash",
                        "--norc",
                        "-c",
                        "source %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE='%s'; COMP_TYPE=9;"
                                        .formatted(script, words, line)
                                + " _complete_hawser; echo $(printf '%s\\n' \"${COMPREPLY[@]}\" | sort)")
                // Outside of a completion bash complains about compopt.
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(bash.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, bash.waitFor(), said);
        return said;
    }

    @Test
    void versionIsPrinted() {
        assertEquals(0, run("version"));
        String words = out.toString(UTF_8);
        assertTrue(words.startsWith("hawser "), words);
        assertTrue(words.contains("java 25"), words);
        out.reset();
        assertEquals(0, run("--version"));
        assertEquals(words, out.toString(UTF_8));
    }

    @Test
    void statusAsksTheSocketThatTheConfigurationNames(@TempDir Path folder) throws IOException {
        Path config = Files.writeString(folder.resolve("hawser.yaml"), "admin: {}");
        assertEquals(1, run("status", "--config", config.toString()));
        assertTrue(
                err.toString(UTF_8).contains(folder.resolve("from-config.sock").toString()), err.toString(UTF_8));
        err.reset();
        environment.put("HAWSER_CONFIG", config.toString());
        assertEquals(1, run("events"));
        assertTrue(
                err.toString(UTF_8).contains(folder.resolve("from-config.sock").toString()), err.toString(UTF_8));
        err.reset();
        assertEquals(1, run("status", "--socket", "/given.sock"));
        assertTrue(err.toString(UTF_8).contains("/given.sock"), err.toString(UTF_8));
        environment.put("HAWSER_CONFIG", "/there/is/no/such.yaml");
        err.reset();
        assertEquals(1, run("status", "--socket", folder.resolve("none").toString()));
        assertTrue(err.toString(UTF_8).contains("does not exist"), err.toString(UTF_8));
    }
}
