package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** A node as it is on a good day, and on a bad one. */
public final class Samples {
    public static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private Samples() {}

    public static Status good() {
        return emptied(0);
    }

    /** A good day on which every member has lost so many of its four connections. */
    public static Status emptied(int gone) {
        long left = Math.max(0, 4 - gone);
        return new Status(
                "lb1",
                "0.1.0",
                NOW.minus(Duration.ofMinutes(133)),
                NOW,
                true,
                true,
                List.of(),
                List.of(new Status.KernelChange("net.ipv4.ip_forward", "0", "1", "kernel.ip-forward is true")),
                List.of(new Status.Router(
                        "api",
                        51,
                        RouterState.ACTIVE,
                        NOW.minus(Duration.ofMinutes(132)),
                        200,
                        List.of(new Status.Address("10.77.0.10", true)),
                        "lb1",
                        null,
                        "no advertisement for 378 ms")),
                List.of(new Status.Peer(
                        "lb2",
                        "10.77.0.12",
                        true,
                        true,
                        null,
                        List.of(new Status.PeerRouter("api", RouterState.BACKUP, 190)))),
                List.of(new Status.Listener(
                        "kube-api",
                        List.of("10.77.0.10:6443"),
                        true,
                        false,
                        12,
                        9_000,
                        "masters",
                        new Status.Traffic(4_711, 52_428_800, 734_003_200, 3))),
                List.of(new Status.Pool(
                        "masters",
                        "least-connections",
                        List.of(
                                member("m1", Status.MemberHealth.UP, "answered 200", left),
                                member("m2", Status.MemberHealth.UP, "answered 200", left),
                                member("m3", Status.MemberHealth.UP, "answered 200", left)))),
                new Status.Limits(9_000, 12, 20_000),
                List.of(new Status.Certificate("/etc/hawser/api.pem", NOW.plus(Duration.ofDays(300)))),
                List.of());
    }

    public static Status bad() {
        return new Status(
                "lb1",
                "0.1.0",
                NOW.minusSeconds(70),
                NOW,
                true,
                false,
                List.of("pool masters has no member that is up"),
                List.of(),
                List.of(new Status.Router(
                        "api",
                        51,
                        RouterState.BACKUP,
                        NOW.minusSeconds(5),
                        200,
                        List.of(new Status.Address("10.77.0.10", true)),
                        null,
                        Duration.ofMillis(412),
                        "resigned, as it cannot serve")),
                List.of(new Status.Peer("lb2", "10.77.0.12", false, null, "connection refused", List.of())),
                List.of(new Status.Listener(
                        "kube-api",
                        List.of("10.77.0.10:6443"),
                        false,
                        true,
                        0,
                        0,
                        "masters",
                        new Status.Traffic(0, 0, 0, 0))),
                List.of(new Status.Pool(
                        "masters",
                        "round-robin",
                        List.of(member("m1", Status.MemberHealth.DOWN, "connect to 10.77.0.21:6443 refused", 0)))),
                new Status.Limits(9_000, 0, 20_000),
                List.of(new Status.Certificate("/etc/hawser/api.pem", NOW.plus(Duration.ofDays(3)))),
                List.of("certificate api.pem expires in 3 d"));
    }

    private static Status.Member member(String name, Status.MemberHealth health, String why, long connections) {
        return new Status.Member(
                name,
                "10.77.0.2" + name.charAt(1) + ":6443",
                health,
                NOW.minusSeconds(65),
                why,
                100,
                false,
                connections,
                0,
                health == Status.MemberHealth.UP ? 0 : 7,
                connections / 12.0,
                health == Status.MemberHealth.UP ? Duration.ofNanos(2_140_000) : null);
    }

    static NodeHealth health(boolean fit) {
        return new NodeHealth(
                "lb1",
                fit,
                fit ? List.of() : List.of("pool masters has no member that is up"),
                List.of(new NodeHealth.Router("api", 51, RouterState.ACTIVE, 200, List.of("10.77.0.10"))));
    }

    static EventLog events() {
        return new EventLog(100, InstantSource.fixed(NOW));
    }

    /** What a scrape gives. */
    public static String text(Metrics metrics) {
        return new String(metrics.scrape(false).body(), UTF_8);
    }

    static Metrics metrics() {
        return new Metrics("0.1.0");
    }
}
