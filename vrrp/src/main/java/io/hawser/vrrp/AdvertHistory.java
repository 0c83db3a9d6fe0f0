package io.hawser.vrrp;

import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.election.Election;
import io.hawser.vrrp.election.Words;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Knows who advertised what on one interface, and what is odd about it: by the rules, by what others say, and by what
 * this node's configuration expects. Pure; one thread.
 */
final class AdvertHistory {
    /** A sender that was not heard for so long is not compared with any more. */
    private static final long MEMORY_NANOS = 60_000_000_000L;

    /** Senders remembered for one virtual router; a flood of forged ones must not fill the memory. */
    private static final int MOST_VOICES = 64;

    /** Warnings remembered, so that none is given twice in a minute. */
    private static final int MOST_WARNINGS = 256;

    private record Key(int vrid, Family family) {}

    private record Voice(Advertisement advert, long at) {}

    private final List<RouterSpec> expected;
    private final RateLimitedLog complaints = new RateLimitedLog(MOST_WARNINGS);
    private final Map<Key, Map<InetAddress, Voice>> voices = new HashMap<>();

    /** @param expected the routers of this node on the interface; may be empty */
    AdvertHistory(List<RouterSpec> expected) {
        this.expected = List.copyOf(expected);
    }

    /**
     * Notes a frame.
     *
     * @param frame from position to limit
     * @param isOutgoing whether this host sent it
     * @return what it is; null when it is no VRRP
     */
    @Nullable
    ObservedAdvert on(ByteBuffer frame, boolean isOutgoing, Instant at, long now) {
        VrrpFrame read = VrrpFrame.read(frame);
        if (read == null) {
            return null;
        }
        List<String> warnings = new ArrayList<>();
        if (read.ttl() != Advertisement.TTL) {
            warnings.add((read.source() instanceof Inet6Address ? "hop limit " : "TTL ") + read.ttl()
                    + " instead of 255: it was forwarded or forged, and every node discards it");
        }
        // As if the TTL were right: what it says is of interest even so.
        Decoded.Context context = new Decoded.Context(read.source(), read.destination(), Advertisement.TTL);
        Optional<ObservedAdvert.Content> content = switch (Advertisement.decode(read.message(), context)) {
            case Decoded.Bad(DiscardReason reason) -> {
                warnings.add(words(reason));
                yield Optional.empty();
            }
            case Decoded.Ok(Advertisement advert, ChecksumForm form) -> {
                compare(read, advert, isOutgoing, now, warnings);
                yield Optional.of(content(advert, form));
            }
        };
        warnings.removeIf(warning -> !complaints.isDueOfStranger("warning", List.of(read.source(), warning), now));
        return new ObservedAdvert(
                at,
                isOutgoing,
                read.mac(),
                read.source(),
                read.destination(),
                read.ttl(),
                Advertisement.peekVrid(read.message()),
                content,
                warnings);
    }

    /** How many senders are remembered. */
    int rememberedSenders() {
        return voices.values().stream().mapToInt(Map::size).sum();
    }

    private static ObservedAdvert.Content content(Advertisement advert, ChecksumForm form) {
        return new ObservedAdvert.Content(
                advert.version(),
                advert.priority(),
                Duration.ofNanos(advert.intervalNanos()),
                advert.addresses(),
                form == ChecksumForm.MESSAGE ? "message" : "pseudo-header",
                advert.authentication().kind());
    }

    private static String words(DiscardReason reason) {
        return switch (reason) {
            case CHECKSUM -> "bad checksum: damaged in transit, or in a form that no node accepts";
            case TRUNCATED -> "truncated: shorter than its header says";
            case VERSION -> "neither version 2 nor 3 of VRRP, or version 2 over IPv6";
            case TYPE -> "of an unknown type";
            case COUNT_ZERO -> "lists no address";
            case INTERVAL_ZERO -> "its interval is 0";
            case FIRST_NOT_LINK_LOCAL -> "its first address is not link-local, as RFC 9568 requires over IPv6";
            default -> reason.label();
        };
    }

