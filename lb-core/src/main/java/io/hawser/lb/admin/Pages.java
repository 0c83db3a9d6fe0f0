package io.hawser.lb.admin;

import static io.netty.handler.codec.http.HttpResponseStatus.INTERNAL_SERVER_ERROR;

import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pages that may be large or slow to make: each is made on another thread, once a second at most however many ask,
 * and shared between them. Admin thread.
 */
final class Pages {
    /*
     * Who reads slowly holds the rendering it reads. Of each page so many renderings may be held; so what all readers
     * together cost is a multiple of the page's size, and not of their number.
     */
    static final int HELD = 4;

    private static final Logger log = LoggerFactory.getLogger(Pages.class);
    private static final long SECOND = 1_000_000_000L;

    private final Map<Kind, Page> pages = new EnumMap<>(Kind.class);

    /** What there is. */
    enum Kind {
        STATUS,
        METRICS,
        OPEN_METRICS,
        EVENTS
    }

    /** Who asked for a page. */
    interface Reader {
        /** Here it is, or why not. */
        void rendered(Rendering rendering);
    }

    /**
     * Pages of {@code sources}.
     *
     * @param clock nanoseconds, as System.nanoTime
     * @param renderer where pages are made, one after the other
     * @param admin where readers are told
     */
    Pages(AdminSources sources, LongSupplier clock, Executor renderer, Executor admin) {
        pages.put(
                Kind.STATUS,
                new Page(
                        () -> Reply.ok(
                                Reply.JSON,
                                StatusDocument.write(sources.status().get())),
                        clock,
                        renderer,
                        admin));
        pages.put(Kind.METRICS, new Page(() -> sources.metrics().scrape(false), clock, renderer, admin));
        pages.put(Kind.OPEN_METRICS, new Page(() -> sources.metrics().scrape(true), clock, renderer, admin));
        pages.put(Kind.EVENTS, new Page(() -> events(sources.events()), clock, renderer, admin));
    }

    /**
     * Tells {@code reader} the page, now or as soon as it is made.
     *
     * @param isFresh whether it must be made after this call, because who asks may have just changed something
     */
    void ask(Kind kind, boolean isFresh, Reader reader) {
        page(kind).ask(isFresh, reader);
    }

    /** Tells {@code reader} nothing more. */
    void forget(Reader reader) {
        pages.values().forEach(page -> page.forget(reader));
    }

    /** Lets go of what nobody will be told any more. */
    void sweep() {
        pages.values().forEach(Page::sweep);
    }

    private Page page(Kind kind) {
        Page page = pages.get(kind);
        if (page == null) {
            throw new IllegalStateException("no page " + kind);
        }
        return page;
    }

    private static Reply events(EventLog events) {
        List<byte[]> lines = events.lines(0, events.capacity()).stream()
                .map(EventLog.Line::json)
                .toList();
        return Reply.ok(Reply.JSON_LINES, lines);
    }

    /** One page: its last rendering, and who waits for the next. */
    private static final class Page {
        private final Supplier<Reply> source;
        private final LongSupplier clock;
        private final Executor renderer;
        private final Executor admin;

        private Set<Reader> waiting = new LinkedHashSet<>();
        private Set<Reader> waitingForNext = new LinkedHashSet<>();
        private @Nullable Rendering last;
        private long startedAt;
        private long made;
        private boolean isBeingMade;

        Page(Supplier<Reply> source, LongSupplier clock, Executor renderer, Executor admin) {
            this.source = source;
            this.clock = clock;
            this.renderer = renderer;
            this.admin = admin;
        }

        void ask(boolean isFresh, Reader reader) {
            Rendering known = last;
            if (isBeingMade) {
                (isFresh ? waitingForNext : waiting).add(reader);
            } else if (!isFresh && known != null && clock.getAsLong() - startedAt < SECOND) {
                reader.rendered(known);
            } else {
                waiting.add(reader);
                start();
            }
        }

        void forget(Reader reader) {
            waiting.remove(reader);
            waitingForNext.remove(reader);
        }

        void sweep() {
            if (!isBeingMade && clock.getAsLong() - startedAt >= SECOND) {
                last = null;
            }
        }

        private void start() {
            isBeingMade = true;
            startedAt = clock.getAsLong();
            try {
                renderer.execute(this::make);
            } catch (RejectedExecutionException e) {
                log.atDebug().log("page request ignored: its thread has stopped");
            }
        }

        /** On the renderer's thread. */
        private void make() {
            Reply reply;
            boolean isMade = false;
            try {
                reply = source.get();
                isMade = true;
            } catch (RuntimeException | Error e) {
                // An error that left this method would leave the page unmade for ever.
                log.atWarn().setCause(e).log("admin page failed");
                reply = Reply.refusal(INTERNAL_SERVER_ERROR, "answering failed: " + e);
            }
            tell(reply, isMade);
        }

        private void tell(Reply reply, boolean isMade) {
            try {
                admin.execute(() -> done(reply, isMade));
            } catch (RejectedExecutionException e) {
                log.atDebug().log("page dropped: the admin thread has stopped");
            }
        }

        private void done(Reply reply, boolean isMade) {
            isBeingMade = false;
            long number = ++made;
            var rendering = new Rendering(reply, isMade, () -> made - number >= HELD);
            last = rendering;
            Set<Reader> readers = waiting;
            waiting = waitingForNext;
            waitingForNext = new LinkedHashSet<>();
            if (!waiting.isEmpty()) {
                start();
            }
            readers.forEach(reader -> reader.rendered(rendering));
        }
    }
}
