package io.hawser.healthcheck;

import io.hawser.sysctl.net.AddressText;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The one connection to a peer: asks, listens for the end, connects again. Health loop only. */
final class PeerConnection {

    /*
     * A process that is killed has its sockets closed one by one by its kernel. Ours may go before the listener does,
     * so that a new connection is accepted once more and then reset; therefore a loss is followed by a new attempt at
     * once, up to QUICK_ATTEMPTS of them a few milliseconds apart, until one is refused (gone) or answered (restarted).
     * A frozen process never gets there: its kernel goes on accepting, and nothing answers.
     *
     * What ended the connection tells a dead process from a firewall that begins to reject. The kernel of a dead process
     * sends a FIN of its own accord. A firewall only answers what is sent, with a reset, be it a question or an
     * acknowledgement; so may a kernel whose process died with a question unread.
     */
    private static final int QUICK_ATTEMPTS = 6;
    private static final long LEAST_CONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long LEAST_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int MAX_INTERIM_ANSWERS = 4;

    private final HealthLoop loop;
    private final Peer peer;
    private final long intervalNanos;
    private final Consumer<PeerEvidence> report;
    private final Deadline deadline;
    private final long beganAt = System.nanoTime();
    private @Nullable Future<?> timer;
    private @Nullable Session session;
    private boolean isStopped;
    private boolean hasAnswered;
    private long answeredAt;
    private @Nullable String lost;
    private boolean isClosed;
    private boolean isRefused;
    private long refusedSince;
    private int attempts;

    PeerConnection(HealthLoop loop, Peer peer, long intervalNanos, Consumer<PeerEvidence> report) {
        this.loop = loop;
        this.peer = peer;
        this.intervalNanos = intervalNanos;
        this.report = report;
        this.deadline = new Deadline(loop);
    }

    void start() {
        next(0);
    }

    void stop() {
        isStopped = true;
        cancelTimer();
        abandon();
    }

    /** Asks now unless a question is open already. */
    void askNow() {
        if (!isStopped && (session == null || session.isIdle())) {
            step();
        }
    }

    private void next(long delayNanos) {
        cancelTimer();
        if (!isStopped) {
            timer = loop.eventLoop().schedule((Runnable) this::step, delayNanos, TimeUnit.NANOSECONDS);
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void step() {
        next(intervalNanos);
        if (session == null) {
            session = new Session();
            session.connect();
        } else if (session.isIdle()) {
            // It has lived for a while. Counting anew on each answer would let a peer that answers and hangs up be
            // asked without a pause.
            attempts = 0;
            session.ask();
        }
    }

    private void abandon() {
        deadline.cancel();
        if (session != null) {
            var old = session;
            session = null;
            old.close();
        }
    }

    private void silent(String reason) {
        report.accept(
                hasAnswered
                        ? new PeerEvidence.Silent(reason, answeredAt)
                        : new PeerEvidence.Unreached(reason, beganAt));
    }

    private void invalid(String reason) {
        abandon();
        report.accept(new PeerEvidence.Invalid(reason));
    }

    private void notConnected(Throwable cause) {
        abandon();
        if (hasAnswered && Faults.isRefused(cause)) {
            refused();
        } else {
            var what = Faults.isRefused(cause) ? "refused" : "failed: " + Faults.words(cause);
            silent("connect to %s %s".formatted(AddressText.of(peer.address()), what));
        }
    }

    private void refused() {
        if (!isRefused) {
            isRefused = true;
            refusedSince = System.nanoTime();
        }
        var address = AddressText.of(peer.address());
        report.accept(
                lost == null
                        ? new PeerEvidence.Refused("connect to %s refused".formatted(address), refusedSince)
                        : new PeerEvidence.Gone(
                                "%s, and a new one to %s refused".formatted(lost, address), refusedSince, isClosed));
    }

    /** The other side ended the connection, or the path did; {@code closed}: with a FIN. */
    private void lost(String how, boolean closed, boolean wasAnswered) {
        abandon();
        if (lost == null) {
            lost = how;
            isClosed = closed;
        }
        if (attempts++ < QUICK_ATTEMPTS) {
            // 0, 1, 3, 7, 15, 31 ms: at once, and then giving its kernel time to close the listener as well.
            next(TimeUnit.MILLISECONDS.toNanos((1L << (attempts - 1)) - 1));
        } else if (!wasAnswered) {
            report.accept(new PeerEvidence.Invalid(
                    "%s accepts connections but ends them without an answer (%s)".formatted(peer.name(), how)));
        }
    }

    private void answered(PeerEvidence.Answered answer) {
        hasAnswered = true;
        answeredAt = System.nanoTime();
        isRefused = false;
        var before = lost;
        lost = null;
        if (before != null) {
            report.accept(new PeerEvidence.Reconnected(before + ", and a new one answered"));
        }
        report.accept(answer);
    }

    /** One TCP connection; its events count only while it is the present one. */
    private final class Session extends ChannelInboundHandlerAdapter {
        private @Nullable Channel channel;
        private boolean isConnected;
        private boolean isOpenQuestion;
        private long askedAt;
        private int interim;
        private @Nullable HttpResponse head;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream(512);
        private boolean wasAnswered;

        void connect() {
            var bootstrap = loop.bootstrap().option(ChannelOption.SO_KEEPALIVE, true);
            var connecting = bootstrap
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel fresh) {
                            if (fresh instanceof EpollSocketChannel) {
                                fresh.config().setOption(EpollChannelOption.TCP_USER_TIMEOUT, (int)
                                        TimeUnit.NANOSECONDS.toMillis(patienceNanos()));
                            }
                            fresh.pipeline().addLast(AnswerReader.codec(), Session.this);
                        }
                    })
                    .connect(peer.address());
            channel = connecting.channel();
            deadline.set(Math.max(intervalNanos, LEAST_CONNECT_NANOS), this::connectTimedOut);
            connecting.addListener((ChannelFuture connected) -> {
                if (connected.cause() != null && isCurrent()) {
                    notConnected(connected.cause());
                }
            });
        }