    private void compare(VrrpFrame read, Advertisement advert, boolean isOutgoing, long now, List<String> warnings) {
        Family family = Family.of(read.source());
        Map<InetAddress, Voice> others =
                voices.computeIfAbsent(new Key(advert.vrid(), family), absent -> new HashMap<>());
        others.values().removeIf(voice -> now - voice.at() > MEMORY_NANOS);
        RouterSpec own = expected.stream()
                .filter(spec -> spec.vrid() == advert.vrid() && spec.family() == family)
                .findFirst()
                .orElse(null);
        if (own != null) {
            compareWithConfiguration(own, read.source(), advert, isOutgoing, warnings);
        }
        Voice before = others.get(read.source());
        others.forEach((source, voice) -> {
            if (!source.equals(read.source())) {
                compareWithOther(read.source(), advert, before, source, voice, own == null, now, warnings);
            }
        });
        if (before != null || others.size() < MOST_VOICES) {
            others.put(read.source(), new Voice(advert, now));
        }
    }

    private static void compareWithConfiguration(
            RouterSpec own, InetAddress source, Advertisement advert, boolean isOutgoing, List<String> warnings) {
        String uses = "VRID " + own.vrid() + " is \"" + own.name() + "\" of this configuration, ";
        // Over IPv6 nodes send from link-local addresses, which no list of nodes has.
        boolean isListed =
                source.equals(own.nodes().own()) || own.nodes().peers().contains(source) || source.isLinkLocalAddress();
        if (!isListed && !isOutgoing) {
            warnings.add(uses + "but its sender is not one of the nodes: another cluster has the same id, or the list"
                    + " is incomplete");
        }
        if (advert.version() != own.protocol().version()) {
            warnings.add(uses + "which has version " + own.protocol().version() + ": they do not hear each other");
        }
        if (advert.intervalNanos() != own.intervals().own().toNanos()) {
            warnings.add(uses + "whose advertisement-interval is "
                    + Words.millis(own.intervals().own().toNanos())
                    + (own.protocol().version() == 2 ? ": they do not hear each other" : ""));
        }
        Set<InetAddress> addresses =
                own.holding().addresses().stream().map(VirtualAddress::address).collect(Collectors.toSet());
        if (!addresses.equals(new HashSet<>(advert.addresses()))) {
            warnings.add(uses + "whose addresses are "
                    + own.holding().addresses().stream()
                            .map(VirtualAddress::toString)
                            .collect(Collectors.joining(", ")));
        }
        if (advert.priority() == own.nodes().priority()
                && !isOutgoing
                && !source.equals(own.nodes().own())) {
            warnings.add(uses + "where this node has the same priority: the higher address decides between them");
        }
        int type = own.protocol().password().isPresent() ? 1 : 0;
        if (own.protocol().version() == 2
                && advert.version() == 2
                && advert.authentication().type() != type) {
            warnings.add(uses + "whose authentication is " + (type == 1 ? "pass" : "none")
                    + ": they do not hear each other");
        }
    }

    private static void compareWithOther(
            InetAddress source,
            Advertisement advert,
            @Nullable Voice before,
            InetAddress other,
            Voice voice,
            boolean isUnknown,
            long now,
            List<String> warnings) {
        Advertisement theirs = voice.advert();
        String named = AddressText.of(other);
        if (advert.priority() > 0 && theirs.priority() > 0 && alternate(advert, before, voice, now)) {
            warnings.add("two nodes are active at once: " + AddressText.of(source) + " with priority "
                    + advert.priority() + " and " + named + " with priority " + theirs.priority());
        }
        if (advert.priority() == theirs.priority() && advert.priority() > Election.UNFIT_PRIORITY) {
            warnings.add(named + " advertised the same priority");
        }
        // What this node's configuration says was compared already, and is said once.
        if (isUnknown && advert.intervalNanos() != theirs.intervalNanos()) {
            warnings.add(named + " advertises every " + Words.millis(theirs.intervalNanos()));
        }
        if (isUnknown && !new HashSet<>(advert.addresses()).equals(new HashSet<>(theirs.addresses()))) {
            warnings.add(named + " advertises "
                    + theirs.addresses().stream().map(AddressText::of).collect(Collectors.joining(", ")));
        }
    }

    /** Whether this sender advertised, then the other one, and now this one again, within a down interval. */
    private static boolean alternate(Advertisement advert, @Nullable Voice before, Voice other, long now) {
        return before != null
                && before.advert().priority() > 0
                && other.at() - before.at() > 0
                && now - before.at()
                        <= 3 * Math.max(advert.intervalNanos(), other.advert().intervalNanos());
    }
}
