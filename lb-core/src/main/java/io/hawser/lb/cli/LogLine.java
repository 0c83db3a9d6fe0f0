package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import io.hawser.lb.admin.JsonWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import org.slf4j.event.KeyValuePair;

/** A logging event as one line of bytes. Any thread. */
final class LogLine {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final Set<String> OWN_NAMES = Set.of("time", "level", "part", "thread", "message", "error");

    private LogLine() {}

    static byte[] of(LogFormat format, ILoggingEvent event) {
        return switch (format) {
            case PLAIN -> plain(event).getBytes(UTF_8);
            case JSON -> json(event);
        };
    }

    private static String plain(ILoggingEvent event) {
        var line = new StringBuilder(200);
        TIME.formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
        line.append(' ').append(event.getLevel());
        line.append(" ".repeat(Math.max(1, 6 - event.getLevel().levelStr.length())));
        line.append(part(event.getLoggerName())).append(": ");
        appendEscaped(line, String.valueOf(event.getFormattedMessage()));
        for (KeyValuePair pair : pairs(event)) {
            line.append(' ').append(pair.key).append('=');
            appendValue(line, String.valueOf(pair.value));
        }
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown != null) {
            // Indented, so that a line that starts with a time is always a fact of its own.
            String trace = ThrowableProxyUtil.asString(thrown).strip();
            line.append("\n\t").append(trace.replace("\n", "\n\t"));
        }
        return line.append('\n').toString();
    }

    private static byte[] json(ILoggingEvent event) {
        byte[] object = JsonWriter.bytes(json -> {
            json.text("time", TIME.format(Instant.ofEpochMilli(event.getTimeStamp())))
                    .text("level", event.getLevel().levelStr)
                    .text("part", part(event.getLoggerName()))
                    .text("thread", event.getThreadName())
                    .text("message", event.getFormattedMessage());
            for (KeyValuePair pair : pairs(event)) {
                append(json, OWN_NAMES.contains(pair.key) ? pair.key + "_" : pair.key, pair.value);
            }
            IThrowableProxy thrown = event.getThrowableProxy();
            if (thrown != null) {
                json.text("error", ThrowableProxyUtil.asString(thrown).strip());
            }
        });
        byte[] line = java.util.Arrays.copyOf(object, object.length + 1);
        line[object.length] = '\n';
        return line;
    }

    private static void append(JsonWriter json, String key, Object value) {
        if (value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte) {
            json.number(key, ((Number) value).longValue());
        } else if (value instanceof Boolean flag) {
            json.flag(key, flag);
        } else if (value instanceof Number number) {
            json.number(key, number.doubleValue());
        } else {
            json.text(key, String.valueOf(value));
        }
    }

    private static List<KeyValuePair> pairs(ILoggingEvent event) {
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        return pairs == null ? List.of() : pairs;
    }

    /** The part of the product that speaks: the package of our own classes, the class of others. */
    private static String part(String logger) {
        int last = logger.lastIndexOf('.');
        if (!logger.startsWith("io.hawser.") || last < 0) {
            return logger.substring(last + 1);
        }
        return logger.substring(logger.lastIndexOf('.', last - 1) + 1, last);
    }

    private static void appendValue(StringBuilder line, String value) {
        if (!value.isEmpty() && value.chars().allMatch(LogLine::needsNoQuotes)) {
            line.append(value);
            return;
        }
        line.append('"');
        appendEscaped(line, value.replace("\\", "\\\\").replace("\"", "\\\""));
        line.append('"');
    }

    private static boolean needsNoQuotes(int c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
    }

    /** Appends text so that it stays on its line: it may come from another machine. */
    private static void appendEscaped(StringBuilder line, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                default -> {
                    if (Character.isISOControl(c)) {
                        line.append(String.format("\\u%04x", (int) c));
                    } else {
                        line.append(c);
                    }
                }
            }
        }
    }
}
