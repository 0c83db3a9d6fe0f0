package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Lateness;
import io.hawser.testkit.Tries;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The page at / in a real browser. Pictures are left in target/dashboard. */
@Tag("browser")
class DashboardBrowserTest {
    private static final Path PICTURES = Path.of("target", "dashboard");
    /** Where a thread is later than this, a browser's time says nothing about the page. */
    private static final Duration SPOILT = Duration.ofMillis(20);

    private static final String EVIL = "<img src=x onerror=alert(1)>";
    private static Browser browser;

    private final AtomicReference<Status> status = new AtomicReference<>(lively(0));
    private AdminServer server;
    private String url = "";

    @BeforeAll
    static void startBrowser() throws IOException {
        browser = Browser.start();
    }

    @AfterAll
    static void closeBrowser() throws IOException {
        if (browser != null) {
            browser.close();
        }
    }

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
    }

    private InetSocketAddress serve(InetSocketAddress where, EventLog events) {
        server = AdminServer.start(new AdminSources(
                () -> Samples.health(true), List::of, List::of, status::get, Samples.metrics(), events));
        InetSocketAddress bound = server.listen(where);
        url = "http://127.0.0.1:" + bound.getPort() + "/";
        return bound;
    }

    private InetSocketAddress serve(EventLog events) {
        return serve(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), events);
    }

    private void visit(int width, int height, String scheme) {
        serve(news());
        browser.open(width, height, scheme);
        browser.go(url);
        browser.await("document.getElementById('live').textContent === 'live'");
        browser.await("document.querySelectorAll('#events li').length > 2");
    }

    @ParameterizedTest
    @CsvSource({
        "1280, 900, light, wide-light",
        "1280, 900, dark, wide-dark",
        "390, 844, dark, phone-dark",
        "390, 844, light, phone-light"
    })
    void isReadableEverywhereAndComplainsOfNothing(int width, int height, String scheme, String name)
            throws IOException {
        for (int round = 0; round < 2; round++) {
            status.set(round == 0 ? lively(0) : Samples.bad());
            visit(width, height, scheme);
            browser.await("document.querySelectorAll('.badge').length > 8");
            for (int i = 1; i < 4 && round == 0; i++) {
                status.set(lively(i));
                Browser.pause(1_050);
            }
            browser.picture(PICTURES.resolve(name + (round == 0 ? "" : "-bad") + ".png"));
            assertEquals(List.of(), browser.complaints());
            for (String request : browser.requests()) {
                assertTrue(request.startsWith(url) || request.startsWith("data:"), request);
            }
            assertEquals(List.of(), browser.evaluate(CONTRAST));
            assertEquals(
                    (long) width,
                    browser.evaluate("document.documentElement.scrollWidth"),
                    "wider than the screen, so it scrolls sideways");
            server.close();
        }
    }

    @Test
    @Tag("measured")
    void theFirstPaintIsQuick() throws Exception {
        Tries.hold("the first paint", () -> {
            try (Lateness lateness = new Lateness()) {
                long beganAt = System.nanoTime();
                visit(1280, 900, "light");
                browser.await("performance.getEntriesByName('first-contentful-paint').length > 0");
                double millis = ((Number)
                                browser.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
                        .doubleValue();
                server.close();
                List<String> excesses = millis < 1_000 ? List.of() : List.of("first paint after " + millis + " ms");
                return new Tries.Try(excesses, lateness.spoilt(beganAt, SPOILT));
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"})
    void theKeyboardReachesEverythingAndOneSeesWhere(String scheme) {
        visit(1280, 900, scheme);
        Object wanted = browser.evaluate("""
                [...document.querySelectorAll('a[href],button,[tabindex="0"]')].map(each => each.tagName + ' ' + (each.id || each.textContent)).sort().join('|')
                """);
        TreeSet<String> reached = new TreeSet<>();
        for (int i = 0; i < 16; i++) {
            browser.tab();
            String at = String.valueOf(browser.evaluate("""
                    (() => {
                      const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
                      if (at === document.body) return '';
                      const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 1 && box.left >= 0;
                      return (seen ? '' : 'NOT SEEN ') + at.tagName + ' ' + (at.id || at.textContent);
                    })()
                    """));
            if (!at.isEmpty()) {
                reached.add(at);
            }
        }
        assertEquals(wanted, String.join("|", reached));
    }

    @Test
    void whoHearsThePageFindsHisWay() {
        visit(1280, 900, "light");
        List<String> nameless = new ArrayList<>();
        List<String> roles = new ArrayList<>();
        for (Object each : browser.accessibility()) {
            Map<?, ?> node = (Map<?, ?>) each;
            if (Boolean.TRUE.equals(node.get("ignored"))) {
                continue;
            }
            String role = value(node, "role");
            roles.add(role);
            boolean needsName = List.of("button", "link", "image", "img", "columnheader", "region", "list", "row")
                    .contains(role);
            if (needsName && value(node, "name").isBlank() && !role.equals("row") && !role.equals("list")) {
                nameless.add(role);
            }
        }
        assertEquals(List.of(), nameless, "without a name");
        for (String landmark : List.of("banner", "main", "contentinfo")) {
            assertEquals(1, roles.stream().filter(landmark::equals).count(), landmark + " in " + roles);
        }
        assertEquals(7L, (long) roles.stream().filter("region"::equals).count(), roles::toString);
        assertEquals(0L, browser.evaluate("""
                [...document.querySelectorAll('table')].filter(table => !table.tHead || [...table.tHead.rows[0].cells]
                    .some(cell => cell.tagName !== 'TH' || cell.scope !== 'col' || !cell.textContent)).length
                """));
        assertEquals("en", browser.evaluate("document.documentElement.lang"));
        assertEquals(1L, browser.evaluate("document.querySelectorAll('h1').length"));
    }

    private static String value(Map<?, ?> node, String field) {
        return node.get(field) instanceof Map<?, ?> found ? String.valueOf(found.get("value")) : "";
    }

    @Test
    void aScreenReaderHearsOnceWhatIsWrongThoughItsAgeGrows() {
        status.set(Samples.bad());
        visit(1280, 900, "light");
        browser.evaluate("""
                window.spokenTimes = 0;
                new MutationObserver(() => window.spokenTimes++).observe(document.getElementById('spoken'), {childList: true, characterData: true, subtree: true});
                """);
        for (int i = 1; i < 4; i++) {
            status.set(at(Samples.bad(), Samples.NOW.plusSeconds(i)));
            browser.await("document.getElementById('problems-list').textContent.includes('1 min " + (5 + i) + " s')");
        }
        assertEquals(0L, browser.evaluate("window.spokenTimes"));
        status.set(Samples.good());
        browser.await("document.getElementById('spoken').textContent === 'Nothing is wrong'");
    }

    @Test
    void whatOthersCallThemselvesStaysText() {
        status.set(named(EVIL));
        EventLog events = news();
        serve(events);
        events.append("peer", Severity.WARNING, EVIL, EVIL);
        browser.open(1280, 900, "light");
        browser.go(url);
        browser.await("document.getElementById('live').textContent === 'live'");
        browser.await("document.querySelector('#events li').textContent.includes('onerror')");
        assertEquals(0L, browser.evaluate("document.querySelectorAll('img').length"));
        for (String place : List.of("node", "routers", "peers", "pools", "listeners", "problems-list", "events")) {
            assertTrue(
                    String.valueOf(browser.evaluate("document.getElementById('" + place + "').textContent"))
                            .contains(EVIL),
                    place);
        }
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void whatIsWrongComesFirstAndWarningsAfterIt() {
        status.set(Samples.bad());
        visit(1280, 900, "light");
        assertEquals("problems", browser.evaluate("document.querySelector('main section').id"));
        assertEquals("wrong", browser.evaluate("document.querySelector('#problems-list .badge').textContent"));
        assertEquals(
                "warning certificate api.pem expires in 3 d",
                browser.evaluate("document.querySelector('#problems-list li:last-child').textContent"));
        assertTrue(String.valueOf(browser.evaluate("document.title")).startsWith("(8) hawser"));
    }

    @Test
    void aDaemonThatIsGoneIsSaidAndTheNextOneIsFollowed() throws IOException {
        InetSocketAddress where = serve(news());
        browser.open(1280, 900, "light");
        browser.go(url);
        browser.await("document.querySelectorAll('#events li').length > 2");
        server.close();
        browser.await("document.getElementById('live').textContent.startsWith('no answer since ')");
        browser.await("document.getElementById('problems').textContent.includes('This node does not answer')");
        browser.await("document.getElementById('fit').textContent === 'unknown'");
        browser.picture(PICTURES.resolve("gone.png"));
        EventLog second = new EventLog(100, InstantSource.system());
        second.append("start", Severity.INFO, "lb1", "begun anew");
        serve(where, second);
        browser.await("document.getElementById('live').textContent === 'live'");
        browser.await("document.querySelector('#events li').textContent.includes('begun anew')");
        second.append("ready", Severity.INFO, "lb1", "and goes on");
        browser.await("document.querySelector('#events li').textContent.includes('and goes on')");
        // Once each, and those of the process before are still there.
        assertEquals(5L, browser.evaluate("document.querySelectorAll('#events li').length"));
    }

    // --- samples

    private static EventLog news() {
        EventLog events = new EventLog(100, InstantSource.system());
        events.append("start", Severity.INFO, "lb1", "version 0.1.0");
        events.append("vrrp-state", Severity.INFO, "api", "backup to active (timeout): no advertisement for 378 ms");
        events.append("member-health", Severity.WARNING, "masters/m3", "down: connect to 10.77.0.23:6443 refused");
        return events;
    }

    /** Traffic that has gone on for some seconds. */
    private static Status lively(int seconds) {
        Status good = Samples.good();
        Status.Listener listener = good.listeners().getFirst();
        Status.Traffic traffic = new Status.Traffic(
                4_711 + 40L * seconds * seconds, 52_428_800 + 90_000L * seconds, 734_003_200 + 4_000_000L * seconds, 3);
        return new Status(
                good.node(),
                good.version(),
                good.startedAt(),
                good.at().plusSeconds(seconds),
                true,
                true,
                List.of(),
                good.kernel(),
                good.routers(),
                good.peers(),
                List.of(new Status.Listener(
                        listener.name(), listener.bind(), true, false, 12 + seconds, 9_000, "masters", traffic)),
                good.pools(),
                good.limits(),
                good.certificates(),
                List.of());
    }

    private static Status at(Status status, Instant at) {
        return new Status(
                status.node(),
                status.version(),
                status.startedAt(),
                at,
                status.ready(),
                status.fit(),
                status.reasons(),
                status.kernel(),
                status.routers(),
                status.peers(),
                status.listeners(),
                status.pools(),
                status.limits(),
                status.certificates(),
                status.warnings());
    }

    private static Status named(String name) {
        Status good = Samples.good();
        return new Status(
                name,
                name,
                good.startedAt(),
                good.at(),
                true,
                false,
                List.of(name),
                List.of(),
                List.of(new Status.Router(
                        name,
                        51,
                        RouterState.ACTIVE,
                        good.at(),
                        200,
                        List.of(new Status.Address(name, true)),
                        name,
                        Duration.ZERO,
                        name)),
                List.of(new Status.Peer(
                        name, name, true, false, name, List.of(new Status.PeerRouter(name, RouterState.BACKUP, 1)))),
                List.of(new Status.Listener(
                        name, List.of(name), true, false, 0, 0, name, new Status.Traffic(0, 0, 0, 0))),
                List.of(new Status.Pool(
                        name,
                        name,
                        List.of(new Status.Member(
                                name, name, Status.MemberHealth.DOWN, good.at(), name, 1, false, 0, 0, 0, 0, null)))),
                good.limits(),
                List.of(new Status.Certificate(name, good.at())),
                List.of(name));
    }

    /** Texts that do not stand out of their background as WCAG 2.2, 1.4.3 (AA) wants it. */
    private static final String CONTRAST = """
            (() => {
              const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
              const channel = value => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
              const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
              const behind = node => {
                for (let at = node; at; at = at.parentElement) {
                  const colour = parse(getComputedStyle(at).backgroundColor);
                  if (colour.length === 3 || colour[3] === 1) return colour;
                }
                return [255, 255, 255];
              };
              const weak = [];
              let looked = 0;
              document.getAnimations().forEach(each => each.finish());
              const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              while (texts.nextNode()) {
                const node = texts.currentNode.parentElement, style = getComputedStyle(node);
                if (!texts.currentNode.data.trim() || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(node.tagName) || !node.checkVisibility()) continue;
                looked++;
                const a = luminance(parse(style.color)), b = luminance(behind(node));
                const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), size = parseFloat(style.fontSize);
                const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
                if (ratio < least) weak.push(ratio.toFixed(2) + ' ' + style.color + ' ' + texts.currentNode.data);
              }
              if (looked < 40) weak.push('only ' + looked + ' texts were looked at');
              return weak;
            })()
            """;
}
