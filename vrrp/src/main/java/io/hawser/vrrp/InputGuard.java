package io.hawser.vrrp;

import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one input that fails from stopping the others: it is skipped, counted and told in the log. During the start
 * nothing is skipped that the start depends on. Vrrp thread, except {@link #failures}, which any thread may call.
 */
final class InputGuard {
    private static final Logger log = LoggerFactory.getLogger(InputGuard.class);

    private final LongAdder failures = new LongAdder();
    private final RateLimitedLog complaints = new RateLimitedLog();
    private boolean isStarting = true;

    /** How many inputs have failed. Any thread. */
    long failures() {
        return failures.sum();
    }

    /** Whether who waits for the start is to be told what fails. */
    boolean isStarting() {
        return isStarting;
    }

    /** The start is over: nobody waits for it any more. */
    void started() {
        isStarting = false;
    }

    /** Does something with one input. */
    void run(Object subject, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            failed();
            if (complaints.isDue("input", List.of(subject, e.getClass()), System.nanoTime())) {
                log.atError()
                        .addKeyValue("subject", subject)
                        .setCause(e)
                        .log("processing an input failed; it was skipped");
            }
        }
    }

    /** The same, but during the start what fails is thrown. */
    void runAfterStart(Object subject, Runnable work) {
        if (isStarting) {
            work.run();
        } else {
            run(subject, work);
        }
    }

    /** Counts an input that failed elsewhere. */
    void failed() {
        failures.increment();
    }

    /** Takes what went through the whole loop. */
    void loopFailed(Throwable e) {
        failed();
        if (complaints.isDue("loop", e.getClass(), System.nanoTime())) {
            log.atError().setCause(e).log("a turn of the vrrp loop failed; the loop continues");
        }
    }
}
