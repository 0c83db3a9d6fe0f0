package io.hawser.lb.admin;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An answer on its way: what of it is still to be written. Admin thread. */
final class Outgoing {
    private final List<byte[]> parts;
    private final @Nullable Rendering rendering;
    private byte[] part;
    private int nextPart;
    private int offset;

    /**
     * Nothing of it is written yet.
     *
     * @param head what comes first
     * @param parts what follows, one after the other
     * @param rendering what {@code parts} belong to, if they are shared with others
     */
    Outgoing(byte[] head, List<byte[]> parts, @Nullable Rendering rendering) {
        this.part = head;
        this.parts = parts;
        this.rendering = rendering;
    }

    /** Fills {@code piece} with what comes next; true when that was all. */
    boolean fill(ByteBuf piece) {
        while (true) {
            int length = Math.min(part.length - offset, piece.writableBytes());
            piece.writeBytes(part, offset, length);
            offset += length;
            if (offset < part.length) {
                return false;
            }
            if (nextPart == parts.size()) {
                return true;
            }
            part = parts.get(nextPart++);
            offset = 0;
        }
    }

    boolean isOutdated() {
        return rendering != null && rendering.isOutdated();
    }
}
