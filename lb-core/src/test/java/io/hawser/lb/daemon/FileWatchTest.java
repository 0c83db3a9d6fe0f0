package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FileWatchTest {
    private final FileWatch watch = new FileWatch("old");

    @Test
    void leavesAFileAloneThatHasNotChanged() {
        assertFalse(watch.isDue("old"));
        assertFalse(watch.isDue("old"));
    }

    @Test
    void waitsUntilAFileHoldsTheSameAtTwoLooks() {
        assertFalse(watch.isDue("ne"));
        assertFalse(watch.isDue("new"));
        assertTrue(watch.isDue("new"));
    }

    @Test
    void readsEachContentOnce() {
        assertFalse(watch.isDue("new"));
        assertTrue(watch.isDue("new"));
        assertFalse(watch.isDue("new"));
        assertFalse(watch.isDue("new"));
    }

    @Test
    void readsNothingWhenAChangeIsTakenBack() {
        assertFalse(watch.isDue("new"));
        assertFalse(watch.isDue("old"));
        assertFalse(watch.isDue("old"));
    }

    @Test
    void doesNotReadAgainWhatSomebodyElseHasHadRead() {
        assertFalse(watch.isDue("new"));
        watch.wasRead("new");
        assertFalse(watch.isDue("new"));
    }
}
