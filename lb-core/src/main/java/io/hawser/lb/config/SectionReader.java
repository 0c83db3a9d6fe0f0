package io.hawser.lb.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a tree by the table of keys and reports what single values and keys have wrong. One thread. */
final class SectionReader {
    private final Report report;

    SectionReader(Report report) {
        this.report = report;
    }

    /** The whole file. */
    Section file(Tree tree) {
        SourceLocation spot = new SourceLocation(tree.at(), "");
        if (tree instanceof Tree.Mapping mapping) {
            return keys(mapping, "", spot);
        }
        report.problem(spot, "keys such as nodes, listeners and pools are expected; found " + found(tree));
        return new Section(spot);
    }

    private Section keys(Tree.Mapping mapping, String schema, SourceLocation spot) {
        Section section = new Section(spot);
        if (mapping.isPlaceholder()) {
            report.problem(spot, Tree.PLACEHOLDER);
            return section;
        }
        Map<String, Position> seen = new HashMap<>();
        for (Tree.Entry entry : mapping.entries()) {
            if (!(entry.key() instanceof Tree.Scalar name)) {
                report.problem(
                        new SourceLocation(entry.key().at(), spot.path()),
                        "a key is a single word; found " + entry.key().kind());
                continue;
            }
            Position first = seen.putIfAbsent(name.text(), name.at());
            if (first == null) {
                entry(section, schema, name, entry.value());
            } else {
                report.problem(
                        new SourceLocation(name.at(), spot.path()),
                        "duplicate key " + Messages.quote(name.text()) + "; the first is at " + first + ": keep one");
            }
        }
        for (Key<?> key : Keys.of(schema)) {
            if (key.absence() instanceof Key.Absence.Refused && !section.has(key)) {
                report.problem(spot, "\"" + key.name() + "\" is missing: write " + expected(key.form()));
            }
        }
        return section;
    }

    private void entry(Section section, String schema, Tree.Scalar name, Tree value) {
        List<Key<?>> here = Keys.of(schema);
        Key<?> key = named(name.text(), here);
        if (key == null) {
            unknown(section, schema, name);
            return;
        }
        value(section, key, value, section.spot().child(key.name(), value.at()));
    }

    private static @Nullable Key<?> named(@Nullable String name, List<Key<?>> keys) {
        for (Key<?> key : keys) {
            if (key.name().equals(name)) {
                return key;
            }
        }
        return null;
    }

    private void unknown(Section section, String schema, Tree.Scalar name) {
        List<Key<?>> here = Keys.of(schema);
        SourceLocation spot = new SourceLocation(name.at(), section.spot().path());
        if (report.isFull()) {
            report.problem(spot, "unknown key"); // only counted: what is meant is not worth looking for any more
            return;
        }
        int colon = name.text().indexOf(':');
        if (name.text().equals("<<")) {
            report.problem(spot, "merge keys are not read here: write the keys out");
            return;
        }
        int blank = name.text().indexOf(' ');
        int glued = colon > 0 ? colon : blank;
        String meant = glued > 0
                ? name.text().substring(0, glued)
                : Messages.nearest(name.text(), here.stream().map(Key::name).toList());
        Key<?> key = named(meant, here);
        String why = colon > 0
                ? ": put a blank after the colon"
                : blank > 0 && key != null
                        ? ": put a colon after " + Messages.quote(key.name())
                        : advice(name.text(), key, here);
        report.problem(spot, "unknown key " + Messages.quote(name.text()) + why);
        if (key != null && !section.has(key)) {
            // It is there, only misspelt: nothing else is to be said about its absence.
            section.put(key, spot, null, List.of());
        }
    }

    private static String advice(String name, @Nullable Key<?> meant, List<Key<?>> here) {
        if (meant != null) {
            return "; did you mean \"" + meant.name() + "\"?";
        }
        List<String> elsewhere = Keys.all().stream()
                .filter(key -> key.name().equals(name))
                .map(key -> key.parent().isEmpty() ? "the top of the file" : key.parent())
                .toList();
        if (!elsewhere.isEmpty()) {
            return " here; it belongs in " + Messages.or(elsewhere);
        }
        return "; the keys here are "
                + String.join(", ", here.stream().map(Key::name).toList());
    }

