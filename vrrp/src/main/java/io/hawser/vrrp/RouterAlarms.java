package io.hawser.vrrp;

import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.election.AlarmKind;
import java.net.InetAddress;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The alarms of one virtual router: counts each, and tells the listener of it as often as is of use, with the MAC address of the node that it is about. Vrrp thread.
 */
final class RouterAlarms {
    private final NetworkLink port;
    private final Netlink reads;
    private final VrrpListener listener;
    private final Map<AlarmKind, LongAdder> counters;
    private final RateLimitedLog complaints = new RateLimitedLog();
    private final Map<AlarmKind, String> lastNamed = new EnumMap<>(AlarmKind.class);
    private RouterSpec spec;

    /**
     * Tells of nothing yet.
     *
     * @param reads looks up MAC addresses that are not known
     * @param counters how often each kind was seen; of all routers; a kind that is not there is not counted
     */
    RouterAlarms(
            RouterSpec spec,
            NetworkLink port,
            Netlink reads,
            VrrpListener listener,
            Map<AlarmKind, LongAdder> counters) {
        this.spec = spec;
        this.port = port;
        this.reads = reads;
        this.listener = listener;
        this.counters = counters;
    }

    /** Takes new parameters. */
    void reconfigure(RouterSpec next) {
        spec = next;
    }

    /** Tells of what the engine found, which itself says it only once. */
    void tell(AlarmKind kind, String text) {
        count(kind);
        listener.alarmed(new VrrpListener.Alarm(spec.name(), kind, text));
    }

    /** Complains of something, at most once a minute for each subject {@code about}. */
    void complain(AlarmKind kind, Object about, Supplier<String> text, long now) {
        count(kind);
        if (isDue(kind, about, now)) {
            alarm(kind, text.get());
        }
    }

    /** Complains that the kernel did not carry out a change of addresses or of their interface. */
    void cannotChange(Object about, Supplier<String> text, long now) {
        complain(AlarmKind.CANNOT_CHANGE_ADDRESS, about, text, now);
    }

    /** Complains of another node; the text is what there is to say after its name. */
    void complainOf(AlarmKind kind, InetAddress node, Supplier<String> text, long now) {
        count(kind);
        if (!isDue(kind, node, now)) {
            return;
        }
        String said = text.get();
        Mac mac = port.neighbor(node);
        // Those that are only counted may be told of before this one's MAC address is known.
        lastNamed.put(kind, named(node, mac) + said);
        int index = port.index();
        if (mac != null || index == 0) {
            alarm(kind, named(node, mac) + said);
            return;
        }
        reads.request(routes -> LinkView.neighbors(routes, index, Set.of(node)), outcome -> {
            Mac found = outcome instanceof Netlink.Outcome.Done(Map<InetAddress, Mac> all) ? all.get(node) : null;
            alarm(kind, named(node, found) + said);
        });
    }

    /** Another node as people look for it: its address, and its MAC address where it is known. */
    private static String named(InetAddress peer, @Nullable Mac mac) {
        return AddressText.of(peer) + (mac == null ? "" : " (MAC " + mac + ")");
    }

    private boolean isDue(AlarmKind kind, Object about, long now) {
        // Who is on the network can make up senders, but no node of ours, and none of our own failures.
        boolean isKnown = kind.isOwn()
                || (about instanceof InetAddress peer && spec.nodes().peers().contains(peer));
        return isKnown ? complaints.isDue(kind, about, now) : complaints.isDueOfStranger(kind, about, now);
    }

    private void alarm(AlarmKind kind, String text) {
        lastNamed.put(kind, text);
        listener.alarmed(new VrrpListener.Alarm(spec.name(), kind, text));
    }

    /** Says how many alarms of a kind were not said one by one. */
    void sayMore(long now) {
        complaints.more(now).forEach((kind, count) -> {
            if (kind instanceof AlarmKind of) {
                String whose = of == AlarmKind.ADDRESS_CORRECTED ? "" : " from other senders";
                String text = count + " more" + whose + ": beyond " + RateLimitedLog.MOST
                        + " a minute they are counted, not listed; the last one listed: "
                        + lastNamed.getOrDefault(of, "none");
                listener.alarmed(new VrrpListener.Alarm(spec.name(), of, text));
            }
        });
    }

    private void count(AlarmKind kind) {
        LongAdder counter = counters.get(kind);
        if (counter != null) {
            counter.increment();
        }
    }
}
