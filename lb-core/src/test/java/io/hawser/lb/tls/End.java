package io.hawser.lb.tls;

import io.netty.internal.tcnative.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A session that is driven with arrays. */
final class End implements AutoCloseable {
    private static final int SIZE = 64 << 10;

    final Session session;
    private final ByteBuffer in = ByteBuffer.allocateDirect(SIZE);
    private final ByteBuffer plain = ByteBuffer.allocateDirect(SIZE);
    private final ByteBuffer out = ByteBuffer.allocateDirect(SIZE);
    private byte[] left = new byte[0];
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    Session.Step step = Session.Step.WANTS_INPUT;
    boolean ended;
    boolean failed;
    int outputRoom = SIZE;

    End(Session session) {
        this.session = session;
    }

    /** Takes what the other side has sent; gives what is to be sent back. */
    byte[] take(byte[] bytes) {
        byte[] all = Arrays.copyOf(left, left.length + bytes.length);
        System.arraycopy(bytes, 0, all, left.length, bytes.length);
        left = new byte[0];
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        if (step != Session.Step.DONE && step != Session.Step.FAILED) {
            all = shake(all, answer);
        }
        if (step == Session.Step.DONE) {
            read(all, answer);
        }
        return answer.toByteArray();
    }

    private byte[] shake(byte[] bytes, ByteArrayOutputStream answer) {
        byte[] rest = bytes;
        do {
            in.put(0, rest);
            step = session.handshake(Buffer.address(in), rest.length, Buffer.address(out), outputRoom);
            rest = Arrays.copyOfRange(rest, rest.length - session.inUnused(), rest.length);
            collect(answer);
        } while (step == Session.Step.WANTS_OUTPUT);
        return rest;
    }

    private void read(byte[] bytes, ByteArrayOutputStream answer) {
        for (int from = 0; from < bytes.length; from += SIZE) {
            readSome(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + SIZE)), answer);
        }
    }

    private void readSome(byte[] bytes, ByteArrayOutputStream answer) {
        in.put(0, bytes);
        session.offer(Buffer.address(in), bytes.length);
        int read;
        while ((read = session.read(Buffer.address(plain), SIZE)) > 0) {
            byte[] chunk = new byte[read];
            plain.get(0, chunk);
            received.writeBytes(chunk);
        }
        ended |= read == Session.ENDED;
        failed |= read == Session.FAILED;
        session.withdraw();
        if (session.hasOutput()) {
            session.drain(Buffer.address(out), SIZE);
            collect(answer);
        }
    }

    private void collect(ByteArrayOutputStream answer) {
        byte[] chunk = new byte[session.produced()];
        out.get(0, chunk);
        answer.writeBytes(chunk);
    }

    byte[] seal(byte[] bytes) {
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        int from = 0;
        while (from < bytes.length) {
            int length = Math.min(bytes.length - from, SIZE);
            plain.put(0, bytes, from, length);
            int taken = session.write(Buffer.address(plain), length, Buffer.address(out), outputRoom);
            if (taken < 0) {
                throw new AssertionError("write returned " + taken);
            }
            from += taken;
            collect(records);
        }
        return records.toByteArray();
    }

    byte[] end() {
        session.end(Buffer.address(out), SIZE);
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        collect(records);
        return records.toByteArray();
    }

    byte[] received() {
        byte[] bytes = received.toByteArray();
        received.reset();
        return bytes;
    }

    /** Shakes hands in memory; says whether both are done. */
    static boolean shake(End client, End server) {
        return shake(client, server, Integer.MAX_VALUE);
    }

    /** The same with bytes arriving in pieces. */
    static boolean shake(End client, End server, int piece) {
        byte[] toServer = client.take(new byte[0]);
        for (int round = 0; round < 10; round++) {
            byte[] toClient = deliver(server, toServer, piece);
            if (toClient.length == 0 && client.step != Session.Step.WANTS_INPUT) {
                break;
            }
            toServer = deliver(client, toClient, piece);
        }
        return client.step == Session.Step.DONE && server.step == Session.Step.DONE;
    }

    static byte[] deliver(End to, byte[] bytes, int piece) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        for (int from = 0; from < bytes.length; from += Math.min(piece, bytes.length - from)) {
            answer.writeBytes(to.take(Arrays.copyOfRange(bytes, from, from + Math.min(piece, bytes.length - from))));
        }
        return answer.toByteArray();
    }

    @Override
    public void close() {
        session.close();
    }
}
