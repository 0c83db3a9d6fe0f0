package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Latency;
import io.hawser.lb.admin.Severity;
import io.hawser.vrrp.VrrpListener;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Set;

/** Hands on what virtual routers tell: to the event log, to the metrics, and of addresses that have gone to the data path. On the vrrp thread. */
final class RouterEvents implements VrrpListener {
    private final EventLog events;
    private final DataPath dataPath;
    private final Latency tickLate;
    private final LateTicks late = new LateTicks();

    /** @param tickLate takes how late the timers of the vrrp thread ran */
    RouterEvents(EventLog events, DataPath dataPath, Latency tickLate) {
        this.events = events;
        this.dataPath = dataPath;
        this.tickLate = tickLate;
    }

    /** How late the vrrp thread woke up at worst in the last minutes. Any thread. */
    Duration worstTickLately() {
        return late.worst(System.nanoTime());
    }

    @Override
    public void moved(Transition transition) {
        StateChangeEvent.record(transition);
        events.append(
                "vrrp-state",
                Severity.INFO,
                transition.router(),
                transition.from().label() + " to " + transition.to().label() + " (" + transition.cause() + "): "
                        + transition.explanation());
    }

    @Override
    public void alarmed(Alarm alarm) {
        events.append("vrrp-" + alarm.kind().label(), Severity.WARNING, alarm.router(), alarm.explanation());
    }

    @Override
    public void released(Set<InetAddress> addresses) {
        dataPath.closeConnectionsTo(addresses);
    }

    @Override
    public void ticked(long lateNanos) {
        tickLate.record(lateNanos);
        late.ticked(System.nanoTime(), lateNanos);
        LateTickEvent.record(lateNanos);
    }
}
