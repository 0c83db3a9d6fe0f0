package io.hawser.lb.daemon;

import io.netty.util.NetUtil;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits before the start until the kernel lists its interfaces, which takes its lock for them (rtnl) and may wait for
 * whoever holds it. The file cannot be judged without them, and Netty's sockets cannot be opened. Main thread.
 */
final class KernelAnswer {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Logger log = LoggerFactory.getLogger(KernelAnswer.class);

    private KernelAnswer() {}

    /**
     * Waits for it.
     *
     * @param stop reaches zero when the process is to end
     * @param told what is waited for, in words, once a second
     * @return whether it has come; false: the process is to end
     */
    static boolean await(CountDownLatch stop, Consumer<String> told) throws InterruptedException {
        return await(KernelAnswer::ask, stop, told);
    }

    /** The same with another question. */
    static boolean await(Runnable question, CountDownLatch stop, Consumer<String> told) throws InterruptedException {
        var answered = new CountDownLatch(1);
        var either = new CountDownLatch(1);
        Thread.ofPlatform().daemon().name("kernel-answer").start(() -> {
            try {
                question.run();
            } catch (RuntimeException | LinkageError e) {
                log.atWarn()
                        .setCause(e)
                        .log("listing the interfaces failed; the components that need them will report it");
            } finally {
                answered.countDown();
                either.countDown();
            }
        });
        Thread.ofPlatform().daemon().name("kernel-answer-stop").start(() -> {
            try {
                stop.await();
                either.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        for (long seconds = 1; !either.await(PERIOD.toNanos(), TimeUnit.NANOSECONDS); seconds++) {
            String text =
                    "the kernel has not answered for " + seconds + " s: something holds its lock for interfaces and"
                            + " addresses (rtnl), such as the removal of many interfaces; this node starts when the kernel answers";
            if (seconds == 1) {
                log.atWarn().log(text);
            }
            told.accept(text);
        }
        return answered.getCount() == 0;
    }

    private static void ask() {
        try {
            var _ = NetworkInterface.networkInterfaces().count();
            // It lists them for itself when it is loaded, on whatever thread that is.
            log.atDebug().addKeyValue("loopback", NetUtil.LOCALHOST).log("the kernel lists its interfaces");
        } catch (SocketException e) {
            log.atDebug()
                    .setCause(e)
                    .log("listing the interfaces failed; the components that need them will report it");
        }
    }
}
