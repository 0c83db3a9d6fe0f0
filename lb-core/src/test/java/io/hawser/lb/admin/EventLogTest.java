package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class EventLogTest {
    private final EventLog log = new EventLog(4, InstantSource.fixed(Samples.NOW));

    private void append(int count) {
        for (int i = 0; i < count; i++) {
            log.append("kind", Severity.INFO, "subject", "text");
        }
    }

    private List<Long> idsAfter(long id, int max) {
        return log.after(id, max).stream().map(Event::id).toList();
    }

    @Test
    void keepsTheNewestInOrder() {
        append(6);
        assertEquals(List.of(3L, 4L, 5L, 6L), idsAfter(0, 100));
        assertEquals(List.of(5L, 6L), idsAfter(4, 100));
        assertEquals(List.of(3L, 4L), idsAfter(1, 2));
        assertEquals(List.of(), idsAfter(6, 100));
        assertEquals(List.of(3L, 4L, 5L, 6L), idsAfter(99, 100), "an id of an earlier process");
    }

    @Test
    void aFloodOfOneKindPushesOutItsOwn() {
        log.append("fitness", Severity.WARNING, "lb1", "cannot serve");
        append(1);
        log.append("peer", Severity.WARNING, "lb2", "does not answer");
        append(100);
        assertEquals(
                List.of("fitness", "peer", "kind", "kind"),
                log.after(0, 100).stream().map(Event::kind).toList());
        assertEquals(List.of(102L, 103L), idsAfter(50, 100));
        assertEquals(List.of(3L, 102L), idsAfter(1, 2));
    }

    @Test
    void isEmptyAtFirst() {
        assertEquals(List.of(), log.after(0, 100));
    }

    @Test
    void cutsLongForeignText() {
        Event event = log.append("k", Severity.INFO, "s", "x".repeat(9_000), Map.of("d", "y".repeat(9_000)));
        assertEquals(EventLog.MAX_TEXT, event.text().length());
        assertEquals(EventLog.MAX_TEXT, event.details().get("d").length());
    }

    @Test
    void losesNothingWhenManyThreadsAppend() throws InterruptedException {
        EventLog large = new EventLog(4_000, InstantSource.system());
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 1_000; i++) {
                    large.append("k", Severity.INFO, "s", "t");
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(
                LongStream.rangeClosed(1, 4_000).boxed().toList(),
                large.after(0, 10_000).stream().map(Event::id).toList());
    }

    @Test
    void logsEachEventWithItsDetailsAndWithoutReadingThemAsAPattern() {
        var said = new ListAppender<ILoggingEvent>();
        said.start();
        Logger logger = (Logger) LoggerFactory.getLogger("io.hawser.events.EventLog");
        logger.addAppender(said);
        log.append("vrrp-state", Severity.WARNING, "api", "heard {} from 10.0.0.1", Map.of("ms", "412"));
        logger.detachAppender(said);
        ILoggingEvent line = said.list.getFirst();
        assertEquals(Level.WARN, line.getLevel());
        assertEquals("api: heard {} from 10.0.0.1", line.getFormattedMessage());
        assertEquals(
                "[kind=\"vrrp-state\", ms=\"412\"]", line.getKeyValuePairs().toString());
    }

    @Test
    void anEventReadsBackFromItsLine() {
        Event event = log.append("k", Severity.ERROR, "s", "quote \" and \n", Map.of("a", "b"));
        assertEquals(Optional.of(event), Event.parse(event.json()));
        assertEquals(Optional.empty(), Event.parse("{\"id\":1}".getBytes()));
        assertTrue(Event.parse(new byte[] {1, 2}).isEmpty());
    }
}
