package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.testkit.Await;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/** A session of PostgreSQL's protocol 3 without a password, with simple queries only. */
final class PostgresSession implements AutoCloseable {
    static final String USER = "writer";
    private static final int VERSION = 3 << 16;
    private static final int PATIENCE_MILLIS = Math.toIntExact(Await.LIMIT.toMillis());

    private final Socket socket;
    private final DataInputStream in;

    PostgresSession(InetAddress address, int port) throws IOException {
        socket = new Socket(address, port);
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            send(null, body -> {
                body.writeInt(VERSION);
                for (String text : new String[] {"user", USER, "database", "postgres", ""}) {
                    writeText(body, text);
                }
            });
            answer();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private interface Body {
        void writeTo(DataOutputStream out) throws IOException;
    }

    private void send(@Nullable Character type, Body body) throws IOException {
        var bytes = new ByteArrayOutputStream();
        body.writeTo(new DataOutputStream(bytes));
        var message = new ByteArrayOutputStream();
        var out = new DataOutputStream(message);
        if (type != null) {
            out.writeByte(type);
        }
        out.writeInt(Integer.BYTES + bytes.size());
        bytes.writeTo(out);
        message.writeTo(socket.getOutputStream());
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        out.write(text.getBytes(UTF_8));
        out.writeByte(0);
    }

    /** The first column of the last row of the answer; null where it has no row. */
    @Nullable
    String ask(String query) throws IOException {
        send('Q', body -> writeText(body, query));
        return answer();
    }

    private @Nullable String answer() throws IOException {
        String value = null;
        String error = null;
        while (true) {
            int type = in.readUnsignedByte();
            byte[] body = in.readNBytes(in.readInt() - Integer.BYTES);
            switch (type) {
                case 'D' -> value = firstColumn(body);
                case 'E' -> {
                    error = new String(body, UTF_8).replace('\0', ' ');
                    if (error.startsWith("SFATAL")) {
                        throw new IOException(error);
                    }
                }
                case 'Z' -> {
                    if (error != null) {
                        throw new IOException(error);
                    }
                    return value;
                }
                default -> {
                    // What the server tells of itself.
                }
            }
        }
    }

    private static @Nullable String firstColumn(byte[] row) throws IOException {
        var columns = new DataInputStream(new java.io.ByteArrayInputStream(row));
        if (columns.readShort() == 0) {
            return null;
        }
        int length = columns.readInt();
        return length < 0 ? null : new String(columns.readNBytes(length), UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
