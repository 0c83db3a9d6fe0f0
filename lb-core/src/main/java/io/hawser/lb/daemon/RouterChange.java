package io.hawser.lb.daemon;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits until the vrrp thread has taken a set of virtual routers: for the kernel as long as it takes, since it may hold its
 * lock for interfaces and addresses for any time, and for the thread itself {@code most}. Thread of the reload.
 *
 * @param most how long the thread may take while the kernel answers
 * @param kernelWait for how long the kernel has not answered
 * @param isStopping whether the process ends, for which nobody is to wait
 * @param told what is waited for, in words, once; null when it is waited for no longer
 */
record RouterChange(
        Duration most, Supplier<Duration> kernelWait, BooleanSupplier isStopping, Consumer<@Nullable String> told) {

    static final Duration MOST = Duration.ofSeconds(10);

    /** When the kernel has not answered for so long, it is what is waited for. */
    static final Duration BUSY = Duration.ofSeconds(1);

    private static final long LOOK_MILLIS = 100;

    /**
     * Waits.
     *
     * @throws ReloadException when the routers cannot be had, the thread is stuck, or the process ends
     */
    void await(CompletableFuture<Void> applied) {
        boolean isTold = false;
        long left = most.toMillis();
        try {
            while (!isTaken(applied)) {
                if (isStopping.getAsBoolean()) {
                    throw ReloadException.refused("this node is stopping: its virtual routers can no longer change");
                }
                Duration waited = kernelWait.get();
                if (waited.compareTo(BUSY) < 0) {
                    left -= LOOK_MILLIS;
                    if (left <= 0) {
                        throw ReloadException.failed(
                                "the vrrp thread did not take the virtual routers within " + most.toSeconds()
                                        + " s: look at the log, and restart hawser if it stays stuck",
                                new TimeoutException());
                    }
                } else if (!isTold) {
                    isTold = true;
                    told.accept(
                            "the kernel has not answered for " + waited.toSeconds() + " s: something holds its lock for"
                                    + " interfaces and addresses (rtnl), such as the removal of many interfaces; the change of the"
                                    + " virtual routers waits for it");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ReloadException.failed("interrupted while the virtual routers changed", e);
        } catch (ExecutionException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw ReloadException.failed("the virtual routers cannot change: " + why.getMessage(), why);
        } finally {
            if (isTold) {
                told.accept(null);
            }
        }
    }

    private static boolean isTaken(CompletableFuture<Void> applied) throws InterruptedException, ExecutionException {
        try {
            applied.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        }
    }
}
