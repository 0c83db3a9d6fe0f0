package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.daemon.FitnessRules.Facts;
import io.hawser.lb.daemon.FitnessRules.Tracked;
import io.hawser.lb.daemon.FitnessRules.Verdict;
import io.hawser.vrrp.election.Fitness;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class FitnessMonitorTest {
    private final BlockingQueue<Verdict> told = new LinkedBlockingQueue<>();

    private static FitnessMonitor.Observed fit() {
        Tracked all = new Tracked(Set.of(), Set.of());
        return new FitnessMonitor.Observed(
                new Facts(false, List.of(), List.of(), List.of(), Map.of(), 0, 0), all, Map.of("api", all));
    }

    private Verdict next() throws InterruptedException {
        Verdict verdict = told.poll(30, TimeUnit.SECONDS);
        assertTrue(verdict != null, "nothing was told");
        return verdict;
    }

    @Test
    void judgesOnWhateverOneLookThrows() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        try (FitnessMonitor steward = new FitnessMonitor(
                () -> {
                    if (looks.incrementAndGet() < 3) {
                        throw new NoClassDefFoundError("no descriptor was left to load it");
                    }
                    return fit();
                },
                (_, verdict) -> told.add(verdict),
                _ -> {})) {
            steward.start();
            assertEquals(Fitness.FIT, next().fitness());
            assertEquals(Fitness.FIT, steward.verdict().fitness());
        }
    }

    @Test
    void itsSilenceIsSeenWhileItHangs() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (FitnessMonitor steward = new FitnessMonitor(
                () -> {
                    hanging.countDown();
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return fit();
                },
                (_, verdict) -> told.add(verdict),
                _ -> {})) {
            steward.start();
            hanging.await();
            Duration before = steward.stalledFor();
            TestNode.await("it grows", () -> steward.stalledFor().compareTo(before.plusMillis(200)) > 0);
            goOn.countDown();
            next();
            TestNode.await("it is over", () -> steward.stalledFor().compareTo(Duration.ofMillis(200)) < 0);
        }
    }

    @Test
    void tellsAgainWhatHasNotChanged() throws Exception {
        try (FitnessMonitor steward =
                new FitnessMonitor(FitnessMonitorTest::fit, (_, verdict) -> told.add(verdict), _ -> {})) {
            steward.start();
            next();
            steward.tellAgain();
            assertEquals(Fitness.FIT, next().fitness());
        }
    }
}
