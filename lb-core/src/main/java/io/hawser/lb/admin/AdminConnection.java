package io.hawser.lb.admin;

import static io.netty.handler.codec.http.HttpResponseStatus.CONFLICT;
import static io.netty.handler.codec.http.HttpResponseStatus.INTERNAL_SERVER_ERROR;
import static io.netty.handler.codec.http.HttpResponseStatus.METHOD_NOT_ALLOWED;
import static io.netty.handler.codec.http.HttpResponseStatus.MISDIRECTED_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: its requests in turn, each bounded in size and time. Admin thread only.
 *
 * <p>Requests wait here while the client does not read its answers, and nothing more is read from it meanwhile, so a
 * client can have no more waiting than one small read holds. Answers are written in small pieces as the client takes
 * them.
 */
// A write or close that fails ends the channel, and that is what is looked at.
@SuppressWarnings("FutureReturnValueIgnored")
final class AdminConnection extends ChannelInboundHandlerAdapter implements Pages.Reader {
    private static final Logger log = LoggerFactory.getLogger(AdminConnection.class);
    private static final String COMMANDS = "/commands/";
    private static final Duration LINGER = Duration.ofSeconds(1);
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final int PIECE = 8 * 1024;

    private enum Phase {
        /** Nothing of the next request has come. */
        IDLE,
        /** A request has begun and is not complete. */
        HEAD,
        /** A page is made. */
        PAGE,
        /** A command runs. */
        COMMAND,
        /** Events flow until the client goes. */
        STREAM,
        /** All is said; what the client still sends is thrown away, so that it can read our last words. */
        LINGER
    }

    private final AdminServer server;
    private final Views views;
    private final Commands commands;
    private final AdminLimits limits;
    private final Source source;
    private final Channel channel;
    private final Queue<AdminRequest> waiting = new ArrayDeque<>();
    private @Nullable Outgoing outgoing;
    private @Nullable AdminRequest askedFor;
    private @Nullable EventStream stream;

    // The first request must come soon: whoever connects has something to ask.
    private Phase phase = Phase.HEAD;
    private long deadlineAt;
    private long unreadSince;
    private boolean isUnread;
    private boolean inputEnded;
    private boolean isAnswering;
    private boolean endsWhenSent;
    private long activeAt;

    AdminConnection(
            AdminServer server,
            Views views,
            Commands commands,
            AdminLimits limits,
            Source source,
            Channel channel,
            long now) {
        this.server = server;
        this.views = views;
        this.commands = commands;
        this.limits = limits;
        this.source = source;
        this.channel = channel;
        activeAt = now;
        deadlineAt = now + limits.head().toNanos();
    }

    void install() {
        var config = new HttpDecoderConfig()
                .setMaxInitialLineLength(AdminLimits.MAX_LINE)
                .setMaxHeaderSize(AdminLimits.MAX_HEADER);
        channel.pipeline().addLast(new FirstByte(), new HttpRequestDecoder(config), this);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        // Bodies are refused by their announcement in the header, so what else comes is thrown away.
        if (message instanceof HttpRequest request && (phase == Phase.IDLE || phase == Phase.HEAD)) {
            waiting.add(new AdminRequest(request));
        }
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        answerWaiting();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (!channel.isWritable()) {
            isUnread = true;
            unreadSince = server.now();
            return;
        }
        isUnread = false;
        if (phase == Phase.STREAM) {
            pump();
            channel.read();
        } else {
            answerWaiting();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true;
            answerWaiting();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            log.atWarn().setCause(cause).log("admin connection failed");
        }
        context.close();
    }

    void close() {
        channel.close();
    }

    Source source() {
        return source;
    }

    /**
     * When it last did what it is here for, in nanoseconds; Long.MAX_VALUE while it is busy with it. Bytes of a request
     * that is not complete are nothing, and neither are answers that it does not read.
     */
    long activeAt() {
        return phase == Phase.COMMAND || (phase == Phase.STREAM && !isUnread) ? Long.MAX_VALUE : activeAt;
    }

