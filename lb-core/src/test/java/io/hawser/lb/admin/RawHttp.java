package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.testkit.Await;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends exactly the bytes it is told to. */
public final class RawHttp implements AutoCloseable {
    public record Answer(int status, Map<String, String> headers, String body) {}

    private final AutoCloseable socket;
    private final InputStream in;
    private final OutputStream out;

    private RawHttp(AutoCloseable socket, InputStream in, OutputStream out) {
        this.socket = socket;
        this.in = in;
        this.out = out;
    }

    static RawHttp to(InetSocketAddress address) throws IOException {
        var socket = new Socket();
        socket.setReceiveBufferSize(8 * 1024);
        socket.setSoTimeout(Math.toIntExact(Await.LIMIT.toMillis()));
        socket.connect(address);
        return new RawHttp(socket, socket.getInputStream(), socket.getOutputStream());
    }

    public static RawHttp to(Path path) throws IOException {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
        return new RawHttp(channel, Channels.newInputStream(channel), Channels.newOutputStream(channel));
    }

    RawHttp send(String bytes) throws IOException {
        out.write(bytes.getBytes(ISO_8859_1));
        out.flush();
        return this;
    }

    public Answer get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nhost: localhost\r\n\r\n").answer();
    }

    /** The next answer, with as much body as content-length says. */
    Answer answer() throws IOException {
        return answer(true);
    }

    Answer answer(boolean hasBody) throws IOException {
        String first = line();
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int length = hasBody ? Integer.parseInt(headers.getOrDefault("content-length", "0")) : 0;
        return new Answer(Integer.parseInt(first.substring(9, 12)), headers, new String(in.readNBytes(length), UTF_8));
    }

    String line() throws IOException {
        var line = new ByteArrayOutputStream();
        while (true) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("end after \"" + line + "\"");
            }
            if (next == '\n') {
                return line.toString(UTF_8).stripTrailing();
            }
            line.write(next);
        }
    }

    /** How many bytes still come before the server ends the connection, in whichever way. */
    long readAll() {
        long all = 0;
        byte[] some = new byte[8_192];
        try {
            for (int length = in.read(some); length >= 0; length = in.read(some)) {
                all += length;
            }
        } catch (IOException e) {
            return all;
        }
        return all;
    }

    /** Whether the server has ended the connection, after all that it sent. */
    boolean isEnded() {
        try {
            in.readAllBytes();
            return true;
        } catch (IOException e) {
            return String.valueOf(e.getMessage()).contains("reset");
        }
    }

    /** Whether the server has ended the connection in the orderly way, which loses nothing that is on its way. */
    boolean isEndedWithoutReset() throws IOException {
        try {
            return in.readAllBytes().length == 0;
        } catch (SocketException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            socket.close();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