    private void value(Section section, Key<?> key, Tree tree, SourceLocation spot) {
        List<Section.Located<?>> items = new ArrayList<>();
        Object value = switch (key.form()) {
            case ValueShape.One<?> one -> scalar(one.type(), tree, spot);
            case ValueShape.Many<?> many -> values(many, tree, spot, items);
            case ValueShape.Nested<?> nested -> nested(nested.shorthand(), tree, key.inside(), spot);
            case ValueShape.NestedList<?> list -> sections(list, tree, key.inside(), spot);
        };
        section.put(key, spot, value, items);
    }

    private <T> @Nullable T scalar(Type<T> type, Tree tree, SourceLocation spot) {
        if (!(tree instanceof Tree.Scalar scalar) || scalar.isNull()) {
            String brackets = SyntaxError.bracketedAddress(report.line(tree.at()));
            report.problem(
                    spot,
                    brackets != null && !(tree instanceof Tree.Scalar)
                            ? "an address in brackets needs quotes: write \"" + brackets + "\""
                            : type.expected() + " is expected; found " + found(tree));
            return null;
        }
        return type.parse(scalar.text()).orTell(message -> report.problem(spot, message));
    }

    private <E> @Nullable List<E> values(
            ValueShape.Many<E> many, Tree tree, SourceLocation spot, List<Section.Located<?>> items) {
        if (many.isBareAllowed() && tree instanceof Tree.Scalar) {
            E value = scalar(many.type(), tree, spot);
            if (value == null) {
                return null;
            }
            items.add(new Section.Located<>(value, spot));
            return List.of(value);
        }
        if (!(tree instanceof Tree.Sequence list)) {
            report.problem(spot, "a list is expected, each item " + many.type().expected() + "; found " + found(tree));
            return null;
        }
        if (list.items().isEmpty() && !many.isEmptyAllowed()) {
            report.problem(spot, "the list is empty: write " + many.type().expected());
        }
        List<E> values = new ArrayList<>();
        for (int i = 0; i < list.items().size(); i++) {
            Tree item = list.items().get(i);
            SourceLocation where = spot.item(i, item.at());
            E value = scalar(many.type(), item, where);
            if (value != null) {
                values.add(value);
                items.add(new Section.Located<>(value, where));
            }
        }
        return values;
    }

    private @Nullable List<Section> sections(
            ValueShape.NestedList<?> form, Tree tree, String schema, SourceLocation spot) {
        List<Section> sections = new ArrayList<>();
        if (!(tree instanceof Tree.Sequence list)) {
            report.problem(spot, "a list is expected, each item with a dash; found " + found(tree));
            return null;
        }
        if (list.items().isEmpty()) {
            report.problem(spot, "the list is empty: write " + expected(form));
        }
        for (int i = 0; i < list.items().size(); i++) {
            Tree item = list.items().get(i);
            sections.add(nested(form.shorthand(), item, schema, spot.item(i, item.at())));
        }
        return sections;
    }

    private Section nested(@Nullable Type<?> shorthand, Tree tree, String schema, SourceLocation spot) {
        if (tree instanceof Tree.Mapping mapping) {
            return keys(mapping, schema, spot);
        }
        Section section = new Section(spot);
        if (shorthand != null && tree instanceof Tree.Scalar scalar && !scalar.isNull()) {
            Object value = scalar(shorthand, tree, spot);
            if (value != null) {
                section.putShorthand(value);
            }
            return section;
        }
        String names =
                Messages.or(Keys.of(schema).stream().map(Key::name).limit(4).toList());
        String bare = shorthand == null ? "" : shorthand.expected() + ", or ";
        report.problem(spot, bare + "keys such as " + names + " are expected; found " + found(tree));
        return section;
    }

    private static String expected(ValueShape<?> form) {
        return switch (form) {
            case ValueShape.One<?> one -> one.type().expected();
            case ValueShape.Many<?> many -> many.type().expected() + ", in a list";
            case ValueShape.Nested<?> _ -> "its keys";
            case ValueShape.NestedList<?> _ -> "a list with at least one item";
        };
    }

    private static String found(Tree tree) {
        boolean isGlued = tree instanceof Tree.Scalar scalar
                && scalar.isPlain()
                && !scalar.text().isEmpty()
                && Character.isLetter(scalar.text().charAt(0))
                && scalar.text().indexOf(':') > 0;
        return isGlued ? tree.kind() + " (a key needs a blank after its colon)" : tree.kind();
    }
}
