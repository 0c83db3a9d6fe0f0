package io.hawser.lb.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** A terminal that shows one page, drawn anew a few times a second with plain ANSI sequences. Its own thread draws. */
final class Screen implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(250);
    private static final String OPEN = "\u001b[?1049h\u001b[?25l"; // second screen, no cursor
    private static final String CLOSE = "\u001b[?25h\u001b[?1049l";
    private static final String HOME = "\u001b[H";
    private static final String END_OF_LINE = "\u001b[K\r\n";
    private static final String END_OF_PAGE = "\u001b[J";

    static final String BOLD = "\u001b[1m";
    static final String DIM = "\u001b[2m";
    static final String RED = "\u001b[31m";
    static final String GREEN = "\u001b[32m";
    static final String PLAIN = "\u001b[0m";

    private final PrintStream out;
    private final Supplier<String> page;
    private final Thread thread;
    private volatile boolean isClosed;

    private Screen(PrintStream out, Supplier<String> page) {
        this.out = out;
        this.page = page;
        this.thread = Thread.ofPlatform().name("screen").daemon().unstarted(this::draw);
    }

    /** Whether standard output is a terminal that understands the sequences; System.console() would ask about the input as well. */
    static boolean isPossible() {
        String terminal = System.getenv("TERM");
        if (terminal == null || terminal.equals("dumb")) {
            return false;
        }
        try {
            return Tool.builder(List.of("/bin/sh", "-c", "test -t 1"))
                            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    static Screen open(PrintStream out, Supplier<String> page) {
        Screen screen = new Screen(out, page);
        out.print(OPEN);
        screen.thread.start();
        return screen;
    }

    private void draw() {
        while (!isClosed) {
            String text = page.get();
            synchronized (out) {
                if (!isClosed) {
                    out.print(HOME + text.replace("\n", END_OF_LINE) + END_OF_PAGE);
                    out.flush();
                }
            }
            TestBed.pause(INTERVAL);
        }
    }

    /** Gives the terminal back as it was; may be called twice. */
    @Override
    public void close() {
        synchronized (out) {
            if (!isClosed) {
                isClosed = true;
                out.print(CLOSE);
                out.flush();
            }
        }
    }
}
