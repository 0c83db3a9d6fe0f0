package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How families become text; which families there are, and what they say, is tested where they are made. */
class MetricsTest {
    private final Metrics metrics = Samples.metrics();
    private final MetricFamilies families = metrics.families();

    @AfterEach
    void close() {
        metrics.close();
    }

    private String scrape(String accept) {
        return new String(
                metrics.scrape(Views.accepts(accept, "application/openmetrics-text"))
                        .body(),
                UTF_8);
    }

    private List<String> lines() {
        return scrape("").lines().toList();
    }

    @Test
    void theVersionIsThereFromTheStart() {
        String line = "hawser_build_info{java=\"" + Runtime.version() + "\",version=\"0.1.0\"} 1.0";
        assertTrue(lines().contains(line), line);
        assertEquals(Set.of("hawser_build_info"), families.names());
    }

    @Test
    void openMetricsHasTheSameSamplesAndItsEnd() {
        families.counter("hawser_bytes", "Bytes", rows -> rows.count(100, "listener", "api", "direction", "in"));
        String text = scrape("application/openmetrics-text;version=1.0.0");
        assertTrue(text.contains("# TYPE hawser_bytes counter\n"), text);
        assertTrue(text.contains("hawser_bytes_total{direction=\"in\",listener=\"api\"} 100.0\n"), text);
        assertTrue(text.endsWith("# EOF\n"));
        assertTrue(lines().contains("hawser_bytes_total{direction=\"in\",listener=\"api\"} 100.0"));
    }

    @Test
    void theJvmIsThere() {
        String text = scrape("");
        for (String name : List.of(
                "jvm_memory_used_bytes{",
                "jvm_gc_memory_allocated_bytes_total",
                "jvm_threads_live_threads",
                "process_files_open_files")) {
            assertTrue(text.contains("\n" + name), name);
        }
    }

    @Test
    void histogramsCountEachDurationInItsBucket() {
        LatencyFamily check = LatencyFamily.ofRoundTrips("pool", "member");
        families.histogram("hawser_check_seconds", "Checks", check::collect);
        check.of("masters", "m2").record(500_000);
        check.of("masters", "m2").record(500_001);
        check.of("masters", "m2").record(60_000_000_000L);
        check.of("masters", "m2").record(-5);
        String text = scrape("");
        assertTrue(
                text.contains("hawser_check_seconds_bucket{member=\"m2\",pool=\"masters\",le=\"5.0E-4\"} 2\n"), text);
        assertTrue(text.contains("hawser_check_seconds_bucket{member=\"m2\",pool=\"masters\",le=\"0.001\"} 3\n"), text);
        assertTrue(text.contains("hawser_check_seconds_bucket{member=\"m2\",pool=\"masters\",le=\"0.005\"} 3\n"), text);
        assertTrue(text.contains("hawser_check_seconds_bucket{member=\"m2\",pool=\"masters\",le=\"+Inf\"} 4\n"), text);
    }

    @Test
    void histogramsThatAreNotWantedAnyMoreAreGone() {
        LatencyFamily check = LatencyFamily.ofRoundTrips("member");
        families.histogram("hawser_check_seconds", "Checks", check::collect);
        check.of("m1").record(1);
        check.of("m2").record(1);
        check.retain(values -> !values.contains("m1"));
        String text = scrape("");
        assertFalse(text.contains("member=\"m1\""), text);
        assertTrue(text.contains("hawser_check_seconds_count{member=\"m2\"} 1\n"), text);
    }

    @Test
    void whatASourceNoLongerNamesIsGoneAndALaterSourceReplacesIt() {
        families.gauge("hawser_fit", "Fit", rows -> rows.count(1, "node", "one"));
        families.gauge("hawser_fit", "Fit", rows -> rows.count(0, "node", "two"));
        assertEquals(
                List.of("hawser_fit{node=\"two\"} 0.0"),
                lines().stream().filter(line -> line.startsWith("hawser_fit")).toList());
    }

    @Test
    void valuesWithTheSameLabelsAreAdded() {
        families.gauge("hawser_open", "Open", rows -> {
            rows.count(2, "pool", "p");
            rows.count(3, "pool", "p");
        });
        assertTrue(lines().contains("hawser_open{pool=\"p\"} 5.0"), lines()::toString);
    }

    @Test
    void oneBrokenSourceLeavesTheOthers() {
        families.gauge("hawser_fit", "Fit", rows -> rows.count(1));
        families.gauge("hawser_loop_lag_seconds", "Lag", rows -> {
            throw new IllegalStateException("broken");
        });
        families.histogram("hawser_connect_seconds", "Connects", rows -> {
            throw new IllegalStateException("broken");
        });
        String text = scrape("");
        assertTrue(text.contains("hawser_fit 1.0"), text);
        assertFalse(text.contains("hawser_loop_lag_seconds{"), text);
    }

    @Test
    void foreignLabelValuesAreEscaped() {
        families.gauge("hawser_peer_up", "Up", rows -> rows.count(1, "peer", "a\"b\\c\nd"));
        assertTrue(scrape("").contains("hawser_peer_up{peer=\"a\\\"b\\\\c\\nd\"} 1.0"));
    }
}
