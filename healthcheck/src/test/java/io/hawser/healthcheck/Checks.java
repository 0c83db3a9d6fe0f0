package io.hawser.healthcheck;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;

/** The one place through which tests make single checks. */
final class Checks {
    static final CheckPlan.Timing QUICK = timing(Duration.ofMillis(300), Duration.ofMillis(300));
    static final CheckPlan.Timing PATIENT = timing(Duration.ofSeconds(10), Duration.ofSeconds(10));

    private Checks() {}

    static CheckPlan.Timing timing(Duration connectTimeout, Duration timeout) {
        return new CheckPlan.Timing(Duration.ofSeconds(1), Duration.ofMillis(250), connectTimeout, timeout, 2, 2);
    }

    static CheckResult run(HealthLoop loop, InetSocketAddress address, CheckPlan plan) throws Exception {
        var result = new CompletableFuture<CheckResult>();
        var source = new CompletableFuture<CredentialSource>();
        loop.eventLoop().execute(() -> {
            var created = new CredentialSource(loop, CredentialFiles.Key.of(plan));
            created.retain();
            source.complete(created);
            created.get(credentials -> {
                switch (credentials) {
                    case Credentials.Ready ready -> Check.start(loop, address, plan, ready, result::complete);
                    case Credentials.Unusable unusable ->
                        result.completeExceptionally(new IllegalStateException(unusable.reason()));
                }
            });
        });
        try {
            return result.get(20, TimeUnit.SECONDS);
        } finally {
            loop.eventLoop().submit(() -> source.join().release()).get(30, TimeUnit.SECONDS);
        }
    }

    /** An address at which nothing listens: just closed. */
    static InetSocketAddress refusing() throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    static void assertFailed(Cause cause, String words, CheckResult result) {
        assertEnded(CheckResult.Failed.class, cause, words, result);
    }

    static void assertRefusing(Cause cause, String words, CheckResult result) {
        assertEnded(CheckResult.Refusing.class, cause, words, result);
    }

    private static void assertEnded(Class<?> type, Cause cause, String words, CheckResult result) {
        Assertions.assertInstanceOf(type, result, result::toString);
        Assertions.assertEquals(cause, result.cause(), result::toString);
        Assertions.assertTrue(result.reason().contains(words), result::toString);
    }
}
