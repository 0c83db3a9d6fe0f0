package io.hawser.lb.admin;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads named fields of a foreign JSON object; notes what is wrong and gives a harmless value in its place. One thread. */
final class Fields {
    private final Map<?, ?> object;
    private final String path;
    private final List<String> problems;

    private Fields(Map<?, ?> object, String path, List<String> problems) {
        this.object = object;
        this.path = path;
        this.problems = problems;
    }

    /** The fields of {@code object}; problems are added to {@code problems}. */
    static Fields of(Map<String, @Nullable Object> object, List<String> problems) {
        return new Fields(object, "", problems);
    }

    String text(String name) {
        return object.get(name) instanceof String text ? text : wrong(name, "a string", "");
    }

    String text(String name, int max) {
        String text = text(name);
        return text.length() <= max ? text : wrong(name, "at most " + max + " characters", "");
    }

    @Nullable
    String optionalText(String name) {
        Object value = object.get(name);
        return (value == null || value instanceof String) ? (String) value : wrong(name, "a string or null", "");
    }

    long number(String name, long min, long max) {
        return object.get(name) instanceof Long number && number >= min && number <= max
                ? number
                : wrong(name, "a whole number from " + min + " to " + max, min);
    }

    double fraction(String name) {
        return object.get(name) instanceof Number number ? number.doubleValue() : wrong(name, "a number", 0.0);
    }

    @Nullable
    Duration optionalSeconds(String name) {
        Object value = object.get(name);
        if (value == null) {
            return null;
        }
        // A hundred years: beyond it nanoseconds overflow.
        if (value instanceof Number number && Math.abs(number.doubleValue()) < 3e9) {
            return Duration.ofNanos(Math.round(number.doubleValue() * 1e9));
        }
        return wrong(name, "seconds or null", Duration.ZERO);
    }

    boolean flag(String name) {
        return object.get(name) instanceof Boolean flag ? flag : wrong(name, "true or false", false);
    }

    @Nullable
    Boolean optionalFlag(String name) {
        Object value = object.get(name);
        return (value == null || value instanceof Boolean)
                ? (Boolean) value
                : wrong(name, "true, false or null", false);
    }

    Instant instant(String name) {
        if (object.get(name) instanceof String text) {
            try {
                return Instant.parse(text);
            } catch (DateTimeException e) {
                return wrong(name, "a time such as 2026-01-31T12:00:00Z", Instant.EPOCH);
            }
        }
        return wrong(name, "a time such as 2026-01-31T12:00:00Z", Instant.EPOCH);
    }

    <E extends Enum<E>> E word(String name, E[] known) {
        for (E candidate : known) {
            if (JsonWriter.word(candidate).equals(object.get(name))) {
                return candidate;
            }
        }
        return wrong(name, "a known word", known[0]);
    }

    List<String> texts(String name, int max) {
        List<String> found = new ArrayList<>();
        for (Object element : list(name, max)) {
            found.add(element instanceof String text ? text : wrong(name, "strings only", ""));
        }
        return found;
    }

    Map<String, String> textMap(String name) {
        if (!(object.get(name) instanceof Map<?, ?> map)) {
            return wrong(name, "an object", Map.of());
        }
        Map<String, String> found = new LinkedHashMap<>();
        map.forEach((key, value) ->
                found.put(String.valueOf(key), value instanceof String text ? text : wrong(name, "strings only", "")));
        return found;
    }

    List<Fields> objects(String name, int max) {
        List<Fields> found = new ArrayList<>();
        for (Object element : list(name, max)) {
            String inner = path + name + "[" + found.size() + "].";
            Map<?, ?> map = element instanceof Map<?, ?> fields ? fields : wrong(name, "objects only", Map.of());
            found.add(new Fields(map, inner, problems));
        }
        return found;
    }

    Fields inner(String name) {
        Map<?, ?> map = object.get(name) instanceof Map<?, ?> fields ? fields : wrong(name, "an object", Map.of());
        return new Fields(map, path + name + ".", problems);
    }

    /** What {@code read} makes of an object that may be missing; null when it is, or when anything in it is wrong. */
    <T> @Nullable T optional(String name, Function<Fields, T> read) {
        if (!(object.get(name) instanceof Map<?, ?> map)) {
            return null;
        }
        List<String> own = new ArrayList<>();
        T found = read.apply(new Fields(map, path + name + ".", own));
        return own.isEmpty() ? found : null;
    }

    private List<?> list(String name, int max) {
        return object.get(name) instanceof List<?> list && list.size() <= max
                ? list
                : wrong(name, "a list of at most " + max, List.of());
    }

    private <T> T wrong(String name, String wanted, T harmless) {
        // A document of thousands of wrong elements must not make thousands of messages.
        if (problems.size() < 8) {
            problems.add(path + name + ": wanted " + wanted);
        }
        return harmless;
    }
}
