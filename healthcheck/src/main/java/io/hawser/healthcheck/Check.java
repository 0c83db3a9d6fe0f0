package io.hawser.healthcheck;

import io.hawser.sysctl.net.AddressText;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One check of one member, from the connection to the verdict. Health loop only. */
final class Check {

    /*
     * Every check makes a connection of its own. A kept-alive one would spare the member a handshake a second, but it
     * would go on answering after the listener is closed, the accept queue is full or a filter drops new connections:
     * exactly what a new client would run into, and what a check must therefore try.
     *
     * It ends without noise in the member's log: the answer is read to its end, TLS is closed with close_notify, the
     * connection with FIN, and then the member may close its side before the socket goes. A socket that is closed with
     * unread bytes (TLS 1.3 session tickets come after the handshake) sends RST instead. A TCP check of a TLS port
     * cannot avoid the server's "EOF during handshake"; there, TLS is the check to use.
     */
    private static final long LINGER_NANOS = 1_000_000_000;

    private final HealthLoop loop;
    private final InetSocketAddress address;
    private final CheckPlan plan;
    private final Credentials.Ready credentials;
    private final Consumer<CheckResult> done;
    private final Deadline deadline;
    private final long startedAt = System.nanoTime();
    private final AnswerReader answer;
    private @Nullable Channel channel;
    private long connectNanos;
    private String stage = "no answer";
    private boolean isDone;

    private Check(
            HealthLoop loop,
            InetSocketAddress address,
            CheckPlan plan,
            Credentials.Ready credentials,
            Consumer<CheckResult> done) {
        this.loop = loop;
        this.address = address;
        this.plan = plan;
        this.credentials = credentials;
        this.done = done;
        this.deadline = new Deadline(loop);
        this.answer = new AnswerReader(plan.request().expect());
    }

    /**
     * Starts a check.
     *
     * @param done gets the verdict, once, and never after {@link #cancel}
     */
    static Check start(
            HealthLoop loop,
            InetSocketAddress address,
            CheckPlan plan,
            Credentials.Ready credentials,
            Consumer<CheckResult> done) {
        var check = new Check(loop, address, plan, credentials, done);
        check.connect();
        return check;
    }

    /** Ends the check without a verdict. */
    void cancel() {
        isDone = true;
        deadline.cancel();
        drop();
    }

    /** Whether the member has accepted, and the answer is waited for. */
    boolean isConnected() {
        return connectNanos > 0;
    }

