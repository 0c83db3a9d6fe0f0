package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * The streams of a command in a container, over what the connection was upgraded to: the command gives back what it is
 * told, until its input ends, and then ends well.
 */
abstract sealed class Streams {
    private static final String SUCCESS = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}";

    private final EmbeddedChannel codec;
    private final String upgrade;

    private Streams(String upgrade, ChannelHandler... codec) {
        this.upgrade = upgrade;
        this.codec = new EmbeddedChannel(codec);
    }

    /** Those that a request asks for by its headers, whose names are lower case. */
    static Streams of(Map<String, String> headers) {
        return headers.getOrDefault("upgrade", "").equals("websocket")
                ? new OverWebSocket(headers.getOrDefault("sec-websocket-key", ""))
                : new OverSpdy();
    }

    /** Accepts the upgrade and serves until the command has ended and the client has left. */
    final void echo(InputStream in, OutputStream out) throws IOException {
        out.write(("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" + upgrade + "\r\n\r\n")
                .getBytes(ISO_8859_1));
        byte[] bytes = new byte[8192];
        try {
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                codec.writeInbound(Unpooled.copiedBuffer(bytes, 0, read));
                for (Object frame = codec.readInbound(); frame != null; frame = codec.readInbound()) {
                    take(frame);
                    ReferenceCountUtil.release(frame);
                }
                for (ByteBuf frame = codec.readOutbound(); frame != null; frame = codec.readOutbound()) {
                    out.write(ByteBufUtil.getBytes(frame));
                    frame.release();
                }
            }
        } finally {
            codec.finishAndReleaseAll();
        }
    }

    abstract void take(Object frame);

    final void send(Object frame) {
        codec.writeOutbound(frame);
    }

    /** SPDY/3.1 with a stream for each of error, stdin, stdout and stderr, as the client names them. */
    private static final class OverSpdy extends Streams {
        private final Map<String, Integer> streams = new HashMap<>();

        OverSpdy() {
            super(
                    "Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io",
                    new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
        }

        @Override
        void take(Object frame) {
            switch (frame) {
                case SpdySynStreamFrame begun -> {
                    streams.put(String.valueOf(begun.headers().get("streamtype")), begun.streamId());
                    var reply = new DefaultSpdySynReplyFrame(begun.streamId());
                    // Without any, Netty leaves out their number too, which the client waits for.
                    reply.headers().set("accepted", "true");
                    send(reply);
                }
                case SpdyDataFrame data
                when Integer.valueOf(data.streamId()).equals(streams.get("stdin")) -> {
                    if (data.content().isReadable()) {
                        send("stdout", data.content().copy(), false);
                    }
                    if (data.isLast()) {
                        send("error", Unpooled.copiedBuffer(SUCCESS, UTF_8), true);
                        send("stdout", Unpooled.EMPTY_BUFFER, true);
                        send("stderr", Unpooled.EMPTY_BUFFER, true);
                    }
                }
                case SpdyPingFrame ping -> send(ping);
                default -> {}
            }
        }

        private void send(String stream, ByteBuf content, boolean isLast) {
            send(new DefaultSpdyDataFrame(streams.getOrDefault(stream, 0), content).setLast(isLast));
        }
    }

    /** A WebSocket whose frames begin with the number of their stream. */
    private static final class OverWebSocket extends Streams {
        private static final String OF_RFC_6455 = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        private static final int STDIN = 0;
        private static final int STDOUT = 1;
        private static final int ERROR = 3;
        private static final int CLOSE = 255;

        OverWebSocket(String key) {
            super(
                    "Upgrade: websocket\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\nSec-WebSocket-Accept: "
                            + accepted(key),
                    new WebSocket13FrameDecoder(true, false, 1 << 20),
                    new WebSocket13FrameEncoder(false));
        }

        private static String accepted(String key) {
            try {
                return Base64.getEncoder()
                        .encodeToString(MessageDigest.getInstance("SHA-1")
                                .digest((key + OF_RFC_6455).getBytes(StandardCharsets.US_ASCII)));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has SHA-1", e);
            }
        }

        @Override
        void take(Object frame) {
            switch (frame) {
                case BinaryWebSocketFrame data -> {
                    int stream = data.content().readUnsignedByte();
                    if (stream == STDIN) {
                        send(STDOUT, data.content().copy());
                    } else if (stream == CLOSE) {
                        send(ERROR, Unpooled.copiedBuffer(SUCCESS, UTF_8));
                        send(new CloseWebSocketFrame(1000, ""));
                    }
                }
                case PingWebSocketFrame ping ->
                    send(new PongWebSocketFrame(ping.content().copy()));
                default -> {}
            }
        }

        private void send(int stream, ByteBuf content) {
            send(new BinaryWebSocketFrame(
                    Unpooled.wrappedBuffer(Unpooled.buffer().writeByte(stream), content)));
        }
    }
}
