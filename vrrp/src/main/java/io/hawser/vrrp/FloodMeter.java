package io.hawser.vrrp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Estimates from a few frames, taken at random, how many arrive of each protocol, and says which are too many. Pure;
 * owner's thread.
 */
final class FloodMeter {
    /*
     * An estimate from n samples is right within a share of 1/sqrt(n). At the threshold there are 20 of them in the time that is
     * looked back; a network at work, with 1,000 packets a second, has two, and never 20 by chance.
     */
    /** One in so many frames is looked at; a power of two. */
    static final int ONE_IN = 1_024;

    /** From so many on it is a flood. */
    static final int FROM_PER_SECOND = 10_000;

    /** Below that it is over. */
    static final int BELOW_PER_SECOND = 5_000;

    /** How far it looks back: so long a flood is still said after its end. */
    static final long WINDOW_NANOS = 2_000_000_000L;

    /** So many samples of a protocol are kept; the first ones go. */
    static final int MOST = 1_024;

    private record Heard(LinkSample sample, double packets, long at) {}

    private final Map<Flood.Protocol, Deque<Heard>> heard = new EnumMap<>(Flood.Protocol.class);
    private final Set<Flood.Protocol> flooding = EnumSet.noneOf(Flood.Protocol.class);
    private long lookedAt;
    private boolean hasLooked;

    FloodMeter() {
        for (Flood.Protocol protocol : Flood.Protocol.values()) {
            heard.put(protocol, new ArrayDeque<>());
        }
    }

    /**
     * Takes what a look has found; to be called again and again, also when that is nothing.
     *
     * @param samples in the order of their arrival
     * @param lost how many more there would have been
     * @return about how many packets that stands for, by protocol
     */
    Map<Flood.Protocol, Long> looked(List<LinkSample> samples, long lost, long now) {
        // What has come together for longer than is looked back is not of that time alone.
        long since = hasLooked ? now - lookedAt : 0;
        double share = since > WINDOW_NANOS ? (double) WINDOW_NANOS / since : 1;
        hasLooked = true;
        lookedAt = now;
        Map<Flood.Protocol, Double> packets = new EnumMap<>(Flood.Protocol.class);
        double each = samples.isEmpty() ? 0 : (double) ONE_IN * (samples.size() + lost) / samples.size();
        for (LinkSample sample : samples) {
            Deque<Heard> same = of(sample.protocol());
            same.addLast(new Heard(sample, each * share, now));
            packets.merge(sample.protocol(), each, Double::sum);
        }
        for (Deque<Heard> same : heard.values()) {
            while (!same.isEmpty() && (same.size() > MOST || now - same.getFirst().at >= WINDOW_NANOS)) {
                same.removeFirst();
            }
        }
        Map<Flood.Protocol, Long> counts = new EnumMap<>(Flood.Protocol.class);
        packets.forEach((protocol, count) -> counts.put(protocol, Math.round(count)));
        return counts;
    }

    /** The floods at the time of the last look. */
    List<Flood> floods(String interfaceName) {
        List<Flood> floods = new ArrayList<>();
        heard.forEach((protocol, same) -> {
            double packets = 0;
            for (Heard each : same) {
                packets += each.packets;
            }
            double perSecond = packets * 1e9 / WINDOW_NANOS;
            if (perSecond < (flooding.contains(protocol) ? BELOW_PER_SECOND : FROM_PER_SECOND)) {
                flooding.remove(protocol);
            } else {
                flooding.add(protocol);
                long rounded = rounded(perSecond);
                floods.add(new Flood(interfaceName, protocol, rounded, words(interfaceName, rounded, same)));
            }
        });
        return floods;
    }

    private Deque<Heard> of(Flood.Protocol protocol) {
        return heard.computeIfAbsent(protocol, absent -> new ArrayDeque<>());
    }

    /** Two digits: more would say what nobody knows. */
    private static long rounded(double perSecond) {
        long whole = Math.round(perSecond);
        long step = 1;
        while (whole / step >= 100) {
            step *= 10;
        }
        return (whole + step / 2) / step * step;
    }

    private static String words(String interfaceName, long perSecond, Deque<Heard> same) {
        LinkSample last = same.getLast().sample;
        LinkSample main = last;
        int most = 0;
        // The most frequent kind, by votes: it is right when that is more than half of all.
        for (Heard each : same) {
            if (most == 0) {
                main = each.sample;
            }
            if (main.isLike(each.sample)) {
                main = each.sample;
                most++;
            } else {
                most--;
            }
        }
        int alike = 0;
        for (Heard each : same) {
            alike += main.isLike(each.sample) ? 1 : 0;
        }
        boolean isOfOne = alike * 2 > same.size();
        LinkSample shown = isOfOne ? main : last;
        return String.format(Locale.ROOT, "about %,d ", perSecond)
                + shown.what(interfaceName)
                + " (last from " + shown.who() + (isOfOne ? "" : ", and many others") + ")"
                + ": find that MAC address on the switch, and stop that machine or shut its port; a loop between switches"
                + " looks the same";
    }
}
