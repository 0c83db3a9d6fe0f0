package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class PagesTest {
    private static final long SECOND = 1_000_000_000L;

    private final Queue<Runnable> toRender = new ArrayDeque<>();
    private final List<Rendering> told = new ArrayList<>();
    private long now = 7;
    private int made;
    private boolean isBroken;
    private final Pages pages = new Pages(
            new AdminSources(
                    () -> Samples.health(true), List::of, List::of, this::status, Samples.metrics(), Samples.events()),
            () -> now,
            toRender::add,
            Runnable::run);

    private Status status() {
        made++;
        if (isBroken) {
            throw new IllegalStateException("no status");
        }
        return Samples.good();
    }

    private void ask(boolean isFresh) {
        // A new object each: one that asks twice is told once.
        pages.ask(Pages.Kind.STATUS, isFresh, rendering -> told.add(rendering));
    }

    private void render() {
        while (!toRender.isEmpty()) {
            toRender.remove().run();
        }
    }

    @Test
    void whoAsksMeanwhileAndWithinTheSecondIsToldTheSame() {
        ask(false);
        pages.ask(Pages.Kind.STATUS, false, told::add);
        render();
        now += SECOND - 1;
        pages.ask(Pages.Kind.STATUS, false, told::add);
        render();
        assertEquals(1, made);
        assertEquals(3, told.size());
        assertSame(told.get(0), told.get(2));
        now += 1;
        ask(false);
        render();
        assertEquals(2, made);
        assertNotSame(told.get(0), told.get(3));
    }

    @Test
    void whoMayHaveChangedSomethingIsToldWhatWasMadeAfterwards() {
        ask(false);
        ask(true);
        render();
        assertEquals(2, made);
        assertEquals(2, told.size());
        assertNotSame(told.get(0), told.get(1));
        ask(true);
        render();
        assertEquals(3, made);
    }

    @Test
    void aFailureIsToldAndIsMadeOnceASecondToo() {
        isBroken = true;
        ask(false);
        render();
        ask(false);
        assertEquals(1, made);
        assertFalse(told.get(1).isMade());
        assertEquals(500, told.get(1).reply().status().code());
        isBroken = false;
        now += SECOND;
        ask(false);
        render();
        assertTrue(told.get(2).isMade());
    }

    @Test
    void aRenderingIsOutdatedWhenSoManyNewerOnesWereMade() {
        ask(true);
        render();
        for (int i = 0; i < Pages.HELD; i++) {
            assertFalse(told.getFirst().isOutdated(), "after " + i);
            ask(true);
            render();
        }
        assertTrue(told.getFirst().isOutdated());
        assertFalse(told.getLast().isOutdated());
    }

    @Test
    void whoWentIsNotTold() {
        Pages.Reader reader = told::add;
        pages.ask(Pages.Kind.STATUS, false, reader);
        pages.forget(reader);
        render();
        assertEquals(List.of(), told);
    }

    @Test
    void whatNobodyWillBeToldAnyMoreIsNotKept() {
        ask(false);
        render();
        now += SECOND;
        pages.sweep();
        ask(false);
        assertEquals(1, toRender.size());
    }
}
