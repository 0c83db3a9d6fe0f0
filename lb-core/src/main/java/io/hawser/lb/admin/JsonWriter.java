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
final class JsonWriter {
    /* camelCase names; times are ISO 8601 in UTC with milliseconds; durations are seconds and their names say so. */

    private static final JsonFactory FACTORY = new JsonFactory();

    private final JsonGenerator out;

    private JsonWriter(JsonGenerator out) {
        this.out = out;
    }

    /** The object that {@code body} writes, in UTF-8 on one line. */
    static byte[] bytes(Consumer<JsonWriter> body) {
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

    JsonWriter text(String name, @Nullable String value) {
        return write(() -> out.writeStringField(name, value));
    }

    JsonWriter text(String name, Enum<?> value) {
        return text(name, word(value));
    }

    JsonWriter text(String name, @Nullable Instant value) {
        return text(
                name,
                value == null ? null : value.truncatedTo(ChronoUnit.MILLIS).toString());
    }

    JsonWriter number(String name, long value) {
        return write(() -> out.writeNumberField(name, value));
    }

    /** A number; JSON has no infinity and no NaN, so they become null. */
    JsonWriter number(String name, double value) {
        if (!Double.isFinite(value)) {
            return write(() -> out.writeNullField(name));
        }
        return write(() -> out.writeNumberField(name, value));
    }

    JsonWriter seconds(String name, @Nullable Duration value) {
        return number(name, value == null ? Double.NaN : value.toNanos() / 1e9);
    }

    JsonWriter flag(String name, @Nullable Boolean value) {
        return value == null ? write(() -> out.writeNullField(name)) : write(() -> out.writeBooleanField(name, value));
    }

    JsonWriter texts(String name, Iterable<String> values) {
        return write(() -> {
            out.writeArrayFieldStart(name);
            for (String value : values) {
                out.writeString(value);
            }
            out.writeEndArray();
        });
    }

    JsonWriter texts(String name, Map<String, String> values) {
        return object(name, inner -> values.forEach(inner::text));
    }

    JsonWriter object(String name, Consumer<JsonWriter> body) {
        return write(() -> {
            out.writeObjectFieldStart(name);
            body.accept(this);
            out.writeEndObject();
        });
    }

    <T> JsonWriter objects(String name, Iterable<T> values, BiConsumer<JsonWriter, T> body) {
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
