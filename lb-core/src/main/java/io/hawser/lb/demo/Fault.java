package io.hawser.lb.demo;

import java.time.Duration;

/**
 * Something that breaks, how it is undone, and what it may cost. The first six strike the node that holds the address, the last one a master.
 */
public enum Fault {
    /** The active node is told to stop. */
    TERM("active node gets TERM", 150, 2_500, 2_000),
    /** The active node's process is killed. */
    KILL("active node gets KILL", 600, 2_500, 3_200),
    /** The active node's process is stopped and goes on later. */
    FREEZE("active node is frozen", 600, 2_500, 3_200),
    /** The switch drops the active node's frames without a loss of carrier. */
    SILENT_SWITCH("switch drops its frames", 600, -1, 2_200),
    /** The active node's interface goes down. */
    LINK_DOWN("its interface goes down", 600, -1, 2_200),
    /** The active node alone loses its way to every master. */
    NO_MASTERS("it alone loses all masters", 1_200, -1, 4_000),
    /** One master's process is killed. */
    MASTER_KILLED("one master is killed", 100, -1, 1_800);

    private final String label;
    private final Duration outageBound;
    private final Duration togetherBound;
    private final Duration watch;

    Fault(String label, long outageMillis, long togetherMillis, long watchMillis) {
        this.label = label;
        this.outageBound = Duration.ofMillis(outageMillis);
        this.togetherBound = Duration.ofMillis(togetherMillis);
        this.watch = Duration.ofMillis(watchMillis);
    }

    /** What happens, in a few words. */
    public String label() {
        return label;
    }

    /** The longest time without a served request that is accepted. */
    public Duration outageBound() {
        return outageBound;
    }

    /** Whether the time with the address on both nodes is bounded: not when the old owner cannot be reached by anybody. */
    public boolean isTogetherBounded() {
        return !togetherBound.isNegative();
    }

    /** The longest time with the address on both nodes that is accepted. */
    public Duration togetherBound() {
        return togetherBound;
    }

    /** How long to watch after it before it is undone: longer than each bound. */
    Duration watch() {
        return watch;
    }

    /** Breaks it. */
    void strike(TestBed rig, String node) {
        switch (this) {
            case TERM -> rig.signal(node, "TERM");
            case KILL -> rig.signal(node, "KILL");
            case FREEZE -> rig.signal(node, "STOP");
            case SILENT_SWITCH -> rig.network().silence(node);
            case LINK_DOWN -> rig.network().linkDown(node);
            case NO_MASTERS -> rig.network().hideMasters(node);
            case MASTER_KILLED -> rig.killMaster(VICTIM);
        }
    }

    /** Undoes it. */
    void undo(TestBed rig, String node) {
        switch (this) {
            case TERM, KILL -> rig.startNode(node);
            case FREEZE -> rig.signal(node, "CONT");
            case SILENT_SWITCH -> rig.network().endSilence();
            case LINK_DOWN -> rig.network().linkUp(node);
            case NO_MASTERS -> rig.network().showMasters(node);
            case MASTER_KILLED -> rig.startMaster(VICTIM);
        }
    }

    /** The master that is killed. */
    static final String VICTIM = Network.MASTERS.get(1);
}