        boolean isIdle() {
            return isConnected && !isOpenQuestion;
        }

        void ask() {
            isOpenQuestion = true;
            askedAt = System.nanoTime();
            head = null;
            interim = 0;
            body.reset();
            deadline.set(intervalNanos, () -> noAnswer(intervalNanos));
            var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/healthz");
            request.headers()
                    .set(HttpHeaderNames.HOST, AddressText.of(peer.address()))
                    .set(HttpHeaderNames.USER_AGENT, "hawser-peer-probe")
                    .set(HttpHeaderNames.ACCEPT, "application/json");
            if (channel != null) {
                channel.writeAndFlush(request).addListener(written -> {
                    if (written.cause() != null && isCurrent()) {
                        lost("connection lost (" + Faults.words(written.cause()) + ")", false, wasAnswered);
                    }
                });
            }
        }

        void close() {
            if (channel != null) {
                var _ = channel.close();
            }
        }

        private boolean isCurrent() {
            return session == this && !isStopped;
        }

        private long patienceNanos() {
            return Math.max(10 * intervalNanos, LEAST_PATIENCE_NANOS);
        }

        private void connectTimedOut() {
            abandon();
            silent("no connection to %s".formatted(AddressText.of(peer.address())));
        }

        private void noAnswer(long waitedNanos) {
            var what = "no answer of %s for %d ms"
                    .formatted(AddressText.of(peer.address()), TimeUnit.NANOSECONDS.toMillis(waitedNanos));
            if (waitedNanos >= patienceNanos()) {
                // A new connection finds out more than an old one that may have lost its path.
                abandon();
            } else {
                deadline.set(intervalNanos, () -> noAnswer(waitedNanos + intervalNanos));
            }
            silent(what);
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            isConnected = true;
            if (isCurrent()) {
                ask();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                if (isCurrent() && message instanceof HttpObject part) {
                    read(part);
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (isCurrent()) {
                lost("connection closed by " + peer.name(), true, wasAnswered);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (isCurrent()) {
                lost("connection lost (" + Faults.words(cause) + ")", false, wasAnswered);
            }
        }

        private void read(HttpObject part) {
            if (part.decoderResult().isFailure()) {
                invalid("answer of %s is not HTTP: %s"
                        .formatted(
                                peer.name(), Faults.words(part.decoderResult().cause())));
            } else if (!isOpenQuestion) {
                invalid(peer.name() + " sent an answer that nobody asked for");
            } else if (part instanceof HttpResponse response && !accepts(response)) {
                invalid(peer.name() + " sent too many interim answers");
            } else if (part instanceof HttpContent content && head != null) {
                collect(content, head);
            }
        }

        private boolean accepts(HttpResponse response) {
            if (response.status().code() >= 200) {
                head = response;
                return true;
            }
            return response.status().code() != 101 && ++interim <= MAX_INTERIM_ANSWERS;
        }

        private void collect(HttpContent content, HttpResponse of) {
            var bytes = ByteBufUtil.getBytes(content.content());
            if (body.size() + bytes.length > AnswerReader.MAX_BODY_BYTES) {
                invalid("answer of %s is larger than %d bytes".formatted(peer.name(), AnswerReader.MAX_BODY_BYTES));
                return;
            }
            body.writeBytes(bytes);
            if (content instanceof LastHttpContent) {
                complete(of);
            }
        }

        private void complete(HttpResponse of) {
            isOpenQuestion = false;
            deadline.cancel();
            wasAnswered = true;
            if (!HttpUtil.isKeepAlive(of)) {
                abandon();
            }
            answered(new PeerEvidence.Answered(
                    of.status().code(), ByteBuffer.wrap(body.toByteArray()), askedAt, System.nanoTime() - askedAt));
        }
    }
}
