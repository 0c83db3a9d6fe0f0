package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import org.junit.jupiter.api.Test;

/** The order in which a node finds its own entry. */
class SelfFinderTest {
    private static final String YAML = """
            nodes:
              - {name: lb1, address: 10.77.0.11}
              - {name: lb2, address: 10.77.0.12}
            listeners:
              - {name: l, bind: 0.0.0.0:6443, pool: p}
            pools:
              - {name: p, members: [10.77.0.21:6443]}
            """;

    private static String self(Environment host) {
        return assertInstanceOf(Loaded.Ok.class, ConfigLoader.parse(Given.FILE, YAML, host))
                .config()
                .self()
                .name();
    }

    @Test
    void theOptionDecidesBeforeAllElse() {
        assertEquals("lb2", self(Given.host("lb2", "lb1", "lb1", "10.77.0.11/24")));
    }

    @Test
    void thenTheVariable() {
        assertEquals("lb2", self(Given.host(null, "lb2", "lb1", "10.77.0.11/24")));
    }

    @Test
    void anEmptyVariableIsNone() {
        assertEquals("lb1", self(Given.host(null, "", "lb1")));
    }

    @Test
    void thenTheHostNameWithOrWithoutItsDomain() {
        assertEquals("lb2", self(Given.host(null, null, "lb2", "10.77.0.11/24")));
        assertEquals("lb2", self(Given.host(null, null, "LB2.example.org", "10.77.0.11/24")));
    }

    @Test
    void thenTheAddress() {
        assertEquals("lb2", self(Given.host(null, null, "box7", "10.77.0.12/24")));
    }

    @Test
    void aWrongOptionIsNotPassedOver() {
        Given.refuses(
                Given.host("lb3", null, "lb1", "10.77.0.11/24"),
                YAML,
                "2:3: nodes: --node is \"lb3\", which is no node here; the nodes are lb1, lb2; did you mean \"lb1\"?");
    }

    @Test
    void norAWrongVariable() {
        Given.refuses(
                Given.host(null, "other", "lb1", "10.77.0.11/24"),
                YAML,
                "2:3: nodes: HAWSER_NODE is \"other\", which is no node here; the nodes are lb1, lb2");
    }

    @Test
    void allThatWasTriedIsSaidWhenNothingFits() {
        Given.waits(
                Given.host(null, null, "box7", "10.0.0.5/24"),
                YAML,
                "2:3: nodes: cannot tell which node this is: --node is not given, HAWSER_NODE is not set, the host name"
                        + " \"box7\" is no node's name (lb1, lb2), and no node's address is on this host, which has 10.0.0.5"
                        + " (eth0); start with --node NAME");
    }

    @Test
    void twoNodesOnOneHostNeedAName() {
        Given.refuses(
                Given.host(null, null, "box7", "10.77.0.11/24", "10.77.0.12/24"),
                YAML,
                "2:3: nodes: cannot tell which node this is: --node is not given, HAWSER_NODE is not set, the host name"
                        + " \"box7\" is no node's name (lb1, lb2), and the addresses of lb1 and lb2 are all on this host;"
                        + " start with --node NAME");
    }
}
