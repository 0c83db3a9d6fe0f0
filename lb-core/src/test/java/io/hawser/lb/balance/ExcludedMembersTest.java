package io.hawser.lb.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.testkit.Seed;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExcludedMembersTest {
    /** Whatever is added, removed, copied and cleared, in whatever order. */
    @Test
    void isASetOfMembers() {
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        List<Member> members = IntStream.range(1, 9)
                .mapToObj(i -> new Member("pool", "m" + i, new InetSocketAddress(i), 1))
                .toList();
        ExcludedMembers tried = new ExcludedMembers();
        Set<Member> expected = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            Member member = members.get(random.nextInt(members.size()));
            switch (random.nextInt(20)) {
                case 0 -> {
                    tried.clear();
                    expected.clear();
                }
                case 1 -> {
                    ExcludedMembers before = tried;
                    tried = tried.copy();
                    before.clear();
                }
                case 2, 3, 4, 5, 6, 7, 8 -> {
                    tried.remove(member);
                    expected.remove(member);
                }
                default -> {
                    tried.add(member);
                    expected.add(member);
                }
            }
            assertEquals(expected.isEmpty(), tried.isEmpty(), "seed " + seed);
            for (Member each : members) {
                assertEquals(expected.contains(each), tried.contains(each), "seed " + seed);
            }
        }
    }
}