    /** Ends this connection if it has used up its time. */
    void sweep(long now) {
        Outgoing sending = outgoing;
        if ((isUnread && now - unreadSince >= limits.stalled().toNanos())
                || (sending != null && sending.isOutdated())) {
            end(Closed.UNREAD);
            return;
        }
        if (phase == Phase.COMMAND || !waiting.isEmpty() || sending != null || now - deadlineAt < 0) {
            return;
        }
        switch (phase) {
            case STREAM -> {
                if (stream != null) {
                    stream.beat();
                }
                deadlineAt = now + HEARTBEAT.toNanos();
            }
            case PAGE -> {
                server.pages().forget(this);
                last(
                        Reply.refusal(
                                SERVICE_UNAVAILABLE,
                                "the page was not ready within "
                                        + limits.stalled().toSeconds() + " s; the log may say why"),
                        false);
                answerWaiting();
            }
            case HEAD -> end(Closed.SLOW_REQUEST);
            default -> end(Closed.IDLE);
        }
    }

    private void end(Closed why) {
        log.atDebug().addKeyValue("phase", phase).addKeyValue("why", why).log("admin client closed");
        server.count(why);
        channel.close();
    }

    private boolean takesRequests() {
        return (phase == Phase.IDLE || phase == Phase.HEAD) && outgoing == null;
    }

