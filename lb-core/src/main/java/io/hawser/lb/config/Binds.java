package io.hawser.lb.config;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The addresses that listeners bind, found by port and address in one look however many there are. One thread. */
final class Binds {
    private final Map<Place, Bound> first = new HashMap<>();
    private final Map<Integer, Set<InetAddress>> addressesByPort = new HashMap<>();
    private int added;

    /**
     * An address that is listened on.
     *
     * @param listener whose it is; null: the admin endpoint's, for which [::] takes IPv4 too, as it has one address only
     * @param order how many there were before it
     */
    record Bound(
            Section.Located<InetSocketAddress> bind,
            @Nullable Section listener,
            int order) {}

    private enum Kind {
        /** One address. */
        EXACT,
        /** Every address of a family. */
        WILDCARD,
        /** Whatever there is of a family. */
        ANY
    }

    /** What is looked for; the address stands for its family where the kind is not {@link Kind#EXACT}. */
    private record Place(Kind kind, int port, Object address) {
        private static Place of(Kind kind, int port, boolean isSix) {
            return new Place(kind, port, isSix);
        }
    }

    /** All addresses of the listeners. */
    static Binds ofListeners(ParsedConfig draft) {
        Binds all = new Binds();
        for (Section listener : draft.listeners()) {
            for (Section.Located<InetSocketAddress> bind : listener.items(ListenerKeys.BIND)) {
                all.add(bind, listener);
            }
        }
        return all;
    }

    void add(Section.Located<InetSocketAddress> bind, @Nullable Section listener) {
        Bound bound = new Bound(bind, listener, added++);
        InetAddress address = bind.value().getAddress();
        int port = bind.value().getPort();
        first.putIfAbsent(new Place(Kind.EXACT, port, address), bound);
        families(address, listener).forEach(isSix -> {
            first.putIfAbsent(Place.of(Kind.ANY, port, isSix), bound);
            if (address.isAnyLocalAddress()) {
                first.putIfAbsent(Place.of(Kind.WILDCARD, port, isSix), bound);
            }
        });
        addressesByPort.computeIfAbsent(port, _ -> new LinkedHashSet<>()).add(address);
    }

    /** The first one that the kernel refuses to listen on at the same time; null: there is none. */
    @Nullable
    Bound inTheWayOf(InetSocketAddress wanted, @Nullable Section listener) {
        InetAddress address = wanted.getAddress();
        if (address.isAnyLocalAddress()) {
            Bound earliest = null;
            for (boolean isSix : families(address, listener).toList()) {
                earliest = earlier(earliest, first.get(Place.of(Kind.ANY, wanted.getPort(), isSix)));
            }
            return earliest;
        }
        return earlier(at(wanted), everywhere(wanted.getPort(), address));
    }

    /** The first one that listens on that very address; null: none does. */
    @Nullable
    Bound at(InetSocketAddress address) {
        return first.get(new Place(Kind.EXACT, address.getPort(), address.getAddress()));
    }

    /** The first one that listens on every address of the family; null: none does. */
    @Nullable
    Bound everywhere(int port, InetAddress family) {
        return first.get(Place.of(Kind.WILDCARD, port, family instanceof Inet6Address));
    }

    /** Whether the port is listened on at a single address that is another one. */
    boolean isAtAnother(InetSocketAddress address) {
        // Three at most are passed over: both wildcards and the address itself.
        for (InetAddress each : addressesByPort.getOrDefault(address.getPort(), Set.of())) {
            if (!each.isAnyLocalAddress() && !each.equals(address.getAddress())) {
                return true;
            }
        }
        return false;
    }

    /** The earlier of two; null is none. */
    static @Nullable Bound earlier(@Nullable Bound one, @Nullable Bound other) {
        return one == null || (other != null && other.order < one.order) ? other : one;
    }

    private static Stream<Boolean> families(InetAddress address, @Nullable Section listener) {
        boolean isSix = address instanceof Inet6Address;
        return isSix && listener == null && address.isAnyLocalAddress() ? Stream.of(true, false) : Stream.of(isSix);
    }
}
