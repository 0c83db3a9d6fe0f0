package io.hawser.packaging;

import io.hawser.lb.demo.Network;
import io.hawser.lb.demo.Observation;
import io.hawser.lb.demo.Probe;
import io.hawser.lb.demo.TestBed;
import io.hawser.testkit.Lateness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the machine does beside what is measured: a client that goes straight to the first master, which no fault of a test strikes, and
 * threads with a little to compute. Any thread.
 */
final class Control implements AutoCloseable {
    /** Half as often as the client that is measured: what looks must not be in the way itself. */
    private static final Duration INTERVAL = Duration.ofMillis(20);

    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Probe straight;
    private final Lateness lateness = new Lateness(PAUSE);

    /** Begins; the rig ends the client. */
    Control(TestBed rig) {
        straight = rig.straight(Network.MASTERS.getFirst(), INTERVAL);
    }

    /**
     * What the machine itself did between two moments on the {@link System#nanoTime()} scale.
     *
     * @param most what may be late by how much without an effect on what is measured
     */
    List<String> spoilt(long fromAt, long toAt, Duration most) {
        List<String> spoilt = new ArrayList<>(late(fromAt, toAt, most));
        Observation seen = straight.observe(fromAt, toAt);
        if (seen.failed() > 0 || seen.outage().compareTo(most) > 0) {
            spoilt.add("straight to a master: longest gap %d ms, failed %s"
                    .formatted(seen.outage().toMillis(), seen.failures()));
        }
        return spoilt;
    }

    /** The same without the client, where its master is struck too. */
    List<String> late(long fromAt, long toAt, Duration most) {
        return lateness.spoilt(fromAt, toAt, most);
    }

    @Override
    public void close() throws InterruptedException {
        lateness.close();
    }
}
