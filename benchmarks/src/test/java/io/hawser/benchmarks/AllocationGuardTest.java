package io.hawser.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Balance;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What one operation may allocate, in bytes counted by the JVM, so that a busy machine changes nothing. The bounds are what
 * the interpreter allocates with 12-byte object headers: compiled code and compact headers only take away from it.
 */
class AllocationGuardTest {
    private static final int OPERATIONS = 10_000;
    private static final int ROUNDS = 5;

    private static final long MEMBER_CHOICE = 0;
    private static final long TICK_OF_BACKUP = 24;
    private static final long ADVERTISEMENT_AT_BACKUP = 224;
    private static final long TICK_OF_ACTIVE = 128;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    // Results escape to here, so that no compiler may leave an allocation out.
    private static volatile @Nullable Object sink;

    static Stream<Arguments> waysToChoose() {
        return Stream.of(3, 1000)
                .flatMap(members -> Stream.of(Balance.values())
                        .flatMap(balance -> Stream.of(Affinity.NONE, Affinity.SOURCE_IP)
                                .map(affinity -> Arguments.of(members, balance, affinity))));
    }

    @ParameterizedTest
    @MethodSource("waysToChoose")
    void choosingAMemberAllocatesNothing(int members, Balance balance, Affinity affinity) {
        MemberChoice choice = new MemberChoice();
        choice.members = members;
        choice.balance = balance;
        choice.affinity = affinity;
        choice.prepare();

        guard("member choice", MEMBER_CHOICE, choice::choose);
    }

    @Test
    void aTickOfABackupStaysWithinItsBound() {
        guard("tick of a backup", TICK_OF_BACKUP, new EngineStep()::tickOfBackup);
    }

    @Test
    void anAdvertisementAtABackupStaysWithinItsBound() {
        guard("advertisement at a backup", ADVERTISEMENT_AT_BACKUP, new EngineStep()::advertisementAtBackup);
    }

    @Test
    void aTickOfAnActiveNodeStaysWithinItsBound() {
        guard("tick of an active node", TICK_OF_ACTIVE, new EngineStep()::tickOfActive);
    }

    @Test
    void theGuardSeesOneObjectPerOperation() {
        assertEquals(0, bytesPerOperation(() -> "constant"));
        assertThrows(AssertionError.class, () -> guard("an object", 0, Object::new));
    }

    private static void guard(String operation, long bound, Supplier<?> once) {
        double bytes = bytesPerOperation(once);
        assertTrue(bytes <= bound, () -> operation + " allocates " + bytes + " bytes, bound " + bound);
    }

    /** The least of some rounds: what happens once, such as linking a call site, is in one of them only. */
    private static double bytesPerOperation(Supplier<?> once) {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < OPERATIONS; i++) {
                sink = once.get();
            }
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return (double) least / OPERATIONS;
    }
}
