package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class ChurnTest {
    private final Churn churn = new Churn();

    @Test
    void whoOpensMoreThanHalfIsFoundAmongMany() {
        for (int i = 0; i < 300; i++) {
            comesAndEnds(i % 3 == 0 ? 10 + i % 200 : 7, Outcome.CLIENT_RESET, false);
        }
        assertEquals(Fruitless.NONE, churn.last());
        churn.turn();
        Fruitless found = churn.last();
        assertEquals(300, found.ended());
        assertEquals(address(7), found.source());
        // What it ended before it was the one that most were of is not known.
        assertEquals(200, found.ofSource(), 10);
    }

    @Test
    void whereNobodyOpensMoreThanHalfNobodyIsNamed() {
        for (int i = 0; i < 200; i++) {
            comesAndEnds(1 + i % 100, Outcome.CLIENT_LEFT, false);
        }
        churn.turn();
        assertEquals(new Fruitless(200, 0, null, churn.last().ofSource()), churn.last());
    }

    @Test
    void onlyWhatEndsForNothingCounts() {
        for (Outcome outcome : Outcome.values()) {
            comesAndEnds(7, outcome, true);
        }
        comesAndEnds(7, Outcome.COMPLETED, false);
        comesAndEnds(7, Outcome.CONNECT_FAILED, false);
        comesAndEnds(7, Outcome.IDLE, false);
        churn.turn();
        assertEquals(Fruitless.NONE, churn.last());
        comesAndEnds(7, Outcome.SOURCE_RATE, false);
        comesAndEnds(7, Outcome.TLS_FAILED, false);
        churn.turn();
        assertEquals(new Fruitless(2, 1, address(7), 2), churn.last());
        churn.turn();
        assertEquals(Fruitless.NONE, churn.last());
    }

    @Test
    void twoLoopsAreAddedUp() {
        Fruitless one = new Fruitless(10, 1, address(7), 8);
        assertEquals(one, one.plus(Fruitless.NONE));
        assertEquals(one, Fruitless.NONE.plus(one));
        assertEquals(new Fruitless(15, 1, address(7), 12), one.plus(new Fruitless(5, 0, address(7), 4)));
        assertEquals(new Fruitless(30, 1, address(8), 19), one.plus(new Fruitless(20, 0, address(8), 19)));
    }

    private void comesAndEnds(int client, Outcome outcome, boolean answered) {
        churn.came(client, new byte[] {0, 10, 0, 0, (byte) client}, 1, 4);
        churn.ended(client, outcome, answered);
    }

    private static InetAddress address(int client) {
        return InetAddress.ofLiteral("10.0.0." + client);
    }
}
