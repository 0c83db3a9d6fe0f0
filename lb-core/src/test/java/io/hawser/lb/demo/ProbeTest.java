package io.hawser.lb.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.testkit.Await;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProbeTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final Duration INTERVAL = Duration.ofMillis(50);

    private final DemoCertificate certificate = DemoCertificate.create("masters", List.of("127.0.0.1"), Instant.now());

    @Test
    void countsWhatAMasterServesAndThatItIsGone() {
        Master master = Master.start("m7", new InetSocketAddress(LOOPBACK, 0), certificate);
        try (Probe probe = Probe.start(master.address(), certificate.certificate(), INTERVAL)) {
            Await.until(() -> probe.served().getOrDefault("m7", 0L) > 5);
            assertEquals(0, probe.failed());

            master.close();
            Await.until(() -> lastMinute(probe).failures().containsKey("refused"));
        } finally {
            master.close();
        }
    }

    @Test
    void doesNotAcceptAnybodyElsesCertificate() {
        DemoCertificate other = DemoCertificate.create("masters", List.of("127.0.0.1"), Instant.now());
        try (Master master = Master.start("m7", new InetSocketAddress(LOOPBACK, 0), other);
                Probe probe = Probe.start(master.address(), certificate.certificate(), INTERVAL)) {
            Await.until(() -> probe.failed() > 2);

            assertEquals(0, lastMinute(probe).served());
        }
    }

    private static Observation lastMinute(Probe probe) {
        long now = System.nanoTime();
        return probe.observe(now - Duration.ofMinutes(1).toNanos(), now);
    }
}