    private void answerWaiting() {
        push();
        while (takesRequests() && channel.isWritable()) {
            AdminRequest request = waiting.poll();
            if (request == null) {
                break;
            }
            activeAt = server.now();
            isAnswering = true;
            answer(request);
            isAnswering = false;
            if (phase == Phase.HEAD && waiting.isEmpty()) {
                expectNext();
            }
        }
        channel.flush();
        boolean isBusy = phase == Phase.COMMAND || phase == Phase.PAGE || outgoing != null;
        if (inputEnded && !isBusy && (waiting.isEmpty() || phase == Phase.LINGER)) {
            // Nothing more can be asked: go when all is sent.
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        if (phase != Phase.PAGE && ((channel.isWritable() && outgoing == null) || phase == Phase.LINGER)) {
            channel.read();
        }
    }

    /** Writes what the client takes of the answer that is on its way. */
    private void push() {
        Outgoing sending = outgoing;
        if (sending != null && sending.isOutdated()) {
            end(Closed.UNREAD);
            return;
        }
        while (sending != null && channel.isWritable()) {
            ByteBuf piece = channel.alloc().directBuffer(PIECE, PIECE);
            if (sending.fill(piece)) {
                sending = null;
                outgoing = null;
            }
            channel.write(piece);
        }
        if (sending == null && endsWhenSent) {
            endsWhenSent = false;
            // Closing now, with bytes unread, would make the kernel reset the connection and lose the reply on its way.
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
                deadlineAt = server.now() + LINGER.toNanos();
                ((DuplexChannel) channel).shutdownOutput();
            });
        }
    }

    private void expectNext() {
        phase = Phase.IDLE;
        deadlineAt = server.now() + limits.idle().toNanos();
    }

    private void answer(AdminRequest request) {
        try {
            route(request);
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("path", request.target()).setCause(e).log("admin request failed");
            last(Reply.refusal(INTERNAL_SERVER_ERROR, "answering failed: " + e), false);
        }
    }

    private void route(AdminRequest request) {
        boolean headOnly = request.isHeadOnly();
        Reply refusal = request.refusal();
        if (refusal != null) {
            last(refusal, headOnly && !request.isMalformed());
            return;
        }
        String path = request.path();
        if (!views.isHealth(path) && !isAskedByItsName(request)) {
            reply(
                    request,
                    Reply.refusal(
                            MISDIRECTED_REQUEST,
                            "the Host header names no host of the admin port: use a node's name or address, or add"
                                    + " the name to admin.hosts"));
        } else if (isCommand(path)) {
            command(request, path.substring(COMMANDS.length()));
        } else if (!views.has(path)) {
            reply(request, Reply.refusal(NOT_FOUND, "there is no " + path + "; there is " + views.paths()));
        } else if (!request.isRead()) {
            reply(
                    request,
                    Reply.refusal(METHOD_NOT_ALLOWED, "this path takes GET and HEAD only")
                            .with("allow: GET, HEAD"));
        } else if (path.equals("/events") && Views.accepts(request.accept(), Reply.EVENT_STREAM)) {
            stream(request);
        } else if (views.isHealth(path) && !headOnly && request.staysOpen() && request.isHttp11()) {
            write(views.healthBytes(path));
        } else {
            Pages.Kind page = views.page(path, request.accept());
            if (page == null) {
                reply(request, views.get(path));
            } else {
                phase = Phase.PAGE;
                askedFor = request;
                deadlineAt = server.now() + limits.stalled().toNanos();
                server.pages().ask(page, source.equals(Source.SOCKET), this);
            }
        }
    }

    @Override
    public void rendered(Rendering rendering) {
        AdminRequest request = askedFor;
        if (phase != Phase.PAGE || request == null) {
            return;
        }
        askedFor = null;
        phase = Phase.HEAD;
        if (rendering.isMade()) {
            reply(request, rendering.reply(), rendering);
        } else {
            last(rendering.reply(), false);
        }
        if (phase == Phase.HEAD && waiting.isEmpty()) {
            expectNext();
        }
        if (!isAnswering) {
            answerWaiting();
        }
    }

    private void reply(AdminRequest request, Reply reply) {
        reply(request, reply, null);
    }

    private void reply(AdminRequest request, Reply reply, @Nullable Rendering shared) {
        boolean stays = request.staysOpen();
        send(reply, shared, request.isHeadOnly(), stays, stays && !request.isHttp11());
        if (!stays) {
            linger();
        }
    }

    /** Sends a reply after which nothing more is answered. */
    private void last(Reply reply, boolean headOnly) {
        send(reply, null, headOnly, false, false);
        linger();
    }

    private void send(Reply reply, @Nullable Rendering shared, boolean headOnly, boolean keepAlive, boolean http10) {
        outgoing = new Outgoing(reply.head(keepAlive, http10), headOnly ? List.of() : reply.parts(), shared);
        push();
    }

    private void linger() {
        waiting.clear();
        phase = Phase.LINGER;
        deadlineAt = server.now() + limits.stalled().toNanos();
        endsWhenSent = true;
        push();
    }

    private void stream(AdminRequest request) {
        boolean headOnly = request.isHeadOnly();
        if (!headOnly && !server.follow(this)) {
            last(
                    Reply.refusal(
                            SERVICE_UNAVAILABLE,
                            "too many live readers of /events: at most " + limits.followersPerSource()
                                    + " from one source, " + limits.followers() + " in all; close one and try again"),
                    false);
            return;
        }
        write(Reply.streamHead(Reply.EVENT_STREAM));
        if (headOnly) {
            linger();
            return;
        }
        waiting.clear();
        phase = Phase.STREAM;
        deadlineAt = server.now() + HEARTBEAT.toNanos();
        stream = new EventStream(server.events(), channel, request.lastEventId());
        pump();
    }

    /** Sends the events that the client has not had, as far as it takes them. */
    void pump() {
        long missed = stream == null ? 0 : stream.send();
        if (missed > 0) {
            // The ring went past the client: rather end than leave out, so that it asks again.
            log.atInfo().addKeyValue("missed", missed).log("slow event reader dropped");
            end(Closed.UNREAD);
            return;
        }
        activeAt = server.now();
        channel.flush();
    }

    private boolean isAskedByItsName(AdminRequest request) {
        if (source.equals(Source.SOCKET)) {
            return true;
        }
        InetAddress own = channel.localAddress() instanceof InetSocketAddress local ? local.getAddress() : null;
        return request.hosts().stream().allMatch(host -> server.hosts().accept(host, own));
    }

    private boolean isCommand(String path) {
        return path.startsWith(COMMANDS) && commands.names().contains(path.substring(COMMANDS.length()));
    }

    private void command(AdminRequest request, String name) {
        if (!request.isPost()) {
            reply(
                    request,
                    Reply.refusal(METHOD_NOT_ALLOWED, "a command takes POST only")
                            .with("allow: POST"));
            return;
        }
        Map<String, String> arguments = request.arguments();
        phase = Phase.COMMAND;
        commands.run(name, arguments)
                .whenComplete((answer, failure) -> channel.eventLoop().execute(() -> commandDone(answer, failure)));
    }

    private void commandDone(Commands.Answer answer, Throwable failure) {
        if (failure != null) {
            last(Reply.refusal(INTERNAL_SERVER_ERROR, "the command failed: " + failure), false);
        } else {
            last(Reply.of(answer.result() == Commands.Result.DONE ? OK : CONFLICT, Reply.JSON, answer.json()), false);
        }
        answerWaiting();
    }

    private void write(byte[] bytes) {
        channel.write(Unpooled.wrappedBuffer(bytes));
    }

    /** Notes when a request begins, so that it can be cut when it does not end. */
    private final class FirstByte extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object bytes) {
            if (phase == Phase.IDLE) {
                phase = Phase.HEAD;
                deadlineAt = server.now() + limits.head().toNanos();
            }
            context.fireChannelRead(bytes);
        }
    }
}
