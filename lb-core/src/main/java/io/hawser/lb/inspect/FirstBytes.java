package io.hawser.lb.inspect;

import io.hawser.lb.net.Block;
import io.hawser.lb.net.Blocks;
import io.hawser.lb.net.Wire;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a client, kept until it is known what they are. Event loop of the connection.
 *
 * <p>They cost nothing until some have come, then a small block, and a large one only for more than a small one holds.
 */
public final class FirstBytes {

    /** How reading went. */
    public enum Read {
        /** Something has come. */
        SOME,
        /** Nothing more has come. */
        NOTHING,
        /** There is no room for more. */
        FULL,
        /** The client has said that it sends no more. */
        ENDED,
        /** The client is gone. */
        FAILED,
        /** There is no block to be had. */
        NO_MEMORY
    }

    private final Wire client;
    private final Blocks blocks;
    private final TlsHelloReader hello = new TlsHelloReader();
    private @Nullable Block block;

    /**
     * Nothing is kept yet.
     *
     * @param client whom they come from
     * @param blocks those of the loop of the client's wire, to which {@link #discard} gives back
     */
    public FirstBytes(Wire client, Blocks blocks) {
        this.client = client;
        this.blocks = blocks;
    }

    /** Reads once. */
    public Read read() {
        if (!client.isReadable()) {
            return Read.NOTHING;
        }
        Block into = room();
        if (into == null) {
            return Read.NO_MEMORY;
        }
        if (into.to == into.size()) {
            return Read.FULL;
        }
        try {
            int read = client.receive(into);
            return read > 0 ? Read.SOME : read == 0 ? Read.NOTHING : Read.ENDED;
        } catch (IOException _) {
            return Read.FAILED;
        } finally {
            if (into.isDrained()) {
                discard();
            }
        }
    }

    private @Nullable Block room() {
        Block held = block;
        if (held == null) {
            held = blocks.takeSmall();
        } else if (held.to == held.size() && held.size() == Blocks.SMALL) {
            Block larger = blocks.takeLarge();
            if (larger == null) {
                return null;
            }
            larger.append(held);
            blocks.give(held);
            held = larger;
        }
        block = held;
        return held;
    }

    /** What a PROXY header at their start says. */
    public ProxyHeader proxyHeader() {
        Block held = block;
        return held == null ? ProxyHeader.NeedMore.INSTANCE : ProxyHeader.decode(held.memory(), held.from, held.to);
    }

    /** Whether they begin with a PROXY header, whole or malformed. */
    public boolean isProxyHeader() {
        return proxyHeader() instanceof ProxyHeader.Known || proxyHeader() instanceof ProxyHeader.Malformed;
    }

    /** Whether they may be the beginning of one. */
    public boolean mayBecomeProxyHeader() {
        return proxyHeader() instanceof ProxyHeader.NeedMore;
    }

    /**
     * Forgets the first of them.
     *
     * @param length how many, at most {@link #length()}
     */
    public void skip(int length) {
        Block held = block;
        if (held != null) {
            held.from += length;
            if (held.isDrained()) {
                discard();
            }
        }
    }

    /** What they are as TLS. */
    public TlsHello hello() {
        Block held = block;
        return held == null ? TlsHello.NeedMore.INSTANCE : hello.read(held.memory(), held.from, held.to);
    }

    /** How many there are. */
    public int length() {
        Block held = block;
        return held == null ? 0 : held.to - held.from;
    }

    /** Bytes of memory that they take. */
    public long heldBytes() {
        Block held = block;
        return held == null ? 0 : held.capacity();
    }

    /** Hands them over, as the caller's from now on; null when there are none. */
    public @Nullable Block take() {
        Block held = block;
        block = null;
        return held;
    }

    /** Gives back what is kept. */
    public void discard() {
        Block held = take();
        if (held != null) {
            blocks.give(held);
        }
    }
}
