package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.BufferPool;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.Errno;
import io.hawser.lb.net.SocketOptions;
import io.hawser.lb.net.TcpSocket;
import io.hawser.lb.tls.Session;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One try with one member: a socket that connects, is given the first bytes, and may answer. Event loop of its connection. */
final class Attempt {
    final Member member;
    final Endpoint endpoint;
    /** Whether it was made while another one was under way. */
    final boolean isHedge;

    private final long startedAt;
    /** How long connecting took; -1 while it has not succeeded. */
    long connectNanos = -1;
    /** Whether the TLS handshake is under way. */
    boolean isSecuring;
    /** Up to where in the buffer it was given the first bytes. */
    int sent;
    /** What the member has answered, until somebody has it. */
    @Nullable
    Buffer answer;

    private Attempt(Member member, Endpoint endpoint, boolean isHedge, long startedAt) {
        this.member = member;
        this.endpoint = endpoint;
        this.isHedge = isHedge;
        this.startedAt = startedAt;
    }

    /**
     * Begins to connect to a member at which a place has been taken.
     *
     * @param owner who is told when the socket has news
     * @throws IOException or a {@link io.netty.channel.ChannelException} when that fails at once; nothing is left open
     */
    static Attempt begin(IoLoop loop, Endpoint.Owner owner, Member member, boolean isHedge) throws IOException {
        TcpSocket socket = TcpSocket.openFor(member.address());
        long now = loop.exactNow();
        Endpoint endpoint = new Endpoint(loop, owner, socket);
        try {
            SocketOptions.immediate(socket);
            socket.connect(member.address());
            endpoint.register(true);
        } catch (IOException e) {
            endpoint.release();
            throw e;
        }
        return new Attempt(member, endpoint, isHedge, now);
    }

    boolean isConnected() {
        return connectNanos >= 0 && !isSecuring;
    }

    /** The error that connecting ended with; 0 for success. */
    int finishConnect(long now) {
        int errno;
        try {
            errno = endpoint.socket().getSoError();
        } catch (IOException e) {
            errno = Errno.of(e);
        }
        if (errno == 0) {
            connectNanos = now - startedAt;
            member.connected();
        }
        return errno;
    }

    /** Sends what it has not been given yet of the first bytes, as far as the kernel takes it; says whether all is sent. */
    boolean send(Buffer first) throws IOException {
        if (sent < first.to) {
            first.from = sent;
            endpoint.send(first);
            sent = first.from;
        }
        return sent == first.to;
    }

    /**
     * Begins TLS.
     *
     * @param first what goes before it in the clear, up to {@code clear}; null for nothing
     */
    void secure(Session session, @Nullable Buffer first, int clear) throws IOException {
        isSecuring = true;
        try {
            if (first != null && clear > 0) {
                int end = first.to;
                first.to = clear;
                boolean went = send(first);
                first.to = end;
                if (!went) {
                    // A new socket has room for more than a header.
                    throw new IOException("the kernel did not take " + clear + " bytes");
                }
            }
        } catch (IOException e) {
            session.close();
            throw e;
        }
        endpoint.secure(session, false, null);
    }

    /** Gives it up. */
    void abandon() {
        endpoint.close(true);
        member.released();
    }

    /** What a member does after the first bytes, or before them. */
    sealed interface Answer {
        /** It says something. */
        record Bytes(Buffer buffer) implements Answer {}

        /** Nothing yet. */
        record None() implements Answer {
            static final None INSTANCE = new None();
        }

        /** It ends, or ended with an error. */
        record Gone(boolean isEnd) implements Answer {}
    }

    /** Reads once; what is read is the caller's. Null when there is no memory for it. */
    static @Nullable Answer readAnswer(Endpoint endpoint, BufferPool buffers) {
        if (!endpoint.isReadable()) {
            return endpoint.hasInputEnded() ? new Answer.Gone(true) : Answer.None.INSTANCE;
        }
        Buffer buffer = buffers.take();
        if (buffer == null) {
            return null;
        }
        Answer answer;
        try {
            int read = endpoint.receive(buffer);
            if (read > 0) {
                return new Answer.Bytes(buffer);
            }
            answer = read == 0 ? Answer.None.INSTANCE : new Answer.Gone(true);
        } catch (IOException _) {
            answer = new Answer.Gone(false);
        }
        buffers.release(buffer);
        return answer;
    }
}
