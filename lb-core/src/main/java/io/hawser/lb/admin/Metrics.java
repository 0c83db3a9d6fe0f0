package io.hawser.lb.admin;

import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Every metric of this process as text: the families that its parts have registered, and the JVM's. Any thread. */
public final class Metrics implements AutoCloseable {
    /*
     * The families are collected straight from the parts' snapshots, so that a reload needs no registering and
     * unregistering of meters; micrometer adds the JVM's meters and writes the text. Its registry is built
     * late and on a thread of its own: loading it takes longer than everything else of a start together.
     */

    private final MetricFamilies families = new MetricFamilies();
    private @Nullable PrometheusMeterRegistry registry;
    private @Nullable JvmGcMetrics collections;

    /**
     * Metrics of a process of which no part has registered any yet.
     *
     * @param version of the running process, shown by {@code hawser_build_info}
     */
    public Metrics(String version) {
        families.gauge(
                "hawser_build_info",
                "Always 1; the labels tell the version",
                rows -> rows.add(
                        1, "version", version, "java", Runtime.version().toString()));
    }

    /** Where the parts register what they count. */
    public MetricFamilies families() {
        return families;
    }

    /** Builds the registry and the JVM's meters, which the first scrape would do otherwise. Any thread. */
    void prepare() {
        registry();
    }

    /**
     * All metrics as text. Thread admin-pages.
     *
     * @param openMetrics as OpenMetrics, and not as Prometheus text
     */
    Reply scrape(boolean openMetrics) {
        String type = openMetrics
                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8";
        var bytes = new ByteArrayOutputStream(16_384);
        try {
            registry().scrape(bytes, type);
        } catch (IOException e) {
            throw new UncheckedIOException("writing metrics into memory failed", e);
        }
        return Reply.ok(type, bytes.toByteArray());
    }

    /** Stops listening to the collector's notifications. */
    @Override
    public synchronized void close() {
        if (collections != null) {
            collections.close();
        }
        if (registry != null) {
            registry.close();
        }
    }

    private synchronized PrometheusMeterRegistry registry() {
        if (registry == null) {
            registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            registry.getPrometheusRegistry().register(families);
            collections = new JvmGcMetrics();
            collections.bindTo(registry);
            new JvmMemoryMetrics().bindTo(registry);
            new JvmThreadMetrics().bindTo(registry);
            new ClassLoaderMetrics().bindTo(registry);
            new ProcessorMetrics().bindTo(registry);
            new FileDescriptorMetrics().bindTo(registry);
            new UptimeMetrics().bindTo(registry);
        }
        return registry;
    }
}
