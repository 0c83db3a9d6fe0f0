package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A headless Chromium with one page at a time, driven over the DevTools protocol. Ends with its process. */
final class Browser implements AutoCloseable {
    private static final Json JSON = new Json(64 << 20, 64 << 20);
    private static final long ANSWER_SECONDS = 30;

    private final Process process;
    private final Path profile;
    private final WebSocket socket;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<Map<?, ?>>> waiting = new ConcurrentHashMap<>();
    private final Queue<Map<?, ?>> told = new ConcurrentLinkedQueue<>();
    private @Nullable String session;
    private @Nullable String target;

    private Browser(Process process, Path profile, URI endpoint) {
        this.process = process;
        this.profile = profile;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(endpoint, new Frames())
                .join();
    }

    /** Starts one; skips the test by name when there is none. */
    static Browser start() throws IOException {
        Path binary = Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        assumeTrue(binary != null, "needs chromium to be installed");
        Path profile = Files.createTempDirectory("hawser-browser-");
        Process process = new ProcessBuilder(
                        String.valueOf(binary),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new Browser(process, profile, endpoint(process));
    }

    private static URI endpoint(Process process) throws IOException {
        BufferedReader said = process.errorReader(UTF_8);
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            int at = line.indexOf("ws://");
            if (at >= 0) {
                // Nobody reads on: the pipe must not fill up and stop the browser.
                Thread.ofVirtual().start(() -> said.lines().forEach(rest -> {}));
                return URI.create(line.substring(at).strip());
            }
        }
        throw new IOException("chromium ended before it said where it listens");
    }

    /** A new page with nothing in it, in place of the one before; what was and what is still told of that one is forgotten. */
    void open(int width, int height, String scheme) {
        if (target != null) {
            session = null;
            ask("Target.closeTarget", "targetId", target);
        }
        told.clear();
        target = (String) ask("Target.createTarget", "url", "about:blank").get("targetId");
        session = (String) ask("Target.attachToTarget", "targetId", String.valueOf(target), "flatten", true)
                .get("sessionId");
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            ask(domain + ".enable");
        }
        ask(
                "Emulation.setDeviceMetricsOverride",
                "width",
                width,
                "height",
                height,
                "deviceScaleFactor",
                1,
                "mobile",
                false);
        askRaw(
                "Emulation.setEmulatedMedia",
                "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + scheme + "\"}]}");
        ask("Emulation.setFocusEmulationEnabled", "enabled", true);
    }

    /** Goes there; the page may still be loading. */
    void go(String url) {
        ask("Page.navigate", "url", url);
    }

    /** The value of an expression in the page. */
    Object evaluate(String expression) {
        Map<?, ?> answer =
                ask("Runtime.evaluate", "expression", expression, "returnByValue", true, "awaitPromise", true);
        if (answer.get("exceptionDetails") != null) {
            return fail(expression + ": " + answer);
        }
        Object value = ((Map<?, ?>) answer.get("result")).get("value");
        return value == null ? "null" : value;
    }

    /** Waits until an expression is true in the page. */
    void await(String condition) {
        long began = System.nanoTime();
        while (!Boolean.TRUE.equals(
                evaluate("(() => { try { return !!(" + condition + "); } catch (notYet) { return false; } })()"))) {
            if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(ANSWER_SECONDS)) {
                fail("not within " + ANSWER_SECONDS + " s: " + condition + "; the page says "
                        + evaluate("document.body.innerText"));
            }
            pause(50);
        }
    }

    /** Presses and releases Tab. */
    void tab() {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            ask("Input.dispatchKeyEvent", "type", type, "key", "Tab", "code", "Tab", "windowsVirtualKeyCode", 9);
        }
    }

    /** The nodes of the accessibility tree. */
    List<?> accessibility() {
        ask("Accessibility.enable");
        return (List<?>) ask("Accessibility.getFullAXTree").get("nodes");
    }

    /** A picture of the whole page. */
    void picture(Path file) throws IOException {
        String picture = (String)
                ask("Page.captureScreenshot", "captureBeyondViewport", true).get("data");
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(picture));
    }

    /** What the page has complained about: console, exceptions, violations of its policy. */
    List<String> complaints() {
        return toldOfThisPage()
                .filter(each -> switch (String.valueOf(each.get("method"))) {
                    case "Runtime.exceptionThrown" -> true;
                    case "Runtime.consoleAPICalled" ->
                        List.of("error", "warning", "assert")
                                .contains(String.valueOf(((Map<?, ?>) each.get("params")).get("type")));
                    case "Log.entryAdded" ->
                        List.of("error", "warning")
                                .contains(String.valueOf(
                                        ((Map<?, ?>) ((Map<?, ?>) each.get("params")).get("entry")).get("level")));
                    default -> false;
                })
                .map(Object::toString)
                .toList();
    }

    /** Where the page has sent requests. */
    List<String> requests() {
        return toldOfThisPage()
                .filter(each -> "Network.requestWillBeSent".equals(each.get("method")))
                .map(each -> (Map<?, ?>) ((Map<?, ?>) each.get("params")).get("request"))
                .map(each -> String.valueOf(each.get("url")))
                .toList();
    }

    /* What the page before did last may be told after this one was opened. */
    private Stream<Map<?, ?>> toldOfThisPage() {
        return told.stream().filter(each -> Objects.equals(session, each.get("sessionId")));
    }

    private Map<?, ?> ask(String method, Object... namesAndValues) {
        return askRaw(
                method,
                new String(
                        JsonWriter.bytes(json -> {
                            for (int i = 0; i < namesAndValues.length; i += 2) {
                                String name = (String) namesAndValues[i];
                                switch (namesAndValues[i + 1]) {
                                    case String text -> json.text(name, text);
                                    case Integer number -> json.number(name, number.longValue());
                                    case Boolean flag -> json.flag(name, flag);
                                    default -> throw new IllegalArgumentException(name);
                                }
                            }
                        }),
                        UTF_8));
    }

    private Map<?, ?> askRaw(String method, String parameters) {
        long id = ids.incrementAndGet();
        var answer = new CompletableFuture<Map<?, ?>>();
        waiting.put(id, answer);
        String of = session == null ? "" : ",\"sessionId\":\"" + session + "\"";
        socket.sendText("{\"id\":" + id + of + ",\"method\":\"" + method + "\",\"params\":" + parameters + "}", true)
                .join();
        Map<?, ?> got = answer.orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS).join();
        return got.get("result") instanceof Map<?, ?> result ? result : fail(method + ": " + got);
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail("interrupted");
        }
    }

    @Override
    public void close() throws IOException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(profile)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }

    /** Puts frames together and hands them to who waits. */
    private final class Frames implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast) {
                take(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        private void take(String message) {
            if (!(JSON.parse(message.getBytes(UTF_8)) instanceof Json.Parsed.Ok(var object))) {
                throw new IllegalStateException("not understood: " + message);
            }
            CompletableFuture<Map<?, ?>> answer = object.get("id") instanceof Long id ? waiting.remove(id) : null;
            if (answer != null) {
                answer.complete(object);
            } else {
                told.add(object);
            }
        }
    }
}
