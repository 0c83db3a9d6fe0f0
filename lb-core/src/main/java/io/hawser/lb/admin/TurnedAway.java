package io.hawser.lb.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Answers a connection above the limit and ends it at once. Admin thread. */
final class TurnedAway extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext context) {
        byte[] bytes = Reply.refusal(
                        HttpResponseStatus.SERVICE_UNAVAILABLE,
                        "too many connections to the admin server; close some and try again")
                .bytes(false);
        context.writeAndFlush(Unpooled.wrappedBuffer(bytes)).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        var _ = context.close();
    }
}
