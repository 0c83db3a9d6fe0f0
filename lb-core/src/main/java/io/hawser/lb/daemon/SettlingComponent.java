package io.hawser.lb.daemon;

import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Scheduling;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives the start's memory back when the start is over, as it is not needed any more. */
final class SettlingComponent implements Component {
    private static final Logger log = LoggerFactory.getLogger(SettlingComponent.class);
    private static final Duration SETTLED = Duration.ofSeconds(10);

    @Override
    public RunningComponent start(ActiveConfiguration first) {
        Thread thread = Thread.ofPlatform().daemon().name("settling").start(SettlingComponent::settle);
        return new RunningComponent() {
            @Override
            public void stop() {
                thread.interrupt();
            }
        };
    }

    private static void settle() {
        try {
            Thread.sleep(SETTLED);
            Scheduling.releaseFreedMemory();
        } catch (ErrnoException e) {
            log.atWarn().addKeyValue("cause", e.getMessage()).log("memory is no longer locked");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
