package io.hawser.lb.balance;

import java.util.Arrays;
import java.util.List;

/**
 * A ring of hashes on which every member has places by its weight; a key belongs to the member with the next place (Karger
 * et al., "Consistent hashing and random trees"). Immutable.
 *
 * <p>A place depends on the member's name and the place's number only. So two nodes with one configuration have the same
 * ring, a member whose address changes keeps its keys, and when a member comes, goes, or changes its weight, only keys
 * move that it gains or loses.
 */
final class HashRing {
    /** Places of the heaviest member, which makes its share even to about 1/16. */
    static final int PLACES = 256;

    /*
     * Places follow from the heaviest configured weight, so weights of 1 make as fine a ring as weights of 1000 do. It is
     * the configured one, for a weight that an operator changes for an hour must not move the places of all others; what
     * is heavier than any configured gets up to so many.
     */
    private static final int MOST_PLACES = 4 * PLACES;

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int INDEX_BITS = 20;
    private static final long INDEX = (1L << INDEX_BITS) - 1;

    private final long[] places;

    private HashRing(long[] places) {
        this.places = places;
    }

    /**
     * Builds the ring.
     *
     * @param members every member, whatever its health; at most a million
     * @param heaviest the largest configured weight
     */
    static HashRing of(List<Member> members, int heaviest) {
        int total = 0;
        int[] counts = new int[members.size()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = placesOf(members.get(i).weight(), heaviest);
            total += counts[i];
        }
        long[] places = new long[total];
        int next = 0;
        for (int i = 0; i < counts.length; i++) {
            long hash = AffinityKey.ofMember(members.get(i).name());
            for (int place = 0; place < counts[i]; place++) {
                places[next++] = (AffinityKey.mix(hash + place * GOLDEN) & ~INDEX) | i;
            }
        }
        Arrays.sort(places);
        return new HashRing(places);
    }

    private static int placesOf(int weight, int heaviest) {
        long wanted = Math.round((double) PLACES * weight / Math.max(1, heaviest));
        return weight == 0 ? 0 : Math.clamp(wanted, 1, MOST_PLACES);
    }

    /** How many places there are. */
    int size() {
        return places.length;
    }

    /** The number of the place that a key belongs to; 0 on an empty ring. */
    int place(long key) {
        int found = Arrays.binarySearch(places, AffinityKey.mix(key) & ~INDEX);
        int place = found < 0 ? -found - 1 : found;
        return place == places.length ? 0 : place;
    }

    /** The place that follows. */
    int after(int place) {
        return place + 1 == places.length ? 0 : place + 1;
    }

    /** The index, in the list the ring was built of, of the member with this place. */
    int memberAt(int place) {
        return (int) (places[place] & INDEX);
    }
}
