package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/** Fails a test class when a buffer was lost in it; Netty says so in its log only. */
final class LeakCheck implements BeforeAllCallback, AfterAllCallback {
    private final ListAppender<ILoggingEvent> said = new ListAppender<>();

    @Override
    public void beforeAll(ExtensionContext context) {
        assertEquals(ResourceLeakDetector.Level.PARANOID, ResourceLeakDetector.getLevel(), "leak detection level");
        said.start();
        logger().addAppender(said);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        List<String> leaks = leaks();
        logger().detachAppender(said);
        assertEquals(List.of(), leaks, "leaks");
    }

    /** What was lost so far. */
    List<String> leaks() {
        for (int i = 0; i < 3; i++) {
            System.gc();
            // Lost buffers are reported when the next one is made.
            PooledByteBufAllocator.DEFAULT.directBuffer(16).release();
        }
        return List.copyOf(said.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(message -> message.startsWith("LEAK"))
                .toList();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
    }
}
