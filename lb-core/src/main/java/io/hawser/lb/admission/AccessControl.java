package io.hawser.lb.admission;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Decides by a client's address whether its connection is let in, before anything is spent on it. Any thread; neither
 * locks nor allocates on the way of a connection.
 */
public final class AccessControl {
    /** The address is one that may not connect. */
    public static final int DENIED = -4;

    /** The source opens connections faster than it may; said also of one that is held back for another reason of that kind. */
    public static final int TOO_FAST = SourceTable.TOO_FAST;

    /** The admission of a connection that is not counted, so that nothing is to be given back. */
    public static final int NOTHING = SourceTable.UNCOUNTED;

    /** The networks of one configuration. */
    private record Rules(AccessRules access, NetworkSet deny, NetworkSet allow, NetworkSet trusted) {}

    private final LongAdder uncounted = new LongAdder();
    private volatile Rules rules;
    private volatile @Nullable SourceTable sources;

    /**
     * Knows no source yet.
     *
     * @param access who may connect, and how often
     * @param trustedProxies the networks whose PROXY headers are believed
     */
    public AccessControl(AccessRules access, List<Network> trustedProxies) {
        rules = rules(access, trustedProxies);
    }

    private Rules rules(AccessRules access, List<Network> trustedProxies) {
        // Connections that are counted stay counted when the limits change, and are given back when the limits are
        // gone.
        if (access.countsSources() && sources == null) {
            sources = new SourceTable();
        }
        return new Rules(
                access, new NetworkSet(access.deny()), new NetworkSet(access.allow()), new NetworkSet(trustedProxies));
    }

    /** Follows another configuration, for connections that come from now on. */
    public void follow(AccessRules access, List<Network> trustedProxies) {
        rules = rules(access, trustedProxies);
    }

    /**
     * Judges the other end of a connection. A proxy whose header is believed must not be denied, and is else let in: the
     * client that its header names is judged then, by {@link #admit(InetAddress, long)}.
     *
     * @param bytes holds the address in network order
     * @param offset where it starts
     * @param length 4 or 16
     * @param now monotonic time in nanoseconds
     * @return what to {@link #release} with; or, when it is refused, what {@link #refusal} explains
     */
    public int admit(byte[] bytes, int offset, int length, long now) {
        Rules current = rules;
        if (current.deny().contains(bytes, offset, length)) {
            return DENIED;
        }
        return current.trusted().contains(bytes, offset, length)
                ? NOTHING
                : admitSource(current, bytes, offset, length, now);
    }

    /** Whether it is a proxy whose header is believed: then what its clients do is not its doing. */
    public boolean isProxy(byte[] bytes, int offset, int length) {
        return rules.trusted().contains(bytes, offset, length);
    }

    /**
     * Judges the client that a believed PROXY header names; the result is that of the other method.
     *
     * @param now monotonic time in nanoseconds
     */
    public int admit(InetAddress client, long now) {
        Rules current = rules;
        byte[] bytes = client.getAddress();
        return current.deny().contains(bytes, 0, bytes.length)
                ? DENIED
                : admitSource(current, bytes, 0, bytes.length, now);
    }

    private int admitSource(Rules current, byte[] bytes, int offset, int length, long now) {
        if (!current.allow().isEmpty() && !current.allow().contains(bytes, offset, length)) {
            return DENIED;
        }
        SourceTable table = sources;
        AccessRules access = current.access();
        if (table == null || !access.countsSources()) {
            return NOTHING;
        }
        int entry = table.enter(table.key(bytes, offset, length), access.connections(), access.newPerSecond(), now);
        if (entry == SourceTable.UNCOUNTED) {
            uncounted.increment();
        }
        return entry;
    }

    /** Why a connection is refused; null when it is not. */
    public static @Nullable Refusal refusal(int admission) {
        return switch (admission) {
            case DENIED -> Refusal.DENIED;
            case SourceTable.TOO_MANY -> Refusal.TOO_MANY;
            case TOO_FAST -> Refusal.TOO_FAST;
            default -> null;
        };
    }

    /**
     * A connection that was let in has ended.
     *
     * @param admission what {@code admit} has said of it, or {@link #NOTHING}
     */
    public void release(int admission) {
        SourceTable table = sources;
        if (table != null) {
            table.left(admission);
        }
    }

    /** Connections let in although there was no room to count their source. */
    public long uncounted() {
        return uncounted.sum();
    }
}
