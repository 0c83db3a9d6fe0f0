package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What is compared with each other is compared in proportion to its number. Each file has ten times as much as the largest
 * sensible one, of the kind that was compared each with each: that took minutes here and takes seconds at most.
 */
@Timeout(300)
class LargeFileTest {
    private static final int MANY = 20_000;

    /** As many as have a section each, of the 100,000 values that a file may have. */
    private static final int SECTIONS = 6_000;

    private static String each(int count, String separator, IntFunction<String> one) {
        return IntStream.range(0, count).mapToObj(one).collect(Collectors.joining(separator));
    }

    private static String ip(int i) {
        return "10." + (100 + i / 65_536) + "." + i / 256 % 256 + "." + i % 256;
    }

    private static Loaded read(String listeners, String pools) {
        return Given.load("""
                nodes:
                  - {name: lb1, address: 10.77.0.11}
                  - {name: lb2, address: 10.77.0.12}
                listeners:
                %s
                pools:
                %s
                """.formatted(listeners, pools));
    }

    private static Config accepted(Loaded loaded) {
        return assertInstanceOf(Loaded.Ok.class, loaded, loaded::toString).config();
    }

    @Test
    void manyListenersWithAPoolEach() {
        Loaded loaded = read(
                each(SECTIONS, "\n", i -> "  - {name: l%d, bind: \"%s:6443\", pool: p%d}".formatted(i, ip(i), i)),
                each(SECTIONS, "\n", i -> "  - {name: p%d, members: [\"10.77.0.21:%d\"]}".formatted(i, 1 + i)));
        assertEquals(SECTIONS, accepted(loaded).listeners().size());
    }

    @Test
    void manyListenersOfOnePoolWithManyMembers() {
        Loaded loaded = read(
                each(SECTIONS, "\n", i -> "  - {name: l%d, bind: \"%s:6443\", pool: p}".formatted(i, ip(i))),
                "  - {name: p, members: [" + each(MANY, ", ", i -> "\"10.77.0.12:" + (10_000 + i) + "\"") + "]}");
        assertEquals(MANY, accepted(loaded).pools().getFirst().members().size());
    }

    @Test
    void manyAddressesOnOnePort() {
        Loaded loaded = read(
                "  - {name: l, pool: p, bind: [" + each(2 * MANY, ", ", i -> "\"" + ip(i) + ":6443\"")
                        + ", \"0.0.0.0:6443\"]}",
                "  - {name: p, members: [\"10.77.0.21:6443\"]}");
        assertTrue(
                loaded instanceof Loaded.Invalid(var problems)
                        && problems.size() == 1
                        && problems.getFirst().message().startsWith("0.0.0.0:6443 clashes with 10.100.0.0:6443 of"),
                loaded::toString);
    }

    @Test
    void manyAllowedAndManyDeniedNetworks() {
        Loaded loaded = read(
                "  - {name: l, bind: \"10.77.0.11:6443\", pool: p, allow: ["
                        + each(2 * MANY, ", ", i -> "\"" + ip(i) + "\"")
                        + "], deny: ["
                        + each(2 * MANY, ", ", i -> "\"" + ip(i + 4 * MANY) + "/32\"")
                        + ", \"10.100.0.7/32\"]}",
                "  - {name: p, members: [\"10.77.0.21:6443\"]}");
        assertEquals(1, accepted(loaded).listeners().size());
    }

    @Test
    void manyServerNames() {
        Loaded loaded = read(
                "  - {name: l, bind: \"10.77.0.11:6443\", routes: [{pool: p, sni: ["
                        + each(2 * MANY, ", ", i -> "n" + i + ".example")
                        + ", n7.example.]}]}",
                "  - {name: p, members: [\"10.77.0.21:6443\"]}");
        assertTrue(
                loaded instanceof Loaded.Invalid(var problems)
                        && problems.size() == 1
                        && problems.getFirst().message().startsWith("n7.example is never reached"),
                loaded::toString);
    }

    @Test
    void manyProtocolsOfOneServerName() {
        Loaded loaded = read(
                "  - {name: l, bind: \"10.77.0.11:6443\", routes: ["
                        + each(SECTIONS, ", ", i -> "{pool: p, sni: a.example, alpn: [h2, x" + i + "]}")
                        + "]}",
                "  - {name: p, members: [\"10.77.0.21:6443\"]}");
        assertEquals(
                SECTIONS,
                accepted(loaded).listeners().getFirst().routing().routes().size());
    }

    @Test
    void manyNodes() {
        String nodes = each(MANY, "\n", i -> "  - {name: n%d, address: %s}".formatted(i, ip(i)));
        Loaded loaded =
                Given.load("nodes:\n" + nodes + "\n" + Given.KUBEADM.substring(Given.KUBEADM.indexOf("virtual-")));
        assertTrue(loaded instanceof Loaded.Invalid, loaded::toString);
    }
}
