package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.ExcludedMembers;
import io.hawser.lb.balance.Member;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** The two things that keep a race from becoming a stampede, without sockets and clocks. */
class HedgeBudgetTest {
    private static final long SECOND = 1_000_000_000L;

    private static int spendAll(HedgeBudget budget, long now) {
        int spent = 0;
        while (budget.isGranted(now)) {
            budget.spend();
            spent++;
        }
        return spent;
    }

    @Test
    void thereIsABurstThenATenthOfTheConnections() {
        HedgeBudget budget = new HedgeBudget(0);
        assertEquals(20, spendAll(budget, 0));
        for (int i = 0; i < 100; i++) {
            budget.connection();
        }
        int tenth = spendAll(budget, 0);
        assertTrue(tenth == 9 || tenth == 10, "but for rounding: " + tenth);
    }

    @Test
    void itDoesNotPileUp() {
        HedgeBudget budget = new HedgeBudget(0);
        for (int i = 0; i < 10_000; i++) {
            budget.connection();
        }
        assertEquals(20, spendAll(budget, 1000 * SECOND));
    }

    @Test
    void aQuietListenerHasOneASecond() {
        HedgeBudget budget = new HedgeBudget(Long.MAX_VALUE - SECOND);
        spendAll(budget, Long.MAX_VALUE - SECOND);
        assertEquals(3, spendAll(budget, Long.MAX_VALUE + 2 * SECOND), "also when the clock wraps around");
    }

    @Test
    void aSuspicionEndsByItselfAndWithAnAnswer() {
        Member first = new Member("p", "first", new InetSocketAddress("127.0.0.1", 1), 100);
        Member second = new Member("p", "second", new InetSocketAddress("127.0.0.1", 2), 100);
        Outliers outliers = new Outliers();
        ExcludedMembers tried = new ExcludedMembers();
        tried.add(second);
        outliers.add(first, 0);

        ExcludedMembers avoided = outliers.with(tried, SECOND - 1);
        assertTrue(avoided.contains(first) && avoided.contains(second));
        assertFalse(tried.contains(first), "what was tried stays what it is");
        assertSame(tried, outliers.with(tried, SECOND));
        assertTrue(outliers.isEmpty());

        outliers.add(first, 0);
        outliers.clear(first);
        assertTrue(outliers.isEmpty());
    }
}
