package io.hawser.vrrp.election;

import io.hawser.vrrp.election.State.Situation;
import java.net.InetAddress;
import java.util.Locale;

/** Phrases that several rules use in their explanations and alarms. Stateless. */
public final class Words {

    private static final long MILLISECOND = 1_000_000L;

    private Words() {}

    /** What a peer says of itself that says it is active. */
    static String claim(Election election, Evidence.Alive served, long now) {
        return election.named(served.peer()) + " " + answer(served, now);
    }

    /** The same without who it is. */
    static String answer(Evidence.Alive served, long now) {
        return "answered " + millis(now - served.at()) + " ago as active and " + (served.fit() ? "fit" : "unfit");
    }

    /** Why a peer that holds the addresses is not heard: it has another id for them, or something else. */
    static AlarmKind unheard(Evidence.Alive peer, AlarmKind otherwise) {
        return peer.otherId() == 0 ? otherwise : AlarmKind.OTHER_ID;
    }

    /** What makes a peer heard that holds the addresses. */
    static String remedy(Evidence.Alive unheard) {
        return unheard.otherId() == 0
                ? "allow IP protocol 112 between the nodes"
                : "it has id " + unheard.otherId() + " for these addresses, so that neither hears the other's"
                        + " advertisements: write the same id on both nodes";
    }

    /** The address that advertisements leave from. */
    static String primaryText(Situation known) {
        InetAddress primary = known.primary();
        return primary == null ? "no address" : Addresses.text(primary);
    }

    /** A length of time in words: whole milliseconds, with one decimal below ten. */
    public static String millis(long nanos) {
        return Math.abs(nanos) < 10 * MILLISECOND
                ? String.format(Locale.ROOT, "%.1f ms", nanos / 1e6)
                : Math.round(nanos / 1e6) + " ms";
    }
}
