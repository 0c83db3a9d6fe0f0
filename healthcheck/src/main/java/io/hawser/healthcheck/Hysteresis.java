package io.hawser.healthcheck;

/**
 * Rise and fall: how many checks in a row it takes to change a member's health. Immutable.
 *
 * @param rise good (or at least answered) checks in a row that bring a member back, 1 or more
 * @param fall bad checks in a row that take a member out, 1 or more
 * @param health the present health
 * @param good successes in a row
 * @param answered successes and refusals in a row
 * @param bad refusals and failures in a row
 * @param failed failures in a row
 */
record Hysteresis(int rise, int fall, Health health, int good, int answered, int bad, int failed) {

    /*
     * DOWN cuts established connections and DRAINING does not, so DOWN needs the stronger evidence: `fall` checks in a
     * row to which nothing answered. DRAINING needs `fall` checks in a row that were not good, whatever their kind:
     * refusal then failure with fall 2 stops new connections, and only one more failure cuts the old ones. In the
     * other direction a DOWN member that answers `rise` times, but not well, is DRAINING: it lives (an API server that
     * still starts says 500), which makes it the better last resort when no member is UP.
     * A member that denies is DOWN at once. Silence may be a lost packet, so it takes `fall` of it; a denial has come over a
     * connection and says what it says, and would say the same a moment later.
     * The first success of a member of which nothing was known makes it UP, so that a start needs one round only.
     */

    Hysteresis {
        if (rise < 1 || fall < 1) {
            throw new IllegalArgumentException("rise %d and fall %d must be at least 1".formatted(rise, fall));
        }
    }

    static Hysteresis unknown(int rise, int fall) {
        return at(rise, fall, Health.UNKNOWN);
    }

    private static Hysteresis at(int rise, int fall, Health health) {
        return new Hysteresis(rise, fall, health, 0, 0, 0, 0);
    }

    /** The state after one check. */
    Hysteresis on(Verdict verdict) {
        var counted = switch (verdict) {
            case SUCCESS -> counting(next(good), next(answered), 0, 0);
            case REFUSING -> counting(0, next(answered), next(bad), 0);
            case DENYING -> at(rise, fall, Health.DOWN);
            case FAILURE -> counting(0, 0, next(bad), next(failed));
            case NOTHING -> this;
        };
        return counted.settled();
    }

    /**
     * The state after a real connection has failed: counts as a failure, but changes the health never by itself, so
     * that a client cannot take a member out; a check has the last word.
     */
    Hysteresis onSuspicion() {
        var after = on(Verdict.FAILURE);
        return after.health == health ? after : this;
    }

    /** The same knowledge under other thresholds; they apply from the next check on. */
    Hysteresis with(int newRise, int newFall) {
        return new Hysteresis(newRise, newFall, health, good, answered, bad, failed);
    }

    /** Whether recent checks speak against the present health: the next check should come soon. */
    boolean isChanging() {
        return switch (health) {
            case UNKNOWN -> true;
            case UP -> bad > 0;
            case DRAINING -> good > 0 || failed > 0;
            case DOWN -> answered > 0;
        };
    }

    private Hysteresis settled() {
        var to = switch (health) {
            case UNKNOWN -> good > 0 ? Health.UP : fallen();
            case UP -> fallen();
            case DRAINING -> good >= rise ? Health.UP : failed >= fall ? Health.DOWN : health;
            case DOWN -> good >= rise ? Health.UP : answered >= rise ? Health.DRAINING : health;
        };
        // Counting starts again: each change needs evidence of its own, not the tail of the one before. The exception
        // is a failure that led to DRAINING, which is as good a witness for DOWN as the next one will be.
        return to == health ? this : new Hysteresis(rise, fall, to, 0, 0, 0, to == Health.DRAINING ? failed : 0);
    }

    private Health fallen() {
        return failed >= fall ? Health.DOWN : bad >= fall ? Health.DRAINING : health;
    }

    private Hysteresis counting(int newGood, int newAnswered, int newBad, int newFailed) {
        return new Hysteresis(rise, fall, health, newGood, newAnswered, newBad, newFailed);
    }

    private static int next(int count) {
        return count == Integer.MAX_VALUE ? count : count + 1;
    }
}
