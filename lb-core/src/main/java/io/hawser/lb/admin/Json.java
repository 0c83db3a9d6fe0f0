package io.hawser.lb.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a foreign JSON object into maps, lists, strings, longs, doubles and booleans; never throws on its bytes. */
final class Json {
    /** What became of the bytes. */
    sealed interface Parsed {
        /** An object, with its members in order. */
        record Ok(Map<String, @Nullable Object> object) implements Parsed {}

        /** Not usable; {@code detail} says where and why. */
        record Bad(Unreadable reason, String detail) implements Parsed {}
    }

    private final int maxBytes;
    private final JsonFactory factory;

    /**
     * A reader with limits. Immutable, any thread.
     *
     * @param maxBytes longest document
     * @param maxText longest string
     */
    Json(int maxBytes, int maxText) {
        this.maxBytes = maxBytes;
        factory = new JsonFactoryBuilder()
                // Names come from others: they must not collect in a table that outlives the document.
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(12)
                        .maxStringLength(maxText)
                        .maxNameLength(200)
                        .maxNumberLength(40)
                        .build())
                .build();
    }

    /** The object in {@code bytes}, with nothing before or after it. */
    Parsed parse(byte[] bytes) {
        if (bytes.length > maxBytes) {
            return new Parsed.Bad(Unreadable.TOO_LARGE, bytes.length + " bytes, at most " + maxBytes);
        }
        try (JsonParser in = factory.createParser(bytes)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                return new Parsed.Bad(Unreadable.NOT_JSON, "no object at the start");
            }
            Map<String, @Nullable Object> object = object(in);
            if (in.nextToken() != null) {
                return new Parsed.Bad(Unreadable.NOT_JSON, "more after the object");
            }
            return new Parsed.Ok(object);
        } catch (IOException e) {
            return new Parsed.Bad(Unreadable.NOT_JSON, firstLine(e));
        }
    }

    private static Map<String, @Nullable Object> object(JsonParser in) throws IOException {
        Map<String, @Nullable Object> found = new LinkedHashMap<>();
        for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
            in.nextToken();
            found.put(name, value(in));
        }
        return found;
    }

    private static @Nullable Object value(JsonParser in) throws IOException {
        JsonToken token = in.currentToken();
        if (token == null) {
            return null;
        }
        return switch (token) {
            case START_OBJECT -> object(in);
            case START_ARRAY -> list(in);
            case VALUE_STRING -> in.getText();
            case VALUE_NUMBER_INT ->
                in.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        ? (Object) in.getDoubleValue()
                        : (Object) in.getLongValue();
            case VALUE_NUMBER_FLOAT -> in.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    private static List<@Nullable Object> list(JsonParser in) throws IOException {
        List<@Nullable Object> found = new ArrayList<>();
        while (true) {
            JsonToken token = in.nextToken();
            if (token == JsonToken.END_ARRAY || token == null) {
                return found;
            }
            found.add(value(in));
        }
    }

    private static String firstLine(IOException e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        String line = end < 0 ? message : message.substring(0, end);
        return line.length() <= 200 ? line : line.substring(0, 199) + "…";
    }
}
