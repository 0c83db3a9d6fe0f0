package io.hawser.lb.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.files.FileReads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that does not answer holds the thread that looks at the files, and nobody else. */
@Timeout(300)
class HangingFilesTest {
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    Path directory;

    private final Set<Path> stalled = ConcurrentHashMap.newKeySet();
    private final CountDownLatch waiting = new CountDownLatch(1);
    private final CountDownLatch back = new CountDownLatch(1);
    private final List<String> said = new CopyOnWriteArrayList<>();
    private TestAuthority authority;

    @BeforeEach
    void start() throws Exception {
        authority = new TestAuthority("authority", directory);
    }

    @AfterEach
    void release() {
        back.countDown();
    }

    private TlsFiles files(Duration deadline) {
        FileReads reads = new FileReads(deadline, file -> {
            if (stalled.contains(file)) {
                waiting.countDown();
                try {
                    back.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        TlsEvents told = new TlsEvents() {
            @Override
            public void replaced(List<Path> changed) {
                said.add("replaced " + changed.getFirst().getFileName());
            }

            @Override
            public void refused(List<Path> changed, String why) {
                said.add("refused " + why);
            }

            @Override
            public void expires(Path file, Instant at, long days) {}
        };
        return new TlsFiles(told, NEVER, reads, new RsaSigners("none"));
    }

    private KeyPairFiles pair(String name) throws Exception {
        return authority.files(name, TestAuthority.server(name + ".example"));
    }

    /** What the admin thread asks, what an io thread does and what a stop does, while a look hangs for ever. */
    @Test
    void nobodyWaitsForALookThatHangsAndWhatItBringsLateIsNotUsed() throws Exception {
        KeyPairFiles pair = pair("one");
        TlsFiles files = files(NEVER);
        ServerTls tls = files.server(TestAuthority.serving(pair));
        MemberTls members = files.member(new MemberSettings(false, null, "one.example", pair));
        long contexts = TlsFiles.liveContexts();
        stalled.add(pair.key());
        Thread looking = Thread.ofPlatform().start(files::lookNow);
        waiting.await();

        assertEquals(Set.of(pair.certificate()), files.expiries().keySet());
        assertEquals(List.of(), files.complaints());
        tls.open().close();
        files.close();
        assertThrows(IllegalStateException.class, tls::open);

        stalled.clear();
        TestAuthority.replace(pair.certificate(), Files.readString(pair("two").certificate()));
        TestAuthority.replace(pair.key(), Files.readString(directory.resolve("two.key")));
        back.countDown();
        looking.join();
        assertThrows(IllegalStateException.class, tls::open, "closed is closed");
        assertTrue(TlsFiles.liveContexts() < contexts, "a context that came late is let go of");
        assertTrue(members.files().contains(pair.key()));
    }

    @Test
    void aFileThatHangsIsRefusedWithWordsAndTheOthersAreFollowed() throws Exception {
        KeyPairFiles dead = pair("dead");
        KeyPairFiles live = pair("live");
        try (TlsFiles files = files(Duration.ofSeconds(1))) {
            files.server(TestAuthority.serving(dead));
            files.server(TestAuthority.serving(live));
            stalled.add(dead.certificate());
            pair("live");
            files.lookNow();
            files.lookNow();
            assertEquals(Set.of("replaced live.pem", "refused " + complaint(dead)), Set.copyOf(said));
            assertEquals(List.of(complaint(dead)), files.complaints());
        }
    }

    private static String complaint(KeyPairFiles pair) {
        return "certificate \"" + pair.certificate()
                + "\" cannot be used: an earlier attempt to read it is still blocked: check its disk or file server";
    }

    @Test
    void aFifoInThePlaceOfAFileIsRefusedAndTheFileTakenWhenItIsBack() throws Exception {
        KeyPairFiles pair = pair("one");
        try (TlsFiles files = files(NEVER)) {
            ServerTls tls = files.server(TestAuthority.serving(pair));
            for (Path file : List.of(pair.certificate(), pair.key())) {
                said.clear();
                Path kept = Files.move(file, directory.resolve("kept"));
                assertEquals(
                        0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
                files.lookNow();
                files.lookNow();
                assertEquals(1, said.size());
                assertTrue(said.getFirst().endsWith("cannot be used: it is not a regular file"), said::toString);
                tls.open().close();
                Files.delete(file);
                Files.move(kept, file);
                files.lookNow();
                assertEquals("replaced one.pem", said.getLast());
            }
        }
    }
}
