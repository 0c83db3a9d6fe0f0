package io.hawser.lb.admin;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What nodes tell each other of their configurations, so that they find out where their files differ: what of each
 * section must be alike, a bounded part of it in words, and a hash of all of it. Never passwords, tokens or keys.
 * Immutable.
 *
 * @param form what is in it and how it is written; those of two forms cannot be compared
 * @param sections in the order of the file
 */
public record ConfigDigest(int form, List<Section> sections) {
    /** The form of this version. To be counted up when anything is added to a section, or written another way. */
    public static final int FORM = 1;

    /** So many characters of each section are told in words; the rest is in the hash only. */
    static final int MOST_OF_SECTION = 2_000;

    /** Longest name of a value, and longest value. */
    static final int MOST_TEXT = 200;

    /** So many differences of a section are named. */
    static final int MOST_NAMED = 3;

    private static final int MOST_SECTIONS = 16;
    private static final int MOST_VALUES = 500;
    private static final String ABSENT = "missing";

    /**
     * A section.
     *
     * @param name its key in the file
     * @param hash of all values
     * @param values by what they belong to, in the order of the file; what had no room is left out
     * @param isWhole whether none is left out
     */
    public record Section(String name, String hash, Map<String, String> values, boolean isWhole) {
        /** Copies {@code values}. */
        public Section {
            requireNonNull(name, "name");
            requireNonNull(hash, "hash");
            values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        }

        /** The section that has these values; those that are too many or too long are only in the hash. */
        public static Section of(String name, Map<String, String> all) {
            Map<String, String> told = new LinkedHashMap<>();
            int room = MOST_OF_SECTION;
            for (Map.Entry<String, String> each : all.entrySet()) {
                room -= each.getKey().length() + each.getValue().length();
                boolean isShort =
                        each.getKey().length() <= MOST_TEXT && each.getValue().length() <= MOST_TEXT;
                if (room >= 0 && isShort) {
                    told.put(each.getKey(), each.getValue());
                }
            }
            return new Section(name, fingerprint(all), told, told.size() == all.size());
        }
    }

    /** Copies the list. */
    public ConfigDigest {
        sections = List.copyOf(sections);
    }

    private static String fingerprint(Map<String, String> values) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            values.forEach((what, value) -> {
                sha.update((what + "\0" + value + "\0").getBytes(StandardCharsets.UTF_8));
            });
            return HexFormat.of().formatHex(sha.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * In what another node's configuration differs from this one, by section, in words with both values; empty when it
     * does not, or when its form is another one.
     *
     * @param there the other node's name
     */
    public Map<String, String> differences(ConfigDigest other, String there) {
        Map<String, String> found = new LinkedHashMap<>();
        if (form != other.form) {
            return found;
        }
        for (Section own : sections) {
            Section theirs = other.section(own.name);
            if (theirs != null && !theirs.hash.equals(own.hash)) {
                found.put(own.name, words(own, theirs, there));
            }
        }
        return found;
    }

    private @Nullable Section section(String name) {
        for (Section each : sections) {
            if (each.name.equals(name)) {
                return each;
            }
        }
        return null;
    }

    private static String words(Section own, Section theirs, String there) {
        List<String> named = new ArrayList<>();
        own.values.forEach((what, value) -> {
            String other = theirs.values.getOrDefault(what, theirs.isWhole ? ABSENT : value);
            if (!other.equals(value)) {
                named.add(what + " is " + value + " here and " + other + " on " + there);
            }
        });
        theirs.values.forEach((what, value) -> {
            if (own.isWhole && !own.values.containsKey(what)) {
                named.add(what + " is " + ABSENT + " here and " + value + " on " + there);
            }
        });
        if (named.isEmpty()) {
            return "its " + own.name + " differ in values too long to list (" + own.hash + " here and " + theirs.hash
                    + " on " + there + "), or in their order";
        }
        int more = named.size() - MOST_NAMED;
        return String.join("; ", named.subList(0, Math.min(named.size(), MOST_NAMED)))
                + (more > 0 ? "; and " + more + " more" : "");
    }

    void write(JsonWriter out) {
        out.number("form", form)
                .objects(
                        "sections",
                        sections,
                        (json, section) -> json.text("name", section.name)
                                .text("hash", section.hash)
                                .flag("whole", section.isWhole)
                                .objects(
                                        "values",
                                        section.values.entrySet(),
                                        (inner, value) ->
                                                inner.text("of", value.getKey()).text("is", value.getValue())));
    }

    static ConfigDigest read(Fields fields) {
        return new ConfigDigest(
                (int) fields.number("form", 0, Integer.MAX_VALUE),
                fields.objects("sections", MOST_SECTIONS).stream()
                        .map(ConfigDigest::section)
                        .toList());
    }

    private static Section section(Fields fields) {
        Map<String, String> values = new LinkedHashMap<>();
        fields.objects("values", MOST_VALUES)
                .forEach(value -> values.put(value.text("of", MOST_TEXT), value.text("is", MOST_TEXT)));
        return new Section(
                fields.text("name", MOST_TEXT), fields.text("hash", MOST_TEXT), values, fields.flag("whole"));
    }
}
