package io.hawser.vrrp;

import static io.hawser.testkit.Interleavings.beside;
import static io.hawser.testkit.Interleavings.each;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the vrrp thread tells and what is said of it, under every order that a model checker finds. */
@Tag("interleaving")
class StateListenerThreadInterleavingTest {
    private static final VrrpListener NOBODY = new VrrpListener() {
        @Override
        public void moved(Transition transition) {}

        @Override
        public void alarmed(Alarm alarm) {}
    };

    @Test
    void whatWasToldBeforeTheEndIsSaidInOrder() {
        each(() -> {
            StateListenerThread news = new StateListenerThread(NOBODY);
            Queue<String> said = new ConcurrentLinkedQueue<>();
            AtomicInteger saidAtTheEnd = new AtomicInteger(2);
            beside(
                    () -> {
                        news.tell(() -> said.add("active to backup"));
                        news.tell(() -> said.add("backup to initialize"));
                        news.end();
                    },
                    () -> {
                        for (int i = 0; i < 3; i++) {
                            if (news.turn() == StateListenerThread.Turn.OVER) {
                                saidAtTheEnd.set(said.size());
                                return;
                            }
                        }
                    });
            assertEquals(2, saidAtTheEnd.get(), "over before all was said");
            sayAll(news);
            assertEquals(List.of("active to backup", "backup to initialize"), List.copyOf(said));
        });
    }

    @Test
    void whatTwoTellIsSaidOnceEach() {
        each(() -> {
            StateListenerThread news = new StateListenerThread(NOBODY);
            Queue<String> said = new ConcurrentLinkedQueue<>();
            beside(
                    () -> news.tell(() -> said.add("one")),
                    () -> {
                        news.turn();
                        news.turn();
                    },
                    () -> news.tell(() -> said.add("other")));
            news.end();
            sayAll(news);
            assertEquals(List.of("one", "other"), said.stream().sorted().toList());
        });
    }

    private static void sayAll(StateListenerThread news) {
        while (news.turn() == StateListenerThread.Turn.SAID) {
            // The next one.
        }
    }
}
