package io.hawser.lb.demo;

/**
 * One request of the probe: a new connection, one request, one answer. Immutable.
 *
 * @param startAt when the connection was begun, on the {@link System#nanoTime()} scale
 * @param endAt when it was answered or given up
 * @param served whether it was answered in time with status 200
 * @param detail the master that answered, or why there was no answer
 */
record Attempt(long startAt, long endAt, boolean served, String detail) {}
