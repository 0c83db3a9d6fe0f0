package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class LoggingTest {
    private static final String TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final LoggerContext context = new LoggerContext();

    private Logger logger(Map<String, String> environment) {
        var stream = new PrintStream(out, false, UTF_8);
        Logging.configure(context, environment, () -> stream);
        return context.getLogger("io.hawser.lb.proxy.Listener");
    }

    /** What was written, after all that waited was. */
    private List<String> lines() {
        context.stop();
        return out.toString(UTF_8).lines().toList();
    }

    @Test
    void aPlainLineIsTimeLevelPartMessageAndPairs() {
        logger(Map.of())
                .atInfo()
                .addKeyValue("vrid", 51)
                .addKeyValue("cause", "adverts stopped")
                .log("state changed");
        String line = lines().getFirst();
        assertTrue(line.matches(TIME + " INFO  proxy: state changed vrid=51 cause=\"adverts stopped\""), line);
    }

    @Test
    void foreignTextStaysOnItsLine() {
        logger(Map.of()).atWarn().addKeyValue("said", "a\"b\nc=\u001b[31m").log("x\r\nERROR forged");
        List<String> lines = lines();
        assertEquals(1, lines.size());
        assertTrue(lines.getFirst().endsWith("x\\r\\nERROR forged said=\"a\\\"b\\nc=\\u001b[31m\""), lines.getFirst());
    }

    @Test
    void aStackTraceIsIndented() {
        logger(Map.of()).atError().setCause(new IOException("no\nroute")).log("failed");
        List<String> lines = lines();
        assertTrue(lines.get(1).startsWith("\tjava.io.IOException: no"), lines.toString());
        assertTrue(lines.stream().skip(1).allMatch(line -> line.startsWith("\t")), lines.toString());
    }

    @Test
    void aJsonLineKeepsTypesAndItsOwnNames() {
        logger(Map.of("HAWSER_LOG", "json"))
                .atInfo()
                .addKeyValue("vrid", 51)
                .addKeyValue("fit", true)
                .addKeyValue("late", 0.5)
                .addKeyValue("message", "mine")
                .log("state changed");
        String line = lines().getFirst();
        assertTrue(
                line.matches("\\{\"time\":\"" + TIME + "\",\"level\":\"INFO\",\"part\":\"proxy\",\"thread\":\"[^\"]+\","
                        + "\"message\":\"state changed\",\"vrid\":51,\"fit\":true,\"late\":0.5,\"message_\":\"mine\"}"),
                line);
    }

    @Test
    void theLevelHoldsForUsAndLibrariesSayLess() {
        Logger ours = logger(Map.of("HAWSER_LOG_LEVEL", "debug"));
        Logger theirs = context.getLogger("io.netty.channel.X");
        assertTrue(ours.isDebugEnabled());
        assertFalse(ours.isTraceEnabled());
        assertFalse(theirs.isInfoEnabled());
        assertTrue(theirs.isWarnEnabled());
        context.stop();
    }

    @Test
    void aWrongSettingIsSaidAndTheDefaultUsed() {
        Logger ours = logger(Map.of("HAWSER_LOG_LEVEL", "loud", "HAWSER_LOG", "xml"));
        assertTrue(ours.isInfoEnabled());
        assertFalse(ours.isDebugEnabled());
        String said = String.join("\n", lines());
        assertTrue(said.contains("HAWSER_LOG is neither plain nor json, using plain value=xml"), said);
        assertTrue(said.contains("HAWSER_LOG_LEVEL is no level, using info value=loud"), said);
    }

    @Test
    void everyLineIsWrittenBeforeStopReturns() {
        Logger logger = logger(Map.of());
        for (int i = 0; i < 5_000; i++) {
            logger.info("line");
        }
        assertEquals(5_000, lines().size());
    }

    @Test
    void aStalledReaderStallsNobodyAndTheLossIsSaid() throws InterruptedException {
        var stalled = new CountDownLatch(1);
        var stream = new PrintStream(
                new OutputStream() {
                    @Override
                    public void write(int b) {
                        throw new IllegalStateException("one byte at a time");
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        try {
                            stalled.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        out.write(bytes, offset, length);
                    }
                },
                false,
                UTF_8);
        var appender = new LogAppender(LogFormat.PLAIN, () -> stream, 10);
        appender.setContext(context);
        appender.start();
        var logger = context.getLogger("io.hawser.vrrp.Loop");
        logger.addAppender(appender);
        logger.setAdditive(false);
        for (int i = 0; i < 1_000; i++) {
            logger.info("line {}", i);
        }
        stalled.countDown();
        appender.stop();
        List<String> lines = out.toString(UTF_8).lines().toList();
        List<String> notices = lines.stream()
                .filter(line -> line.contains("log lines dropped"))
                .toList();
        assertTrue(lines.getLast().contains("log lines dropped"), lines.toString());
        int lost = notices.stream()
                .mapToInt(notice -> Integer.parseInt(notice.substring(notice.indexOf("count=") + 6)))
                .sum();
        assertEquals(1_000, lost + lines.size() - notices.size(), lines.toString());
    }

    @Test
    void theFormatCanChangeLater() {
        Logger logger = logger(Map.of());
        logger.info("plain");
        ((LogAppender) context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("out")).format(LogFormat.JSON);
        logger.info("json");
        List<String> lines = lines();
        assertTrue(lines.get(0).endsWith("proxy: plain"));
        assertTrue(lines.get(1).startsWith("{\"time\""));
    }

    @Test
    void logbackFindsUs() {
        assertInstanceOf(
                Logging.class,
                ServiceLoader.load(Configurator.class).findFirst().orElseThrow());
    }
}
