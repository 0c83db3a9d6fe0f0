package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class RouterChangeTest {
    /** Not even one look may pass while the kernel answers. */
    private static final Duration NONE = Duration.ZERO;

    private static final Duration HELD = Duration.ofSeconds(12);

    private final List<String> told = new ArrayList<>();

    private RouterChange change(Supplier<Duration> kernelWait, BooleanSupplier isStopping) {
        return new RouterChange(NONE, kernelWait, isStopping, told::add);
    }

    @Test
    void waitsForTheKernelBeyondItsOwnLimitAndSaysSoOnce() {
        var applied = new CompletableFuture<Void>();
        var looks = new AtomicInteger();
        Supplier<Duration> kernel = () -> {
            if (looks.incrementAndGet() == 3) {
                applied.complete(null);
            }
            return HELD;
        };
        change(kernel, () -> false).await(applied);
        assertEquals(3, looks.get());
        assertEquals(2, told.size(), told::toString);
        assertTrue(told.getFirst().startsWith("the kernel has not answered for 12 s: "), told::toString);
        assertEquals(null, told.getLast());
    }

    @Test
    void aThreadThatIsStuckWhileTheKernelAnswersIsNotWaitedFor() {
        ReloadException why = assertThrows(
                ReloadException.class, () -> change(() -> NONE, () -> false).await(new CompletableFuture<>()));
        assertTrue(String.valueOf(why.getMessage()).startsWith("the vrrp thread did not take"), why::toString);
        assertEquals(List.of(), told);
    }

    @Test
    void theEndOfTheProcessWaitsForNoKernel() {
        var looks = new AtomicInteger();
        ReloadException why = assertThrows(
                ReloadException.class,
                () -> change(() -> HELD, () -> looks.get() == 2).await(new CompletableFuture<>() {
                    @Override
                    public Void get(long timeout, TimeUnit unit) throws TimeoutException {
                        looks.incrementAndGet();
                        throw new TimeoutException();
                    }
                }));
        assertTrue(String.valueOf(why.getMessage()).contains("stopping"), why::toString);
        assertEquals(2, told.size(), "said, and no longer: " + told);
    }

    @Test
    void whatCannotBeHadIsSaid() {
        ReloadException why = assertThrows(
                ReloadException.class,
                () -> change(() -> NONE, () -> false)
                        .await(CompletableFuture.failedFuture(new IllegalStateException("no socket"))));
        assertFalse(why.isRefused());
        assertTrue(String.valueOf(why.getMessage()).endsWith("cannot change: no socket"), why::toString);
    }
}
