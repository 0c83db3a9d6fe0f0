package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.daemon.Notifier.Count;
import io.hawser.lb.daemon.Notifier.Outcome;
import io.hawser.testkit.Await;
import io.hawser.vrrp.VrrpListener.Transition;
import io.hawser.vrrp.election.RouterState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class NotifierTest {

    @TempDir
    private Path directory;

    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final List<Notifier> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Notifier::close);
    }

    private Notifier notifier(Duration limit, Map<String, List<List<String>>> commands) {
        var notifier = new Notifier(limit, (router, text) -> failures.add(router + ": " + text));
        notifier.use(commands);
        opened.add(notifier);
        return notifier;
    }

    private static Transition to(String router, RouterState state) {
        return new Transition(router, RouterState.BACKUP, state, 190, "tested", "because of the test");
    }

    private String script(String name, String body) throws IOException {
        Path file = directory.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertTrue(file.toFile().setExecutable(true));
        return file.toString();
    }

    private List<String> lines(String name) throws IOException {
        Path file = directory.resolve(name);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    private static long count(Notifier notifier, String router, Outcome outcome) {
        return notifier.counts().getOrDefault(new Count(router, outcome), 0L);
    }

    @Test
    void runsCommandsInOrderWithArgumentsAndEnvironment() throws Exception {
        String command = script(
                "tell",
                "echo \"$* $HAWSER_ROUTER $HAWSER_STATE $HAWSER_PRIORITY $HAWSER_CAUSE\" >> " + directory + "/told");
        Notifier notifier =
                notifier(Notifier.LIMIT, Map.of("api", List.of(List.of(command, "one"), List.of(command, "two"))));
        notifier.moved(to("api", RouterState.ACTIVE));
        notifier.moved(to("api", RouterState.BACKUP));
        notifier.moved(to("other", RouterState.BACKUP));
        Await.until(() -> count(notifier, "api", Outcome.OK) == 4);
        assertEquals(
                List.of(
                        "one api active 190 api active 190 tested",
                        "two api active 190 api active 190 tested",
                        "one api backup 190 api backup 190 tested",
                        "two api backup 190 api backup 190 tested"),
                lines("told"));
        assertEquals(List.of(), failures);
    }

    @Test
    void killsACommandThatHangsWithItsChildrenAndGoesOn() throws Exception {
        String command = script(
                "hang",
                "[ \"$2\" = backup ] && exit 0\necho waiting\nsleep 600 & echo $! >> " + directory + "/child\nwait");
        Notifier notifier = notifier(Duration.ofMillis(1500), Map.of("api", List.of(List.of(command))));
        long start = System.nanoTime();
        notifier.moved(to("api", RouterState.ACTIVE));
        assertTrue(System.nanoTime() - start < 1_000_000_000L, "it does not wait for the command");
        notifier.moved(to("api", RouterState.BACKUP));
        Await.until(() -> count(notifier, "api", Outcome.OK) == 1);
        assertEquals(1, count(notifier, "api", Outcome.TIMEOUT));
        assertTrue(failures.getFirst().contains("was killed after"), failures::toString);
        assertTrue(failures.getFirst().endsWith(": waiting"), failures::toString);
        long child = Long.parseLong(lines("child").getFirst());
        Await.until(() -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
    }

    @Test
    void aHangingCommandOfOneRouterDoesNotDelayAnother() throws Exception {
        String hang = script("hang", "sleep 600");
        String quick = script("quick", "exit 0");
        Notifier notifier =
                notifier(Notifier.LIMIT, Map.of("slow", List.of(List.of(hang)), "api", List.of(List.of(quick))));
        notifier.moved(to("slow", RouterState.ACTIVE));
        notifier.moved(to("api", RouterState.ACTIVE));
        Await.until(() -> count(notifier, "api", Outcome.OK) == 1);
        assertEquals(0, count(notifier, "slow", Outcome.TIMEOUT));
    }

    @Test
    void saysWhatFailed() throws Exception {
        String failing = script("failing", "echo it is broken >&2; exit 7");
        Notifier notifier = notifier(
                Notifier.LIMIT,
                Map.of("api", List.of(List.of(failing), List.of(directory + "/absent"), List.of(failing))));
        notifier.moved(to("api", RouterState.ACTIVE));
        Await.until(() -> count(notifier, "api", Outcome.FAILED) == 2);
        assertEquals(1, count(notifier, "api", Outcome.NOT_STARTED));
        assertTrue(failures.get(0).contains("exit status 7"), failures::toString);
        assertTrue(failures.get(0).endsWith(": it is broken"), failures::toString);
        assertTrue(failures.get(1).contains("could not be started"), failures::toString);
    }

    @Test
    void leavesOutTheOlderChangesWhenTooManyWaitAndRunsTheNewest() throws Exception {
        String command = script(
                "slow", "while [ ! -e " + directory + "/go ]; do sleep 0.05; done; echo $2 >> " + directory + "/told");
        Notifier notifier = notifier(Notifier.LIMIT, Map.of("api", List.of(List.of(command))));
        for (int i = 0; i < 100; i++) {
            notifier.moved(to("api", RouterState.BACKUP));
        }
        notifier.moved(to("api", RouterState.ACTIVE));
        Files.createFile(directory.resolve("go"));
        Await.until(() -> count(notifier, "api", Outcome.OK) + count(notifier, "api", Outcome.SKIPPED) == 101);
        List<String> told = lines("told");
        assertTrue(told.size() <= Notifier.WAITING + 1, told::toString);
        assertEquals("active", told.getLast());
    }

    @Test
    void keepsOnlyTheBeginningOfEndlessOutput() throws Exception {
        String command = script("loud", "head -c 5000000 /dev/zero | tr '\\0' x; exit 1");
        Notifier notifier = notifier(Notifier.LIMIT, Map.of("api", List.of(List.of(command))));
        notifier.moved(to("api", RouterState.ACTIVE));
        Await.until(() -> count(notifier, "api", Outcome.FAILED) == 1);
        assertTrue(
                failures.getFirst().length() < Notifier.OUTPUT_KEPT + 300,
                "" + failures.getFirst().length());
    }

    @Test
    void aDaemonLeftBehindIsNotWaitedFor() throws Exception {
        String command = script("daemon", "sleep 30 & echo $! > " + directory + "/child");
        Notifier notifier = notifier(Notifier.LIMIT, Map.of("api", List.of(List.of(command))));
        notifier.moved(to("api", RouterState.ACTIVE));
        Await.until(() -> count(notifier, "api", Outcome.OK) == 1);
        ProcessHandle.of(Long.parseLong(lines("child").getFirst())).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void commandsRunAtNormalPriority() throws Exception {
        // Field 41 of /proc/PID/stat is the scheduling policy: 0 is SCHED_OTHER.
        String command = script("policy", "cut -d' ' -f41 /proc/$$/stat > " + directory + "/policy");
        Notifier notifier = notifier(Notifier.LIMIT, Map.of("api", List.of(List.of(command))));
        // As from the vrrp thread itself, which at most may have real-time priority.
        Thread.ofPlatform()
                .start(() -> {
                    var _ = io.hawser.sysctl.linux.Scheduling.setRealtime(1);
                    notifier.moved(to("api", RouterState.ACTIVE));
                })
                .join();
        Await.until(() -> count(notifier, "api", Outcome.OK) == 1);
        assertEquals(List.of("0"), lines("policy"));
    }

    @Test
    void runsTheLastCommandsBeforeItEnds() throws Exception {
        String command = script("last", "sleep 0.2; echo $2 >> " + directory + "/told");
        Notifier notifier = notifier(Notifier.LIMIT, Map.of("api", List.of(List.of(command))));
        notifier.moved(to("api", RouterState.BACKUP));
        notifier.moved(to("api", RouterState.INITIALIZE));
        notifier.close();
        assertEquals(List.of("backup", "initialize"), lines("told"));
    }
}
