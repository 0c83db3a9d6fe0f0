package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.ConfigDigest;
import io.hawser.lb.admin.Event;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DisagreementsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final ConfigDigest OWN = digest("51");
    private static final ConfigDigest OTHER = digest("52");
    private static final String TEXT = "virtual-routers of node two differ from this node's: virtual router api: id is"
            + " 51 here and 52 on two: give both nodes the same file (hawser reload)";

    private final EventLog events = new EventLog(100, InstantSource.system());
    private final Disagreements disagreements = new Disagreements(events);

    private static ConfigDigest digest(String id) {
        return new ConfigDigest(
                ConfigDigest.FORM,
                List.of(ConfigDigest.Section.of("virtual-routers", Map.of("virtual router api: id", id))));
    }

    private List<String> samples() {
        List<String> rows = new ArrayList<>();
        disagreements.collect((value, labels) -> rows.add(labels[1] + " " + labels[3] + " " + (int) value));
        return rows;
    }

    private List<Event> said() {
        return events.after(0, 100);
    }

    private void two(ConfigDigest says, long atSeconds) {
        disagreements.look(OWN, Collections.singletonMap("two", says), -7 + atSeconds * SECOND);
    }

    @Test
    void whatLastsIsSaidOnceWithBothValues() {
        two(OTHER, 0);
        two(OTHER, 29);
        assertEquals(List.of(), said());
        assertEquals(List.of(), disagreements.warnings());
        two(OTHER, 30);
        two(OTHER, 31);
        assertEquals(1, said().size());
        assertEquals("config-differs", said().getFirst().kind());
        assertEquals(Severity.WARNING, said().getFirst().severity());
        assertEquals("two", said().getFirst().subject());
        assertEquals(TEXT, said().getFirst().text());
        assertEquals(List.of(TEXT), disagreements.warnings());
        assertTrue(samples().contains("two virtual-routers 1"));
        assertTrue(samples().contains("two pools 0"));
    }

    @Test
    void aRollingReloadIsNotSaid() {
        two(OWN, 0);
        two(OTHER, 10);
        two(OWN, 39);
        two(OTHER, 45);
        two(OTHER, 74);
        assertEquals(List.of(), said());
    }

    @Test
    void theEndOfWhatWasSaidIsSaid() {
        two(OTHER, 0);
        two(OTHER, 30);
        two(OWN, 50);
        assertEquals(
                "virtual-routers of node two match this node's again",
                said().getLast().text());
        assertEquals(Severity.INFO, said().getLast().severity());
        assertEquals(List.of(), disagreements.warnings());
    }

    @Test
    void aNodeThatDoesNotAnswerKeepsWhatIsKnownOfItAndOneThatIsRemovedDoesNot() {
        two(OTHER, 0);
        two(null, 10);
        two(OTHER, 30);
        two(null, 40);
        assertEquals(List.of(TEXT), disagreements.warnings());
        disagreements.look(OWN, Map.of(), 50 * SECOND);
        assertEquals(List.of(), disagreements.warnings());
        assertEquals(List.of(), samples());
    }

    @Test
    void aNodeThatSaysNothingOfItsConfigurationDiffersInNothing() {
        two(null, 0);
        two(null, 60);
        assertEquals(List.of(), said());
        assertEquals(4, samples().size());
        assertTrue(samples().stream().noneMatch(each -> each.endsWith("1")));
    }
}