    private void connect() {
        var connecting = loop.bootstrap()
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel fresh) {
                        fillPipeline(fresh);
                    }
                })
                .connect(address);
        channel = connecting.channel();
        deadline.set(
                plan.timing().connectTimeout().toNanos(),
                () -> fail(
                        Cause.CONNECT_TIMEOUT,
                        "no connection to %s within %s"
                                .formatted(
                                        AddressText.of(address),
                                        text(plan.timing().connectTimeout()))));
        connecting.addListener((ChannelFuture connected) -> {
            if (connected.cause() != null) {
                finish(ConnectErrors.connect(address, connected.cause(), took()), false);
            }
        });
    }

    private void fillPipeline(SocketChannel fresh) {
        var ssl = credentials.ssl();
        if (plan.type().usesTls() && ssl != null) {
            fresh.pipeline().addLast(sslHandler(fresh, ssl));
        }
        if (plan.type().usesHttp()) {
            fresh.pipeline().addLast(AnswerReader.codec());
        }
        fresh.pipeline().addLast(new Steps());
    }

    private SslHandler sslHandler(SocketChannel fresh, SslContext ssl) {
        var name = plan.tls().serverName();
        var handler =
                name == null ? ssl.newHandler(fresh.alloc()) : ssl.newHandler(fresh.alloc(), name, address.getPort());
        handler.setHandshakeTimeoutMillis(0);
        handler.setCloseNotifyFlushTimeoutMillis(200);
        return handler;
    }

    private final class Steps extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            connected();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                handshaken(handshake);
            }
            ReferenceCountUtil.release(event);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                if (!isDone && message instanceof HttpObject part) {
                    read(part);
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(Cause.CLOSED, "%s closed the connection: %s".formatted(AddressText.of(address), stage()));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            finish(ConnectErrors.established(address, cause, took()), false);
        }
    }

    private void connected() {
        if (isDone) {
            return;
        }
        connectNanos = took();
        if (plan.type() == CheckPlan.Type.TCP) {
            pass("connected to %s".formatted(AddressText.of(address)));
            return;
        }
        deadline.set(plan.timing().timeout().toNanos(), this::timedOut);
        if (plan.type().usesTls()) {
            stage = "TLS handshake not complete";
        } else {
            ask();
        }
    }

    private void handshaken(SslHandshakeCompletionEvent handshake) {
        if (isDone) {
            return;
        }
        if (handshake.cause() != null) {
            finish(ConnectErrors.established(address, handshake.cause(), took()), false);
        } else if (plan.type() == CheckPlan.Type.TLS) {
            pass("TLS handshake with %s complete".formatted(AddressText.of(address)));
        } else {
            stage = "no answer";
            ask();
        }
    }

    private void ask() {
        if (channel != null) {
            channel.writeAndFlush(request()).addListener(written -> {
                if (written.cause() != null) {
                    finish(ConnectErrors.established(address, written.cause(), took()), false);
                }
            });
        }
    }

    private FullHttpRequest request() {
        var request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.GET, plan.request().path());
        var host = plan.request().host();
        request.headers()
                .set(HttpHeaderNames.HOST, host == null ? AddressText.of(address) : host)
                .set(HttpHeaderNames.USER_AGENT, "hawser-health-check")
                .set(HttpHeaderNames.ACCEPT, "*/*")
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        if (credentials.token() != null) {
            request.headers().set(HttpHeaderNames.AUTHORIZATION, "Bearer " + credentials.token());
        }
        return request;
    }

    private void read(HttpObject part) {
        switch (answer.on(part)) {
            case AnswerReader.Progress.More _ -> {}
            case AnswerReader.Progress.Good good -> pass(good.reason(), good.isComplete());
            case AnswerReader.Progress.Bad bad ->
                finish(new CheckResult.Refusing(bad.cause(), bad.reason(), took()), bad.isComplete());
        }
    }

    private void timedOut() {
        fail(
                Cause.TIMEOUT,
                "no complete answer from %s within %s: %s"
                        .formatted(AddressText.of(address), text(plan.timing().timeout()), stage()));
    }

    private String stage() {
        return answer.hasBegun() ? answer.stage() : stage;
    }

    private void pass(String reason) {
        pass(reason, true);
    }

    private void pass(String reason, boolean complete) {
        long took = took();
        finish(new CheckResult.Passed("%s in %s".formatted(reason, millis(took)), connectNanos, took), complete);
    }

    private void fail(Cause cause, String reason) {
        finish(new CheckResult.Failed(cause, reason, took()), false);
    }

    private void finish(CheckResult result, boolean polite) {
        if (isDone) {
            return;
        }
        isDone = true;
        deadline.cancel();
        if (polite) {
            part();
        } else {
            drop();
        }
        done.accept(result);
    }

    private void drop() {
        if (channel != null) {
            var _ = channel.close();
        }
    }

    /** Takes leave: close_notify, FIN, and a moment for the member to do the same. */
    private void part() {
        if (!(channel instanceof SocketChannel socket)) {
            return;
        }
        var ssl = socket.pipeline().get(SslHandler.class);
        var said = ssl == null ? socket.newSucceededFuture() : ssl.closeOutbound();
        said.addListener(_ -> {
            var _ = socket.shutdownOutput();
        });
        var linger = new Deadline(loop);
        linger.set(LINGER_NANOS, this::drop);
        socket.closeFuture().addListener(_ -> linger.cancel());
    }

    private long took() {
        return System.nanoTime() - startedAt;
    }

    private static String text(Duration limit) {
        return limit.toMillis() % 1000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
    }

    private static String millis(long nanos) {
        return "%.1f ms".formatted(nanos / 1e6);
    }
}
