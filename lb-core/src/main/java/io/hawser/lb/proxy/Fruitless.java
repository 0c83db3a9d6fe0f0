package io.hawser.lb.proxy;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Connections of one second that ended for nothing: the client had not been answered with a byte, and either left, said what is
 * not understood, or was not let in. Immutable.
 *
 * @param ended how many
 * @param refused those of them that were not let in (denied, or beyond the limits of their source)
 * @param heldBack those of {@code refused} whose source was held back, as nearly all of its connections end for nothing
 * @param source who opened most connections, if it was more than half of them; null when nobody did
 * @param ofSource how many of {@code ended} were of that source
 */
public record Fruitless(
        long ended, long refused, long heldBack, @Nullable InetAddress source, long ofSource) {
    /** Nothing of the kind. */
    public static final Fruitless NONE = new Fruitless(0, 0, 0, null, 0);

    /** Both together; of two sources the one with more. */
    public Fruitless plus(Fruitless other) {
        if (other.ended == 0) {
            return this;
        }
        boolean isSame = source != null && source.equals(other.source);
        boolean isMine = isSame || ofSource >= other.ofSource;
        return new Fruitless(
                ended + other.ended,
                refused + other.refused,
                heldBack + other.heldBack,
                isMine ? source : other.source,
                isSame ? ofSource + other.ofSource : Math.max(ofSource, other.ofSource));
    }
}
