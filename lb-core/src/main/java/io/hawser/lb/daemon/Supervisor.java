package io.hawser.lb.daemon;

import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.NotifySocket;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What systemd is told of this process (sd_notify(3), systemd.service(5) Type=notify): that it has started, that it reloads or stops, and that it
 * still works. Without a service manager that asks (NOTIFY_SOCKET), all of it does nothing. Any thread.
 */
final class Supervisor implements AutoCloseable {

    /** What a stop may take beyond letting connections end. */
    private static final Duration STOP = Duration.ofSeconds(10);

    /** Within what time it says again that it waits. */
    private static final Duration WAIT = Duration.ofMinutes(5);

    private static final Logger log = LoggerFactory.getLogger(Supervisor.class);

    private final @Nullable Consumer<String> socket;
    private final @Nullable Duration watchdog;
    private @Nullable Thread watching;
    private String said = "";
    private boolean isHeard = true;

    /**
     * One that is told through {@code socket}; null: nobody asks.
     *
     * @param watchdog how often it wants a sign of life, or null when it wants none
     */
    Supervisor(@Nullable Consumer<String> socket, @Nullable Duration watchdog) {
        this.socket = socket;
        this.watchdog = watchdog;
    }

    /** The one that this process was started by. */
    static Supervisor of(Map<String, String> environment) {
        String address = environment.getOrDefault("NOTIFY_SOCKET", "");
        if (address.isEmpty()) {
            return new Supervisor(null, null);
        }
        try {
            return new Supervisor(
                    NotifySocket.to(address)::send,
                    watchdog(environment, ProcessHandle.current().pid()));
        } catch (LinuxException e) {
            log.atWarn().setCause(e).log("the service manager will not be notified");
            return new Supervisor(null, null);
        }
    }

    /** How often the service manager wants a sign of life, or null when it wants none of this process (sd_watchdog_enabled(3)). */
    static @Nullable Duration watchdog(Map<String, String> environment, long pid) {
        String forWhom = environment.getOrDefault("WATCHDOG_PID", "");
        String micros = environment.getOrDefault("WATCHDOG_USEC", "");
        if (!micros.matches("[1-9][0-9]{0,17}") || !(forWhom.isEmpty() || forWhom.equals(Long.toString(pid)))) {
            return null;
        }
        return Duration.ofNanos(Math.multiplyExact(Long.parseLong(micros) / 1_000, 1_000_000L));
    }

    /**
     * It has started completely. From now on the watchdog is told, three times in its interval, as long as the process is live.
     *
     * @param isLive whether the process works
     * @param status one line for people
     */
    void ready(BooleanSupplier isLive, Supplier<String> status) {
        if (socket == null) {
            return;
        }
        send("READY=1\nSTATUS=" + status.get());
        Duration interval = watchdog;
        synchronized (this) {
            if (interval != null && watching == null) {
                watching = Thread.ofPlatform()
                        .daemon()
                        .name("service-manager")
                        .start(() -> watch(interval.dividedBy(3), isLive, status));
            }
        }
    }

    private void watch(Duration pause, BooleanSupplier isLive, Supplier<String> status) {
        while (!Thread.currentThread().isInterrupted()) {
            String now = status.get();
            if (isLive.getAsBoolean()) {
                send(now.equals(said) ? "WATCHDOG=1" : "WATCHDOG=1\nSTATUS=" + now);
                said = now;
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** It lives and cannot start before something comes, which may take any time. */
    void waiting(String what) {
        send("STATUS=waits: " + what + "\nEXTEND_TIMEOUT_USEC=" + WAIT.toMillis() * 1_000);
    }

    /** It reads its configuration again; {@link #reloaded} follows. */
    void reloading() {
        // systemd wants the time for Type=notify-reload, and ignores it otherwise. CLOCK_MONOTONIC is what nanoTime is
        // on Linux.
        send("RELOADING=1\nMONOTONIC_USEC=" + System.nanoTime() / 1_000);
    }

    /** It has read its configuration, whatever came of it. */
    void reloaded() {
        send("READY=1");
    }

    /** It stops, which may take as long as connections are given to end. */
    void stopping(Duration drain) {
        send("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + drain.plus(STOP).toMillis() * 1_000);
    }

    private synchronized void send(String state) {
        if (socket == null) {
            return;
        }
        try {
            socket.accept(state);
            isHeard = true;
        } catch (LinuxException e) {
            if (isHeard) {
                log.atWarn()
                        .setCause(e)
                        .log("the service manager did not accept \""
                                + state.lines().findFirst().orElse("") + "\"");
            }
            isHeard = false;
        }
    }

    /** Tells nothing more. */
    @Override
    public synchronized void close() {
        if (watching != null) {
            watching.interrupt();
        }
    }
}
