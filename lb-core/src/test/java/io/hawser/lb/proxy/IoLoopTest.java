package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.PoolSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop with thousands of connections looks after them without keeping the others waiting. */
@Timeout(300)
class IoLoopTest {
    private static final int MANY = 20 * Sweeps.MOST_VISITS;

    @Test
    void thoseThatLookForAMemberAreTickedInSeveralTurns() throws Exception {
        ticksInSeveralTurns(IoLoop::connecting);
    }

    @Test
    void thoseThatHaveNotSaidWhatTheyMustAreTickedInSeveralTurns() throws Exception {
        ticksInSeveralTurns(IoLoop::greeting);
    }

    @Test
    void thoseThatHaveAMemberAreTickedInSeveralTurns() throws Exception {
        ticksInSeveralTurns(IoLoop::established);
    }

    /** A turn ends where what waits for the next one begins; the ticks of the loop itself go on meanwhile. */
    private static void ticksInSeveralTurns(Function<IoLoop, ConnectionList> of) throws Exception {
        try (Fixture fixture = new Fixture(new ProxySettings(1, 10, 0), PoolSettings.DEFAULTS)) {
            IoLoop loop = fixture.proxy.loops().getFirst();
            CompletableFuture<List<Integer>> done = new CompletableFuture<>();
            List<Listed> all = new ArrayList<>();
            List<Integer> visitsByTurn = new ArrayList<>();
            int[] visits = {0};
            class Turns implements Runnable {
                private int before;

                @Override
                public void run() {
                    visitsByTurn.add(visits[0] - before);
                    before = visits[0];
                    if (all.stream().allMatch(each -> each.ticks > 0)) {
                        all.forEach(of.apply(loop)::remove);
                        done.complete(visitsByTurn);
                    } else {
                        loop.later(this);
                    }
                }
            }
            loop.executor().execute(() -> {
                for (int i = 0; i < MANY; i++) {
                    Listed each = new Listed() {
                        @Override
                        void tick(long now) {
                            super.tick(now);
                            visits[0]++;
                        }
                    };
                    all.add(each);
                    of.apply(loop).add(each);
                }
                new Turns().run();
                for (int i = 0; i < IoLoop.TICKS_PER_SWEEP; i++) {
                    loop.tick();
                }
            });

            List<Integer> turns = Peers.get(done);

            // A tick may come in the same turn, ahead of what goes on.
            assertTrue(turns.stream().allMatch(each -> each <= 2 * Sweeps.MOST_VISITS), turns::toString);
            assertTrue(turns.stream().filter(each -> each > 0).count() >= MANY / (2 * Sweeps.MOST_VISITS));
            assertEquals(0, of.apply(loop).size());
        }
    }
}
