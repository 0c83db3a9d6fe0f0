package io.hawser.lb.inspect;

import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.BufferPool;
import io.hawser.lb.net.Endpoint;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a client, kept until it is known what they are. Event loop of the connection.
 *
 * <p>They cost nothing until some have come, then a small buffer, and a large one only for more than a small one holds.
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
        /** There is no buffer to be had. */
        NO_MEMORY
    }

    private final Endpoint client;
    private final BufferPool buffers;
    private final TlsHelloReader hello = new TlsHelloReader();
    private @Nullable Buffer buffer;

    /**
     * Nothing is kept yet.
     *
     * @param client whom they come from
     * @param buffers those of the loop of the client's endpoint, to which {@link #discard} gives back
     */
    public FirstBytes(Endpoint client, BufferPool buffers) {
        this.client = client;
        this.buffers = buffers;
    }

    /** Reads once. */
    public Read read() {
        if (!client.isReadable()) {
            return Read.NOTHING;
        }
        Buffer into = room();
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

    private @Nullable Buffer room() {
        Buffer held = buffer;
        if (held == null) {
            held = buffers.takeSmall();
        } else if (held.to == held.size() && held.size() == BufferPool.SMALL) {
            Buffer larger = buffers.takeLarge();
            if (larger == null) {
                return null;
            }
            larger.append(held);
            buffers.release(held);
            held = larger;
        }
        buffer = held;
        return held;
    }

    /** What a PROXY header at their start says. */
    public ProxyHeader proxyHeader() {
        Buffer held = buffer;
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
        Buffer held = buffer;
        if (held != null) {
            held.from += length;
            if (held.isDrained()) {
                discard();
            }
        }
    }

    /** What they are as TLS. */
    public TlsHello hello() {
        Buffer held = buffer;
        return held == null ? TlsHello.NeedMore.INSTANCE : hello.read(held.memory(), held.from, held.to);
    }

    /** How many there are. */
    public int length() {
        Buffer held = buffer;
        return held == null ? 0 : held.to - held.from;
    }

    /** Bytes of memory that they take. */
    public long heldBytes() {
        Buffer held = buffer;
        return held == null ? 0 : held.capacity();
    }

    /** Hands them over, as the caller's from now on; null when there are none. */
    public @Nullable Buffer take() {
        Buffer held = buffer;
        buffer = null;
        return held;
    }

    /** Gives back what is kept. */
    public void discard() {
        Buffer held = take();
        if (held != null) {
            buffers.release(held);
        }
    }
}
