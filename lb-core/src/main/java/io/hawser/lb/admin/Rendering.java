package io.hawser.lb.admin;

import java.util.function.BooleanSupplier;

/**
 * A page as it was made once, for all who asked at the time. Admin thread.
 *
 * @param reply what is sent
 * @param isMade whether it is the page, and not a refusal
 * @param outdated whether so many newer ones were made that who still reads this one is cut, or it would fill the memory
 */
record Rendering(Reply reply, boolean isMade, BooleanSupplier outdated) {
    boolean isOutdated() {
        return outdated.getAsBoolean();
    }
}
