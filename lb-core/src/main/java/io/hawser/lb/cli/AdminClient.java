package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.lb.admin.StatusDocument;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Asks a running hawser, on its unix socket or admin port. Immutable; its methods block for a bounded time. */
final class AdminClient {
    private static final int DEFAULT_PORT = 9100;
    private static final int MAX_HEAD = 16 * 1024;
    private static final int MAX_LINE = 64 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    /** The server sends a sign of life each 15 s. */
    private static final Duration SILENCE = Duration.ofSeconds(45);

    /** What came back. */
    sealed interface Answer {
        /** A body with status 200. */
        record Ok(Body body) implements Answer {}

        /**
         * Nothing usable.
         *
         * @param problem what is wrong and what to do
         * @param exitCode how a command that needed it ends
         */
        record Failed(String problem, int exitCode) implements Answer {}
    }

    /** The bytes of an answer. */
    static final class Body {
        private final byte[] bytes;

        Body(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    private final String name;
    private final @Nullable Path socket;
    private final @Nullable URI url;
    private final Duration patience;

    private AdminClient(String name, @Nullable Path socket, @Nullable URI url, Duration patience) {
        this.name = name;
        this.socket = socket;
        this.url = url;
        this.patience = patience;
    }

    static AdminClient ofSocket(Path socket) {
        return new AdminClient(socket.toString(), socket, null, PATIENCE);
    }

    static AdminClient ofUrl(String text) {
        try {
            URI url = new URI(text);
            if ("http".equals(url.getScheme()) && url.getHost() != null) {
                return new AdminClient(text, null, url, PATIENCE);
            }
        } catch (URISyntaxException e) {
            // Said below, as for any other text that is no such URL.
        }
        throw new UsageException("--url " + text + ": write http://HOST or http://HOST:PORT");
    }

    AdminClient withPatience(Duration shorter) {
        return new AdminClient(name, socket, url, shorter);
    }

    /** The whole body of GET {@code path}. */
    Answer get(String path) {
        return ask("GET", path, refusal -> false);
    }

    /**
     * What the node says to the command {@code path}, also when it refuses it.
     *
     * @param path with its arguments, encoded
     */
    Answer command(String path) {
        if (socket == null) {
            return new Answer.Failed(
                    "a command is taken on the unix socket only: run it on the node itself, without --url",
                    ExitCode.USAGE);
        }
        return ask("POST", path, refusal -> refusal.startsWith("409"));
    }

    private Answer ask(String method, String path, Predicate<String> isAnswer) {
        long until = System.nanoTime() + patience.toNanos();
        try (var exchange = new Exchange(connect(until))) {
            exchange.ask(method, path, "*/*", until);
            String refusal = exchange.head(until);
            byte[] body = exchange.rest(until);
            return refusal.isEmpty() || isAnswer.test(refusal)
                    ? new Answer.Ok(new Body(body))
                    : new Answer.Failed(refused(method, path, refusal), ExitCode.FAILED);
        } catch (IOException e) {
            return new Answer.Failed(problem(e), isRight(e) ? ExitCode.PRIVILEGE : ExitCode.FAILED);
        }
    }

    private static boolean isRight(IOException e) {
        return String.valueOf(e.getMessage()).contains("Permission denied");
    }

    /**
     * Hands each line of the event stream at {@code path} to {@code wantsMore} until it returns false or the stream ends.
     *
     * @return why it ended
     */
    String follow(String path, Predicate<String> wantsMore) {
        long until = System.nanoTime() + patience.toNanos();
        try (var exchange = new Exchange(connect(until))) {
            exchange.ask("GET", path, "text/event-stream", until);
            String refusal = exchange.head(until);
            if (!refusal.isEmpty()) {
                return refused("GET", path, refusal);
            }
            while (true) {
                String line = exchange.line(System.nanoTime() + SILENCE.toNanos());
                if (line == null) {
                    return "hawser at " + name
                            + " ended the stream: it stopped, or this reader was too slow; ask again";
                }
                if (!wantsMore.test(line)) {
                    return "output was closed";
                }
            }
        } catch (IOException e) {
            return problem(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }

    private SocketChannel connect(long until) throws IOException {
        SocketAddress address = address();
        SocketChannel channel = socket != null ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
        try {
            if (socket != null) {
                channel.connect(address);
                channel.configureBlocking(false);
                return channel;
            }
            channel.configureBlocking(false);
            channel.connect(address);
            try (Selector selector = Selector.open()) {
                channel.register(selector, SelectionKey.OP_CONNECT);
                await(selector, until);
            }
            if (!channel.finishConnect()) {
                throw new TimedOut();
            }
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private SocketAddress address() throws IOException {
        if (socket != null) {
            return UnixDomainSocketAddress.of(socket);
        }
        if (url == null) {
            throw new IllegalStateException("neither socket nor url");
        }
        String host = url.getHost().replace("[", "").replace("]", "");
        var address = new InetSocketAddress(host, url.getPort() < 0 ? DEFAULT_PORT : url.getPort());
        if (address.isUnresolved()) {
            throw new ConnectException("host " + host + " is not known");
        }
        return address;
    }

    private String refused(String method, String path, String refusal) {
        if (method.equals("POST") && refusal.startsWith("404")) {
            return "the hawser that runs does not know this command: it is another version; compare `hawser version`"
                    + " with the first line of `hawser status`, and restart the node with this version";
        }
        return "the server at " + name + " refuses " + path + ": " + refusal + "; check that it is hawser's admin "
                + (socket == null ? "port" : "socket");
    }

    private String problem(IOException e) {
        String tail = socket == null
                ? "; is hawser running there, and is its admin.bind reachable from here"
                : "; another node is asked with --url http://HOST:" + DEFAULT_PORT;
        if (e instanceof TimedOut) {
            return "no answer from " + name + " within " + patience.toMillis()
                    + " ms: the process is stopped or overloaded; look at its log" + tail;
        }
        if (e instanceof Garbled) {
            return "the server at " + name + " is not hawser: " + e.getMessage() + "; check --socket and --url";
        }
        if (socket != null) {
            return socketProblem(socket, e) + tail;
        }
        return "cannot reach " + name + ": " + e.getMessage() + tail;
    }

    private static String socketProblem(Path socket, IOException e) {
        String message = String.valueOf(e.getMessage());
        if (isRight(e)) {
            return "no right to open " + socket + ": only the user that runs hawser may, mostly root; try again with"
                    + " sudo";
        }
        if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            return "hawser is not running here, or has another socket: " + socket
                    + " does not exist; start it with `hawser run`, or name its socket with --socket";
        }
        if (message.contains("refused")) {
            return "hawser is not running: nobody answers at " + socket
                    + ", which a dead process left behind; look at its log and start it again";
        }
        return "cannot ask hawser at " + socket + ": " + message;
    }

    private static void await(Selector selector, long until) throws IOException {
        long left = until - System.nanoTime();
        if (left <= 0 || selector.select(Math.max(1, left / 1_000_000)) == 0) {
            throw new TimedOut();
        }
        selector.selectedKeys().clear();
    }

    /** Nothing came in time. */
    private static final class TimedOut extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** What came is not what hawser says. */
    private static final class Garbled extends IOException {
        private static final long serialVersionUID = 1;

        Garbled(String message) {
            super(message);
        }
    }

    /** One request and its answer. As HTTP/1.0 has it, the answer is never chunked and ends with the connection. */
    private static final class Exchange implements AutoCloseable {
        private final SocketChannel channel;
        private final Selector selector;
        private final SelectionKey key;
        private final ByteBuffer in = ByteBuffer.allocate(16 * 1024).flip();
        private int length = -1;

        Exchange(SocketChannel channel) throws IOException {
            this.channel = channel;
            selector = Selector.open();
            key = channel.register(selector, SelectionKey.OP_WRITE);
        }

        void ask(String method, String path, String accept, long until) throws IOException {
            ByteBuffer request = ByteBuffer.wrap(
                    (method + " " + path + " HTTP/1.0\r\naccept: " + accept + "\r\n\r\n").getBytes(US_ASCII));
            while (request.hasRemaining()) {
                await(selector, until);
                channel.write(request);
            }
            key.interestOps(SelectionKey.OP_READ);
        }

        /** Reads up to the body; gives the refusal when the status is not 200, else nothing. */
        String head(long until) throws IOException {
            String first = requiredLine(until);
            if (!first.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
                throw new Garbled("its answer does not begin as HTTP does");
            }
            int size = first.length();
            for (String line = requiredLine(until); !line.isEmpty(); line = requiredLine(until)) {
                size += line.length();
                if (size > MAX_HEAD) {
                    throw new Garbled("its header is above " + MAX_HEAD + " bytes");
                }
                if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                    String number = line.substring(15).strip();
                    length = number.matches("[0-9]{1,9}") ? Integer.parseInt(number) : -1;
                }
            }
            return first.startsWith("200", 9) ? "" : first.substring(9);
        }

        /** The body to its end. */
        byte[] rest(long until) throws IOException {
            var body = new ByteArrayOutputStream();
            while (length < 0 || body.size() < length) {
                if (!in.hasRemaining() && !fill(until)) {
                    break;
                }
                body.write(in.array(), in.position(), in.remaining());
                in.position(in.limit());
                if (body.size() > StatusDocument.MAX_BYTES) {
                    throw new Garbled("its answer is above " + StatusDocument.MAX_BYTES + " bytes");
                }
            }
            if (body.size() < length) {
                throw new Garbled("its answer ended after " + body.size() + " of " + length + " bytes");
            }
            return body.toByteArray();
        }

        /** The next line without its end, null at the end of the stream. */
        @Nullable
        String line(long until) throws IOException {
            var line = new ByteArrayOutputStream();
            while (true) {
                if (!in.hasRemaining() && !fill(until)) {
                    return line.size() == 0 ? null : line.toString(ISO_8859_1);
                }
                byte next = in.get();
                if (next == '\n') {
                    String text = line.toString(UTF_8);
                    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
                }
                line.write(next);
                if (line.size() > MAX_LINE) {
                    throw new Garbled("a line of its answer is above " + MAX_LINE + " bytes");
                }
            }
        }

        private String requiredLine(long until) throws IOException {
            String line = line(until);
            if (line == null) {
                throw new Garbled("it closed the connection without an answer");
            }
            return line;
        }

        private boolean fill(long until) throws IOException {
            in.clear();
            try {
                int count = 0;
                while (count == 0) {
                    await(selector, until);
                    count = channel.read(in);
                }
                return count > 0;
            } catch (EOFException e) {
                return false;
            } finally {
                in.flip();
            }
        }

        @Override
        public void close() throws IOException {
            selector.close();
            channel.close();
        }
    }
}
