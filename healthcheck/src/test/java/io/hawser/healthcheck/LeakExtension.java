package io.hawser.healthcheck;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class after which Netty reports a leaked buffer or TLS object. Registered for every test of the module. */
public final class LeakExtension implements BeforeAllCallback, AfterAllCallback {
    private static final Queue<String> leaks = new ConcurrentLinkedQueue<>();

    static {
        // Before Netty's buffer classes are loaded: they take their detector from the factory once.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new ResourceLeakDetectorFactory() {
            @Override
            public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                    Class<T> resource, int samplingInterval, long maxActive) {
                return new Reporting<>(resource, samplingInterval);
            }
        });
    }

    private static final class Reporting<T> extends ResourceLeakDetector<T> {
        Reporting(Class<?> resource, int samplingInterval) {
            super(resource, samplingInterval);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        @Override
        protected void reportTracedLeak(String resource, String records) {
            leaks.add(resource + " leaked: " + records);
        }

        @Override
        protected void reportUntracedLeak(String resource) {
            leaks.add(resource + " leaked");
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        // Loads this class, and so sets the factory, before any test.
    }

    @Override
    public void afterAll(ExtensionContext context) {
        var found = found();
        if (!found.isEmpty()) {
            throw new AssertionError(found.size() + " leaks: " + found);
        }
    }

    /** What has leaked since the last call; collects garbage to find out. */
    static List<String> found() {
        for (int i = 0; i < 3; i++) {
            System.gc();
            // A detector reports what the collector has found when it tracks the next object of its kind.
            ByteBufAllocator.DEFAULT.directBuffer(16).release();
            ByteBufAllocator.DEFAULT.heapBuffer(16).release();
            makeTlsObjects();
        }
        var found = new ArrayList<String>();
        for (var leak = leaks.poll(); leak != null; leak = leaks.poll()) {
            found.add(leak);
        }
        return found;
    }

    private static void makeTlsObjects() {
        if (!OpenSsl.isAvailable()) {
            return;
        }
        try {
            var context = SslContextBuilder.forClient()
                    .sslProvider(SslProvider.OPENSSL_REFCNT)
                    .build();
            ReferenceCountUtil.release(context.newEngine(ByteBufAllocator.DEFAULT));
            ReferenceCountUtil.release(context);
        } catch (SSLException e) {
            throw new IllegalStateException(e);
        }
    }
}
