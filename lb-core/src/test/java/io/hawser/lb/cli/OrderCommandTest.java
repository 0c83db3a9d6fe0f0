package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.Commands;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.NodeHealth;
import io.hawser.lb.admin.Samples;
import io.hawser.lb.admin.Status;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrderCommandTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicInteger looks = new AtomicInteger();
    private Commands.Answer answer = Commands.Answer.done("done so");
    private String given = "";
    private AdminServer server;
    private Path socket;

    @BeforeEach
    void start() {
        server = AdminServer.start(new AdminSources(
                () -> new NodeHealth("lb1", true, List.of(), List.of()),
                List::of,
                List::of,
                this::emptying,
                new Metrics("0.1.0"),
                new EventLog(10, InstantSource.fixed(Samples.NOW))));
        socket = folder.resolve("s");
        server.listen(socket, new Commands() {
            @Override
            public Set<String> names() {
                return Set.of("reload", "drain", "enable", "weight");
            }

            @Override
            public CompletionStage<Answer> run(String name, Map<String, String> arguments) {
                given = name + " " + arguments;
                return CompletableFuture.completedFuture(answer);
            }
        });
    }

    /** A status whose members lose a connection at each look. */
    private Status emptying() {
        return Samples.emptied(looks.getAndIncrement());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private OrderCommand command(String name, boolean json) {
        return new OrderCommand(
                name,
                AdminClient.ofSocket(socket),
                json,
                new PrintStream(out, true, UTF_8),
                new PrintStream(err, true, UTF_8));
    }

    @Test
    void namesArriveAsTheyWereWritten() {
        assertEquals(0, command("weight", false).weight("masters/m 1&x=y", "7"));
        assertEquals("weight {member=masters/m 1&x=y, weight=7}", given);
        assertEquals("done so\n", out.toString(UTF_8));
        assertEquals("", err.toString(UTF_8));
    }

    @Test
    void anInvalidConfigurationIs3AndEveryProblemIsListed() {
        answer = new Commands.Answer(Commands.Result.INVALID, "h.yaml:1:2: one\nh.yaml:3:4: two");
        assertEquals(3, command("reload", false).reload());
        assertEquals("", out.toString(UTF_8));
        assertEquals(
                "hawser reload: the configuration is invalid, and nothing was changed:\nh.yaml:1:2: one\nh.yaml:3:4: two\n",
                err.toString(UTF_8));
    }

    @Test
    void aRefusalIs1AndSaysWhy() {
        answer = Commands.Answer.refused("there is no member \"m9\"");
        assertEquals(1, command("drain", false).drain("m9", true));
        assertEquals("hawser drain: there is no member \"m9\"\n", err.toString(UTF_8));
    }

    @Test
    void jsonIsWhatTheNodeSaid() {
        assertEquals(0, command("enable", true).enable(null));
        assertEquals("enable {}", given);
        assertEquals("{\"done\":true,\"result\":\"done\",\"text\":\"done so\"}\n", out.toString(UTF_8));
    }

    @Test
    void drainingShowsItsProgressUntilTheMemberIsEmpty() {
        assertEquals(0, command("drain", false).drain("masters/m1", true));
        assertEquals(
                "done so\n4 connections left\n3 connections left\n2 connections left\n1 connection left\nempty\n",
                out.toString(UTF_8));
    }

    @Test
    void aMemberThatGoesWhileItDrainsIsSaid() {
        assertEquals(1, command("drain", false).drain("elsewhere", true));
        assertTrue(err.toString(UTF_8).contains("removed member elsewhere"), err.toString(UTF_8));
    }

    @Test
    void withoutADaemonItSaysSoAndNamesTheSocket() {
        server.close();
        assertEquals(1, command("reload", false).reload());
        assertTrue(err.toString(UTF_8).contains("not running"), err.toString(UTF_8));
        assertTrue(err.toString(UTF_8).contains(socket.toString()), err.toString(UTF_8));
    }

    @Test
    void aSocketWhoseNameLooksLikeAnAnswerIsNone() {
        socket = folder.resolve("404");
        assertEquals(1, command("reload", false).reload());
        assertTrue(err.toString(UTF_8).contains("not running"), err.toString(UTF_8));
    }

    @Test
    void anotherVersionWithoutTheCommandIsNamedAsSuch() {
        Path old = folder.resolve("old");
        server.listen(old, Commands.NONE);
        socket = old;
        assertEquals(1, command("weight", false).weight("m1", "1"));
        assertTrue(err.toString(UTF_8).contains("another version"), err.toString(UTF_8));
    }

    @Test
    void thePortTakesNoCommand() {
        var byUrl = new OrderCommand(
                "reload",
                AdminClient.ofUrl("http://127.0.0.1:1"),
                false,
                System.out,
                new PrintStream(err, true, UTF_8));
        assertEquals(2, byUrl.reload());
        assertTrue(err.toString(UTF_8).contains("unix socket only"), err.toString(UTF_8));
    }
}
