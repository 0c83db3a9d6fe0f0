package io.hawser.lb.proxy;

import io.hawser.lb.inspect.ProxyHeader;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.inspect.TlsHelloReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a client, kept until it is known what they are. Event loop of the connection.
 *
 * <p>They cost nothing until some have come, then a small block, and a large one only for more than a small one holds.
 */
final class FirstBytes {

    /** How reading went. */
    enum Read {
        SOME,
        /** Nothing more has come. */
        NOTHING,
        /** There is no room for more. */
        FULL,
        /** The client has said that it sends no more. */
        ENDED,
        FAILED,
        NO_MEMORY
    }

    private final Wire client;
    private final Blocks blocks;
    private final TlsHelloReader hello = new TlsHelloReader();
    private @Nullable Block block;

    FirstBytes(Wire client, Blocks blocks) {
        this.client = client;
        this.blocks = blocks;
    }

    /** Reads once. */
    Read read() {
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
    ProxyHeader proxyHeader() {
        Block held = block;
        return held == null ? ProxyHeader.NeedMore.INSTANCE : ProxyHeader.decode(held.memory(), held.from, held.to);
    }

    /** Whether they begin with a PROXY header, whole or malformed. */
    boolean isProxyHeader() {
        return proxyHeader() instanceof ProxyHeader.Known || proxyHeader() instanceof ProxyHeader.Malformed;
    }

    /** Whether they may be the beginning of one. */
    boolean mayBecomeProxyHeader() {
        return proxyHeader() instanceof ProxyHeader.NeedMore;
    }

    /** Forgets the first of them. */
    void skip(int length) {
        Block held = block;
        if (held != null) {
            held.from += length;
            if (held.isDrained()) {
                discard();
            }
        }
    }

    /** What they are as TLS. */
    TlsHello hello() {
        Block held = block;
        return held == null ? TlsHello.NeedMore.INSTANCE : hello.read(held.memory(), held.from, held.to);
    }

    /** How many there are. */
    int length() {
        Block held = block;
        return held == null ? 0 : held.to - held.from;
    }

    /** Bytes of memory that they take. */
    long heldBytes() {
        Block held = block;
        return held == null ? 0 : held.capacity();
    }

    /** Hands them over; null when there are none. */
    @Nullable
    Block take() {
        Block held = block;
        block = null;
        return held;
    }

    /** Gives back what is kept. */
    void discard() {
        Block held = take();
        if (held != null) {
            blocks.give(held);
        }
    }
}
