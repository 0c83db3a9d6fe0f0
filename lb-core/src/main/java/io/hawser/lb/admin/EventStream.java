package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.util.List;

/** The events that one client follows (server-sent events): which it has had, and how they are written. Admin thread. */
// A write that fails ends the channel, and that is what is looked at.
@SuppressWarnings("FutureReturnValueIgnored")
final class EventStream {
    private static final int EVENTS_AT_ONCE = 16;

    private final EventLog events;
    private final Channel channel;
    private long seenEvent;
    private boolean hasSentEvents;

    /**
     * Nothing of it is sent yet.
     *
     * @param seenEvent the last event that the client has had
     */
    EventStream(EventLog events, Channel channel, long seenEvent) {
        this.events = events;
        this.channel = channel;
        this.seenEvent = seenEvent;
    }

    /**
     * Sends the events that the client has not had, as far as it takes them.
     *
     * @return how many the ring has dropped since the last one that was sent; then nothing more is sent
     */
    long send() {
        while (channel.isWritable()) {
            List<EventLog.Line> next = events.lines(seenEvent, EVENTS_AT_ONCE);
            if (next.isEmpty()) {
                break;
            }
            long missed = next.getFirst().event().id() - seenEvent - 1;
            if (hasSentEvents && missed > 0) {
                return missed;
            }
            for (EventLog.Line line : next) {
                if (!channel.isWritable()) {
                    break;
                }
                write(line);
                seenEvent = line.event().id();
            }
            hasSentEvents = true;
            channel.flush();
        }
        return 0;
    }

    private void write(EventLog.Line line) {
        Event event = line.event();
        ByteBuf head = Unpooled.copiedBuffer("id: " + event.id() + "\nevent: " + event.kind() + "\ndata: ", UTF_8);
        channel.write(Unpooled.wrappedBuffer(
                head, Unpooled.wrappedBuffer(line.json()), Unpooled.wrappedBuffer("\n".getBytes(UTF_8))));
    }

    /** Sends a comment line: it finds out whether the client is still there. */
    void beat() {
        channel.writeAndFlush(Unpooled.wrappedBuffer(":\n\n".getBytes(UTF_8)));
    }
}
