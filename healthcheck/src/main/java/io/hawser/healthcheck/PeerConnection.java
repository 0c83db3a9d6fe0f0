package io.hawser.healthcheck;

import io.hawser.healthcheck.PeerSchedule.Action;
import io.hawser.healthcheck.PeerSchedule.Event;
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
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The connections to a peer, the one that is asked and a spare one: carries out what its {@link PeerSchedule} says. Health loop only. */
final class PeerConnection {
    private static final int MAX_INTERIM_ANSWERS = 4;

    private final HealthLoop loop;
    private final Peer peer;
    private final long intervalNanos;
    private final Consumer<PeerEvidence> report;
    private final PeerSchedule schedule;
    private final WakeUp wakeUp;
    private final Deadline limit;
    private @Nullable Session session;
    private @Nullable Session spare;

    PeerConnection(HealthLoop loop, Peer peer, long intervalNanos, Consumer<PeerEvidence> report) {
        this.loop = loop;
        this.peer = peer;
        this.intervalNanos = intervalNanos;
        this.report = report;
        this.schedule = new PeerSchedule(peer, intervalNanos);
        this.wakeUp = new WakeUp(loop, () -> on(new Event.Passed()));
        this.limit = new Deadline(loop);
    }

    void start() {
        on(new Event.Watched());
    }

    void stop() {
        on(new Event.Unwatched());
    }

    /** Asks now unless a question is open already. */
    void askNow() {
        on(new Event.Requested());
    }

    private void on(Event event) {
        for (var action : schedule.on(event, System.nanoTime())) {
            switch (action) {
                case Action.Connect _ -> {
                    session = new Session();
                    session.connect();
                }
                case Action.Ask _ -> {
                    if (session != null) {
                        session.ask();
                    }
                }
                case Action.Close _ -> close();
                case Action.ConnectSpare _ -> {
                    spare = new Session();
                    spare.connect();
                }
                case Action.Swap _ -> {
                    Session asked = session;
                    session = spare;
                    spare = asked;
                }
                case Action.CloseSpare _ -> closeSpare();
                case Action.Limit limited -> limit.set(limited.nanos(), () -> on(new Event.LimitPassed()));
                case Action.Unlimit _ -> limit.cancel();
                case Action.Report found -> report.accept(found.evidence());
            }
        }
        wakeUp.at(schedule.wakesAt());
    }

    private void close() {
        if (session != null) {
            var old = session;
            session = null;
            old.close();
        }
    }

    private void closeSpare() {
        if (spare != null) {
            var old = spare;
            spare = null;
            old.close();
        }
    }

    /** One TCP connection; its events count only while it is one of the two. */
    private final class Session extends ChannelInboundHandlerAdapter {
        private @Nullable Channel channel;
        private int interim;
        private @Nullable HttpResponse head;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream(512);

        void connect() {
            var bootstrap = loop.bootstrap().option(ChannelOption.SO_KEEPALIVE, true);
            var connecting = bootstrap
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel fresh) {
                            if (fresh instanceof EpollSocketChannel) {
                                fresh.config().setOption(EpollChannelOption.TCP_USER_TIMEOUT, (int)
                                        TimeUnit.NANOSECONDS.toMillis(PeerSchedule.patienceNanos(intervalNanos)));
                            }
                            fresh.pipeline().addLast(AnswerReader.codec(), Session.this);
                        }
                    })
                    .connect(peer.address());
            channel = connecting.channel();
            connecting.addListener((ChannelFuture connected) -> {
                var cause = connected.cause();
                if (cause != null && isCurrent()) {
                    on(new Event.NotConnected(ConnectErrors.isRefused(cause), ConnectErrors.words(cause)));
                } else if (cause != null) {
                    spareLost(false, ConnectErrors.words(cause));
                }
            });
        }

        void ask() {
            head = null;
            interim = 0;
            body.reset();
            var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/healthz");
            request.headers()
                    .set(HttpHeaderNames.HOST, AddressText.of(peer.address()))
                    .set(HttpHeaderNames.USER_AGENT, "hawser-peer-probe")
                    .set(HttpHeaderNames.ACCEPT, "application/json");
            if (channel != null) {
                channel.writeAndFlush(request).addListener(written -> {
                    if (written.cause() != null) {
                        lost(written.cause());
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
            return session == this;
        }

        private void lost(Throwable cause) {
            if (isCurrent()) {
                on(new Event.Lost(false, "connection lost (" + ConnectErrors.words(cause) + ")"));
            } else {
                spareLost(false, ConnectErrors.words(cause));
            }
        }

        private void spareLost(boolean isClosed, String how) {
            if (spare == this) {
                spare = null;
                close();
                on(new Event.SpareLost(isClosed, how));
            }
        }

        private void broken(String reason) {
            on(new Event.Broken(reason));
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (isCurrent()) {
                on(new Event.Connected());
            } else if (spare == this) {
                on(new Event.SpareConnected());
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                if (isCurrent() && message instanceof HttpObject part) {
                    read(part);
                } else {
                    spareLost(false, "an unsolicited answer");
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            String how = "connection closed by " + peer.name();
            if (isCurrent()) {
                on(new Event.Lost(true, how));
            } else {
                spareLost(true, how);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            lost(cause);
        }

        private void read(HttpObject part) {
            if (part.decoderResult().isFailure()) {
                broken("answer from %s is not HTTP: %s"
                        .formatted(
                                peer.name(),
                                ConnectErrors.words(part.decoderResult().cause())));
            } else if (!schedule.isAsked()) {
                broken(peer.name() + " sent an unsolicited answer");
            } else if (part instanceof HttpResponse response && !accepts(response)) {
                broken(peer.name() + " sent too many interim answers");
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
                broken("answer from %s is larger than %d bytes".formatted(peer.name(), AnswerReader.MAX_BODY_BYTES));
                return;
            }
            body.writeBytes(bytes);
            if (content instanceof LastHttpContent) {
                complete(of);
            }
        }

        private void complete(HttpResponse of) {
            on(new Event.Answered(of.status().code(), ByteBuffer.wrap(body.toByteArray()), HttpUtil.isKeepAlive(of)));
        }
    }
}
