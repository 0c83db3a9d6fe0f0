package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * An API server on loopback as far as kubectl needs one: HTTP/1.1 over TLS, with pods to list, to watch and to run a
 * command in, which gives back what it is told. It asks for certificates of clients.
 */
final class ApiServer implements AutoCloseable {
    /** More than one TLS record, and more than a relay holds at a time. */
    private static final int PODS = 2_000;

    /** What has been asked: the method and path, what the proxy before this one spoke, and who the client is. */
    record Asked(String method, String path, String protocol, String client, String authorization) {}

    private final SSLServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();
    private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();

    ApiServer(X509Bundle identity, X509Bundle authority) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                identity.toKeyManagerFactory().getKeyManagers(),
                authority.toTrustManagerFactory().getTrustManagers(),
                null);
        server = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 100, InetAddress.getLoopbackAddress());
        server.setWantClientAuth(true);
        SSLParameters parameters = server.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        server.setSSLParameters(parameters);
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** What was asked for so far, without checks. */
    List<Asked> asked() {
        return List.copyOf(asked);
    }

    void forget() {
        asked.clear();
    }

    /** The names of its pods. */
    static List<String> pods() {
        return IntStream.range(0, PODS).mapToObj(i -> "pod-" + i).toList();
    }

    int watchers() {
        return watchers.size();
    }

    /** Tells all who watch of a new pod. */
    void add(String pod) throws IOException {
        for (Watcher watcher : watchers) {
            watcher.send(added(pod));
        }
    }

    private static String added(String pod) {
        return "{\"type\":\"ADDED\",\"object\":" + podJson(pod) + "}\n";
    }

    /** Ends all watches in good order. */
    void endWatches() throws IOException {
        for (Watcher watcher : watchers) {
            watcher.send("");
            watcher.ended.countDown();
        }
    }

    private record Watcher(OutputStream out, CountDownLatch ended) {
        /** A chunk; the empty one is the last. */
        void send(String text) throws IOException {
            byte[] bytes = text.getBytes(UTF_8);
            var chunk = new ByteArrayOutputStream();
            chunk.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(ISO_8859_1));
            chunk.writeBytes(bytes);
            chunk.writeBytes("\r\n".getBytes(ISO_8859_1));
            out.write(chunk.toByteArray());
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                SSLSocket socket = (SSLSocket) server.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(SSLSocket socket) {
        try (socket) {
            socket.startHandshake();
            InputStream in = socket.getInputStream();
            for (Request request = read(in); request != null; request = read(in)) {
                if (!answer(request, socket)) {
                    return;
                }
            }
        } catch (IOException e) {
            // A client that hangs up, as checks and kubectl do.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    /** A request's head; what has a body here has an empty one. */
    private record Request(String method, String target, Map<String, String> headers) {
        String path() {
            return target.replaceAll("\\?.*", "");
        }

        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    private static @org.jspecify.annotations.Nullable Request read(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            head.write(next);
        }
        List<String> lines = head.toString(ISO_8859_1).lines().toList();
        Map<String, String> headers = new HashMap<>();
        for (String line : lines.subList(1, lines.size() - 1)) {
            int colon = line.indexOf(':');
            headers.merge(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).trim(),
                    (one, other) -> one + "," + other);
        }
        String[] words = lines.getFirst().split(" ");
        return new Request(words[0], words[1], headers);
    }

    /** Whether another request may follow. */
    private boolean answer(Request request, SSLSocket socket) throws IOException, InterruptedException {
        if (!request.path().equals("/readyz")) {
            asked.add(new Asked(
                    request.method(),
                    request.path(),
                    request.header("x-protocol"),
                    request.headers().getOrDefault("x-client", client(socket)),
                    request.header("authorization")));
        }
        OutputStream out = socket.getOutputStream();
        String pods = "/api/v1/namespaces/default/pods";
        if (request.path().equals(pods) && request.target().contains("watch=")) {
            watch(out, request.target().contains("fieldSelector="));
            return false;
        } else if (request.path().endsWith("/exec")) {
            Streams.of(request.headers()).echo(socket.getInputStream(), out);
            return false;
        }
        String body = switch (request.path()) {
            case "/readyz" -> "ok";
            case "/version" ->
                "{\"major\":\"1\",\"minor\":\"32\",\"gitVersion\":\"v1.32.4\",\"gitCommit\":\"0\",\"platform\":\"a/b\"}";
            case "/api" -> "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}";
            case "/apis" -> "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[]}";
            case "/api/v1" -> """
                {"kind":"APIResourceList","groupVersion":"v1","resources":[
                {"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list","watch"]},
                {"name":"pods/exec","singularName":"","namespaced":true,"kind":"PodExecOptions","verbs":["create","get"]}]}""";
            default -> {
                if (request.path().equals(pods)) {
                    boolean isOne = request.target().contains("fieldSelector=");
                    yield list(isOne ? pods().subList(0, 1) : pods());
                }
                yield request.path().startsWith(pods + "/")
                        ? podJson(request.path().substring(pods.length() + 1))
                        : "";
            }
        };
        byte[] bytes = body.getBytes(UTF_8);
        String status = body.isEmpty() ? "404 Not Found" : "200 OK";
        out.write(("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length
                        + "\r\n\r\n")
                .getBytes(ISO_8859_1));
        out.write(bytes);
        return true;
    }

    private static String client(SSLSocket socket) {
        try {
            return socket.getSession().getPeerPrincipal().getName();
        } catch (SSLPeerUnverifiedException e) {
            return "";
        }
    }

    private void watch(OutputStream out, boolean isOfOne) throws IOException, InterruptedException {
        out.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                .getBytes(ISO_8859_1));
        var watcher = new Watcher(out, new CountDownLatch(1));
        if (isOfOne) {
            // What there is already comes first; kubectl has it, and leaves out the first of a watch of one.
            watcher.send(added(pods().getFirst()));
        }
        watchers.add(watcher);
        try {
            watcher.ended().await();
        } finally {
            watchers.remove(watcher);
        }
    }

    private static String list(List<String> names) {
        return names.stream()
                .map(ApiServer::podJson)
                .collect(Collectors.joining(
                        ",",
                        "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[",
                        "]}"));
    }

    private static String podJson(String name) {
        return """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"%s","namespace":"default","resourceVersion":"7"},\
                "spec":{"containers":[{"name":"main","image":"none"}]},"status":{"phase":"Running"}}""".formatted(name);
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
