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
        churn.endSecond();
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
        churn.endSecond();
        assertEquals(new Fruitless(200, 0, 0, null, 0), churn.last());
    }

    @Test
    void onlyWhatEndsForNothingCounts() {
        for (Outcome outcome : Outcome.values()) {
            comesAndEnds(7, outcome, true);
        }
        comesAndEnds(7, Outcome.COMPLETED, false);
        comesAndEnds(7, Outcome.CONNECT_FAILED, false);
        comesAndEnds(7, Outcome.IDLE, false);
        churn.endSecond();
        assertEquals(Fruitless.NONE, churn.last());
        comesAndEnds(7, Outcome.SOURCE_RATE, false);
        comesAndEnds(7, Outcome.TLS_FAILED, false);
        churn.endSecond();
        assertEquals(new Fruitless(2, 1, 0, address(7), 2), churn.last());
        churn.endSecond();
        assertEquals(Fruitless.NONE, churn.last());
    }

    @Test
    void twoLoopsAreAddedUp() {
        Fruitless one = new Fruitless(10, 1, 0, address(7), 8);
        assertEquals(one, one.plus(Fruitless.NONE));
        assertEquals(one, Fruitless.NONE.plus(one));
        assertEquals(new Fruitless(15, 1, 0, address(7), 12), one.plus(new Fruitless(5, 0, 0, address(7), 4)));
        assertEquals(new Fruitless(30, 1, 0, address(8), 19), one.plus(new Fruitless(20, 0, 0, address(8), 19)));
    }

    @Test
    void nobodyIsHeldBackUntilThatIsAskedFor() {
        assertEquals(5_000, letIn(7, 5_000, 0));
        churn.endSecond();
        assertEquals(5_000, letIn(7, 5_000, 0));
    }

    @Test
    void whoOpensTooManyForNothingIsHeldBackUntilItStops() {
        churn.limit(100, 10);
        assertEquals(99, letIn(7, 99, 0));
        churn.endSecond();
        // A second of which nothing was known before.
        assertEquals(5_000, letIn(7, 5_000, 0));
        churn.endSecond();
        assertEquals(10, letIn(7, 5_000, 0));
        churn.endSecond();
        assertEquals(new Fruitless(5_000, 4_990, 4_990, address(7), 5_000), churn.last());
        // It goes on for as long as it is held back, and a little while longer.
        for (int second = 0; second < 20; second++) {
            assertEquals(10, letIn(7, 100, 0));
            churn.endSecond();
        }
        for (int second = 0; second < 5; second++) {
            assertEquals(10, letIn(7, 99, 0));
            churn.endSecond();
        }
        assertEquals(99, letIn(7, 99, 0));
    }

    @Test
    void whoIsAnsweredNowAndThenIsNotHeldBack() {
        churn.limit(100, 10);
        for (int second = 0; second < 3; second++) {
            // One in five is answered.
            assertEquals(1_000, letIn(7, 1_000, 5));
            churn.endSecond();
        }
    }

    @Test
    void whoBehavesWhileHeldBackIsLetInAgainHoweverManyCome() {
        churn.limit(100, 10);
        letIn(7, 1_000, 0);
        for (int second = 0; second < 5; second++) {
            churn.endSecond();
            assertEquals(10, letIn(7, 1_000, 1));
        }
        churn.endSecond();
        assertEquals(1_000, letIn(7, 1_000, 1));
    }

    @Test
    void severalAreHeldBackAtOnceAndNobodyElse() {
        churn.limit(100, 10);
        for (int second = 0; second < 3; second++) {
            int[] letIn = new int[200];
            for (int i = 0; i < 1_000; i++) {
                for (int client = 0; client < 8; client++) {
                    letIn[client] += letIn(client, 1, 0);
                }
                letIn[8 + i % 192] += letIn(8 + i % 192, 1, 1);
            }
            for (int client = 0; client < 200; client++) {
                int came = client < 8 ? 1_000 : client - 8 < 1_000 % 192 ? 6 : 5;
                assertEquals(client < 8 && second > 0 ? 10 : came, letIn[client], "client " + client);
            }
            churn.endSecond();
        }
    }

    @Test
    void whoIsHeldBackIsForgottenWhenTheLimitIsTakenAway() {
        churn.limit(100, 10);
        letIn(7, 1_000, 0);
        churn.endSecond();
        churn.limit(0, 1);
        churn.endSecond();
        assertEquals(1_000, letIn(7, 1_000, 0));
    }

    // How many of those that come are let in; every so-manieth of them is answered, 0 for none.
    private int letIn(int client, int come, int answered) {
        int letIn = 0;
        for (int i = 0; i < come; i++) {
            boolean isHeldBack = churn.holdsBack(client, new byte[] {0, 10, 0, 0, (byte) client}, 1, 4);
            letIn += isHeldBack ? 0 : 1;
            boolean isAnswered = !isHeldBack && answered > 0 && letIn % answered == 0;
            churn.ended(client, isHeldBack ? Outcome.SOURCE_RATE : Outcome.CLIENT_RESET, isAnswered);
        }
        return letIn;
    }

    private void comesAndEnds(int client, Outcome outcome, boolean answered) {
        churn.holdsBack(client, new byte[] {0, 10, 0, 0, (byte) client}, 1, 4);
        churn.ended(client, outcome, answered);
    }

    private static InetAddress address(int client) {
        return InetAddress.ofLiteral("10.0.0." + client);
    }
}
