package io.hawser.lb.demo;

import java.time.Duration;

/** One fault from the strike to the recovery, measured by the client. Use from the thread that owns the rig. */
public final class FaultRun {
    private static final Duration AGAIN_LIMIT = Duration.ofSeconds(20);
    private static final Duration AFTER_RETURN = Duration.ofMillis(1_500);

    private FaultRun() {}

    /**
     * What a fault cost.
     *
     * @param fault what broke
     * @param node the node that held the address when it broke
     * @param during what the client saw from the strike on
     * @param together how long both nodes held the address from the strike on
     * @param isServedAgain whether requests were served at the end of the watch, before anything was undone
     * @param back what the client saw from the moment it was undone on
     * @param isWholeAgain whether both nodes and all masters were in service again after it
     */
    public record Result(
            Fault fault,
            String node,
            Observation during,
            Duration together,
            boolean isServedAgain,
            Observation back,
            boolean isWholeAgain) {

        /** The longest gap between two served requests that still counts as no outage: a busy machine's, not a failover's. */
        public static final Duration NO_OUTAGE = Duration.ofMillis(100);

        /** Whether the outage kept its bound. */
        public boolean isOutageWithin() {
            return during.outage().compareTo(fault.outageBound()) <= 0
                    && (fault != Fault.MASTER_KILLED || during.lateFailures() == 0);
        }

        /** Whether the time with two owners kept its bound, if it has one. */
        public boolean isTogetherWithin() {
            return !fault.isTogetherBounded() || together.compareTo(fault.togetherBound()) <= 0;
        }

        /** Whether mending went unnoticed. */
        public boolean isBackWithin() {
            return back.failed() == 0 && back.outage().compareTo(NO_OUTAGE) <= 0;
        }

        /** Whether every bound was kept. */
        public boolean isWithin() {
            return isServedAgain && isWholeAgain && isOutageWithin() && isTogetherWithin() && isBackWithin();
        }
    }

    /**
     * Strikes, watches, mends and watches again; the rig must be steady before. The caller is told of both moments.
     *
     * @throws DemoException when no node holds the address to begin with
     */
    public static Result run(TestBed rig, Fault fault, Listener listener) {
        String node = rig.active();
        if (node == null) {
            throw DemoException.failed("no node holds " + Network.VIRTUAL_ADDRESS + " before: " + fault.label());
        }
        listener.struck(fault, node);
        long struckAt = System.nanoTime();
        fault.strike(rig, node);
        TestBed.pause(fault.watch());
        long seenAt = System.nanoTime();
        Observation during = rig.probe().observe(struckAt, seenAt);
        boolean servedAgain = isServingAt(rig, seenAt);
        Duration together = rig.together(struckAt, seenAt);

        listener.mended(fault, node, during);
        long mendedAt = System.nanoTime();
        fault.undo(rig, node);
        TestBed.pause(AFTER_RETURN);
        boolean whole = rig.awaitSteady(AGAIN_LIMIT);
        Observation back = rig.probe().observe(mendedAt, System.nanoTime());
        return new Result(fault, node, during, together, servedAgain, back, whole);
    }

    private static boolean isServingAt(TestBed rig, long at) {
        return rig.probe().observe(at - Duration.ofMillis(250).toNanos(), at).served() > 0;
    }

    /** Hears of a drill's moments as they happen, on the drill's thread. */
    public interface Listener {
        /** A fault is about to strike. */
        void struck(Fault fault, String node);

        /** A fault is about to be undone; {@code during} is what it cost. */
        void mended(Fault fault, String node, Observation during);

        /** Nobody who listens. */
        static Listener none() {
            return new Listener() {
                @Override
                public void struck(Fault fault, String node) {}

                @Override
                public void mended(Fault fault, String node, Observation during) {}
            };
        }
    }
}
