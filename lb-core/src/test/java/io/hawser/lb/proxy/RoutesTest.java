package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.proxy.Routes.Route;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RoutesTest {
    private final Pool exact = pool("exact");
    private final Pool wild = pool("wild");
    private final Pool http2 = pool("http2");
    private final Pool rest = pool("rest");
    private final Routes routes = Routes.of(
            List.of(
                    new Route(Set.of("x.b.example"), Set.of("h2"), http2),
                    new Route(Set.of("a.example", "X.B.example"), Set.of(), exact),
                    new Route(Set.of("*.b.example", "a.example"), Set.of(), wild),
                    new Route(Set.of(), Set.of("acme-tls/1"), http2)),
            rest);

    private static Pool pool(String name) {
        return new Pool(name, PoolSettings.DEFAULTS, List.of());
    }

    private static TlsHello.Client hello(@Nullable String name, String... alpn) {
        return new TlsHello.Client(100, name, List.of(alpn), List.of(0x0304), false);
    }

    @Test
    void aNameIsFoundExactly() {
        assertEquals(exact, routes.choose(hello("a.example")));
        assertEquals(rest, routes.choose(hello("aa.example")));
        assertEquals(rest, routes.choose(hello("example")));
    }

    @Test
    void aWildcardStandsForExactlyOneLabel() {
        assertEquals(wild, routes.choose(hello("y.b.example")));
        assertEquals(rest, routes.choose(hello("b.example")));
        assertEquals(rest, routes.choose(hello("z.y.b.example")));
        assertEquals(rest, routes.choose(hello(".b.example")));
    }

    @Test
    void theFirstRouteThatFitsCounts() {
        assertEquals(exact, routes.choose(hello("a.example")), "the wildcard's list has it too");
        assertEquals(exact, routes.choose(hello("x.b.example")));
        assertEquals(http2, routes.choose(hello("x.b.example", "http/1.1", "h2")));
    }

    @Test
    void protocolsAloneDecideToo() {
        assertEquals(http2, routes.choose(hello("anything", "acme-tls/1")));
        assertEquals(http2, routes.choose(hello(null, "acme-tls/1")));
        assertEquals(rest, routes.choose(hello(null)));
    }

    @Test
    void withoutAPoolForTheRestThereIsNone() {
        Routes only = Routes.of(List.of(new Route(Set.of("a.example"), Set.of(), exact)), null);
        assertNull(only.choose(hello("b.example")));
        assertEquals(exact, only.main());
    }

    @Test
    void theHelloIsNeededOnlyWhereItDecides() {
        assertTrue(routes.needHello());
        assertFalse(Routes.to(rest).needHello());
        Pool byName =
                new Pool("byName", PoolSettings.DEFAULTS.with(Distribution.DEFAULTS.with(Affinity.SNI)), List.of());
        assertTrue(Routes.to(byName).needHello());
    }

    @Test
    void everyPoolIsKnown() {
        assertEquals(Set.of(exact, wild, http2, rest), routes.pools());
    }
}
