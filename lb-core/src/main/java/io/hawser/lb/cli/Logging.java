package io.hawser.lb.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;

/**
 * Sets up logging when the first logger is asked for: to standard output, as HAWSER_LOG (plain, json) and
 * HAWSER_LOG_LEVEL (error, warn, info, debug, trace) say. Logback finds this class as a service. Any thread.
 */
public final class Logging extends ContextAwareBase implements Configurator {
    private static final int LINES_WAITING = 8_192;
    private static final Set<String> LEVELS = Set.of("error", "warn", "info", "debug", "trace");

    /** For logback's service loader. */
    public Logging() {}

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        configure(context, System.getenv(), () -> System.out);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Changes how lines look from now on. */
    public static void use(LogFormat format) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context
                && root(context).getAppender("out") instanceof LogAppender appender) {
            appender.format(format);
        }
    }

    /** Writes the lines that wait and ends logging; the last thing before the process exits. At most a second. */
    public static void stop() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.stop();
        }
    }

    static void configure(LoggerContext context, Map<String, String> environment, Supplier<PrintStream> out) {
        String formatName = environment.getOrDefault("HAWSER_LOG", "plain").toLowerCase(Locale.ROOT);
        String levelName = environment.getOrDefault("HAWSER_LOG_LEVEL", "info").toLowerCase(Locale.ROOT);
        var appender = new LogAppender(LogFormat.of(formatName).orElse(LogFormat.PLAIN), out, LINES_WAITING);
        appender.setContext(context);
        appender.start();
        Level own = LEVELS.contains(levelName) ? Level.toLevel(levelName) : Level.INFO;
        Logger root = root(context);
        // Libraries tell more only to those who ask for more.
        root.setLevel(
                own.isGreaterOrEqual(Level.ERROR) ? Level.ERROR : own.equals(Level.TRACE) ? Level.DEBUG : Level.WARN);
        root.addAppender(appender);
        Logger hawser = context.getLogger("io.hawser");
        hawser.setLevel(own);
        Logger self = context.getLogger(Logging.class);
        if (LogFormat.of(formatName).isEmpty()) {
            self.atWarn().addKeyValue("value", formatName).log("HAWSER_LOG is neither plain nor json, using plain");
        }
        if (!LEVELS.contains(levelName)) {
            self.atWarn().addKeyValue("value", levelName).log("HAWSER_LOG_LEVEL is no level, using info");
        }
    }

    private static Logger root(LoggerContext context) {
        return context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }
}
