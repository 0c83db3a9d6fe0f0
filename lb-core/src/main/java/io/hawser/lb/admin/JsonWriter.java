package io.hawser.lb.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes one JSON object into memory; null values are written as null. One thread. */
public final class JsonWriter {
    /* camelCase names; times are ISO 8601 in UTC with milliseconds; durations are seconds and their names say so. */

    private static final JsonFactory FACTORY = new JsonFactory();

    private final JsonGenerator out;

    private JsonWriter(JsonGenerator out) {
        this.out = out;
    }

    /** The object that {@code body} writes, in UTF-8 on one line. */
    public static byte[] bytes(Consumer<JsonWriter> body) {
        var bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator out = FACTORY.createGenerator(bytes)) {
            out.writeStartObject();
            body.accept(new JsonWriter(out));
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing JSON into memory failed", e);
        }
        return bytes.toByteArray();
    }

    /** A string, or null. */
    public JsonWriter text(String name, @Nullable String value) {
        return write(() -> out.writeStringField(name, value));
    }

    /** A constant in lower case with dashes. */
    public JsonWriter text(String name, Enum<?> value) {
        return text(name, word(value));
    }

    /** A time in UTC with milliseconds, or null. */
    public JsonWriter text(String name, @Nullable Instant value) {
        return text(
                name,
                value == null ? null : value.truncatedTo(ChronoUnit.MILLIS).toString());
    }

    /** A whole number. */
    public JsonWriter number(String name, long value) {
        return write(() -> out.writeNumberField(name, value));
    }

    /** A number; JSON has no infinity and no NaN, so they become null. */
    public JsonWriter number(String name, double value) {
        if (!Double.isFinite(value)) {
            return write(() -> out.writeNullField(name));
        }
        return write(() -> out.writeNumberField(name, value));
    }

    /** A duration in seconds, or null. */
    public JsonWriter seconds(String name, @Nullable Duration value) {
        return number(name, value == null ? Double.NaN : value.toNanos() / 1e9);
    }

    /** True, false or null. */
    public JsonWriter flag(String name, @Nullable Boolean value) {
        return value == null ? write(() -> out.writeNullField(name)) : write(() -> out.writeBooleanField(name, value));
    }

    /** A list of strings. */
    public JsonWriter texts(String name, Iterable<String> values) {
        return write(() -> {
            out.writeArrayFieldStart(name);
            for (String value : values) {
                out.writeString(value);
            }
            out.writeEndArray();
        });
    }

    /** An object whose members are strings. */
    public JsonWriter texts(String name, Map<String, String> values) {
        return object(name, inner -> values.forEach(inner::text));
    }

    /** An object that {@code body} fills. */
    public JsonWriter object(String name, Consumer<JsonWriter> body) {
        return write(() -> {
            out.writeObjectFieldStart(name);
            body.accept(this);
            out.writeEndObject();
        });
    }

    /** A list of objects, each filled by {@code body}. */
    public <T> JsonWriter objects(String name, Iterable<T> values, BiConsumer<JsonWriter, T> body) {
        return write(() -> {
            out.writeArrayFieldStart(name);
            for (T value : values) {
                out.writeStartObject();
                body.accept(this, value);
                out.writeEndObject();
            }
            out.writeEndArray();
        });
    }

    /** How a constant is spelled outside: lower case with dashes. */
    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private JsonWriter write(Step step) {
        try {
            step.run();
        } catch (IOException e) {
            throw new UncheckedIOException("writing JSON into memory failed", e);
        }
        return this;
    }

    private interface Step {
        void run() throws IOException;
    }
}
