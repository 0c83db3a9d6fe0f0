package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hawser.testkit.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A client's connection to an {@link EchoMember}. */
final class EchoClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = Math.toIntExact(Await.LIMIT.toMillis());

    private final Socket socket = new Socket();
    private final BufferedReader in;
    private final String member;

    EchoClient(int port) throws IOException {
        this("127.0.0.1", port);
    }

    EchoClient(String host, int port) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress(host, port), PATIENCE_MILLIS);
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
        String first = in.readLine();
        if (first == null) {
            socket.close();
            throw new IOException("the connection ended before the member's name");
        }
        member = first;
    }

    /** The name of the member that answered. */
    String member() {
        return member;
    }

    /** Sends a line and fails unless it comes back. */
    void ping(String line) throws IOException {
        socket.getOutputStream().write((line + "\n").getBytes(US_ASCII));
        String back = in.readLine();
        if (!line.equals(back)) {
            throw new IOException("sent \"" + line + "\" to " + member + ", got \"" + back + "\"");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
