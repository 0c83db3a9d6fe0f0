package io.hawser.lb.daemon;

import io.hawser.lb.admin.AccessLine;
import io.hawser.lb.config.AccessLog;
import io.hawser.lb.config.Listener;
import io.hawser.lb.proxy.ConnectionRecord;
import io.hawser.lb.proxy.Outcome;
import io.hawser.sysctl.net.AddressText;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Which connections get a line in the access log, by their listener, and what the line says. Immutable; any thread. */
final class AccessFilter {
    private final Map<String, AccessLog> byListener = new HashMap<>();

    AccessFilter(List<Listener> listeners) {
        for (Listener listener : listeners) {
            if (!(listener.accessLog() instanceof AccessLog.Off)) {
                byListener.put(listener.name(), listener.accessLog());
            }
        }
    }

    /** Whether any connection may get a line. */
    boolean isNeeded() {
        return !byListener.isEmpty();
    }

    /**
     * Whether this one gets a line.
     *
     * @param random gives a number from 0 to below its argument
     */
    boolean takes(ConnectionRecord connection, IntUnaryOperator random) {
        AccessLog wanted = byListener.get(connection.listener());
        return switch (wanted) {
            case null -> false;
            case AccessLog.Off() -> false;
            case AccessLog.Errors() -> !hasEndedWell(connection.outcome());
            case AccessLog.All() -> true;
            case AccessLog.OneOf(int of) -> !hasEndedWell(connection.outcome()) || random.applyAsInt(of) == 0;
        };
    }

    // A client may go whenever it likes, and API clients mostly do so without a word: that is no error of anybody.
    private static boolean hasEndedWell(Outcome outcome) {
        return switch (outcome) {
            case COMPLETED, IDLE, CLIENT_RESET, REBALANCED -> true;
            default -> false;
        };
    }

    /** What the line says. */
    static AccessLine line(ConnectionRecord connection, Instant at) {
        var client = connection.client();
        return new AccessLine(
                at,
                connection.listener(),
                new AccessLine.Client(
                        client == null ? null : AddressText.of(client),
                        connection.hello().serverName(),
                        connection.hello().alpn()),
                new AccessLine.Destination(
                        connection.destination().pool(),
                        connection.destination().member()),
                new AccessLine.Bytes(
                        connection.bytes().fromClient(), connection.bytes().fromMember()),
                new AccessLine.Times(
                        orNull(connection.times().connectNanos()),
                        orNull(connection.times().firstByteNanos()),
                        Duration.ofNanos(connection.times().durationNanos())),
                connection.attempts(),
                connection.isHedged(),
                new AccessLine.End(
                        connection.outcome().label(), connection.outcome().by().label()));
    }

    private static @Nullable Duration orNull(long nanos) {
        return nanos < 0 ? null : Duration.ofNanos(nanos);
    }
}
