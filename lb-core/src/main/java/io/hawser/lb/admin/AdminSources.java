package io.hawser.lb.admin;

import java.util.List;
import java.util.function.Supplier;

/**
 * Where the admin server reads what it shows. What the node's life depends on, {@code health}, {@code notLive} and
 * {@code notReady}, is called on the admin thread and must return a snapshot at once; the rest on the thread
 * {@code admin-pages}, where it keeps only those waiting who asked for it.
 *
 * @param health for /healthz; cheapest when it gives the same object until something changed
 * @param notLive for /livez: why the process does not work, in words; empty when it does
 * @param notReady for /readyz: what the start still waits for, in words; empty when complete
 * @param status for /status and the page at /
 * @param metrics for /metrics
 * @param events for /events
 */
public record AdminSources(
        Supplier<NodeHealth> health,
        Supplier<List<String>> notLive,
        Supplier<List<String>> notReady,
        Supplier<Status> status,
        Metrics metrics,
        EventLog events) {}
