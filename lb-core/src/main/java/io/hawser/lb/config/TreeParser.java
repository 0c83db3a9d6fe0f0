package io.hawser.lb.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;

/** Reads one YAML document into a tree. One thread, one use. */
final class TreeParser {
    /*
     * The tree is built from parser events rather than with snakeyaml's composer: events keep the text of a scalar as written
     * (the composer's resolver would run a dozen regular expressions over each to guess a type that is not wanted), the place
     * of each alias, and let the limits below name the place where they are exceeded.
     */
    private static final int MOST_DEPTH = 32;
    private static final int MOST_NODES = 100_000;

    private final Report report;
    private final ParserImpl parser;
    private final Map<String, Anchor> anchors = new HashMap<>();
    private final Set<String> open = new HashSet<>();
    private int nodes;
    private Position last = Position.START;

    private record Anchor(Tree tree, int size) {}

    private TreeParser(SourceText source, Report report) {
        this.report = report;
        this.parser = new ParserImpl(new StreamReader(source.text()), new LoaderOptions());
    }

    /** The document's tree; null: there is none, and the report says why. */
    static @Nullable Tree parse(SourceText source, Report report) {
        Position foreign = firstUnprintable(source);
        if (foreign != null) {
            report.problem(new SourceLocation(foreign, ""), "a control character: remove it");
            return null;
        }
        TreeParser parser = new TreeParser(source, report);
        try {
            return parser.document();
        } catch (Unreadable e) {
            report.problem(new SourceLocation(e.at, ""), e.reason);
        } catch (MarkedYAMLException e) {
            SyntaxError error = SyntaxError.of(e, source);
            report.problem(new SourceLocation(error.at(), ""), "not YAML: " + error.message());
        } catch (YAMLException | IllegalArgumentException | IndexOutOfBoundsException e) {
            // snakeyaml fails like this on a few odd escapes, "\Uffffffff" for one.
            report.problem(new SourceLocation(parser.last, ""), "not YAML: the text after this cannot be read");
        }
        return null;
    }

    private static @Nullable Position firstUnprintable(SourceText source) {
        for (int number = 1; number <= source.lineCount(); number++) {
            int[] line = source.line(number).codePoints().toArray();
            for (int i = 0; i < line.length; i++) {
                if (!StreamReader.isPrintable(line[i])) {
                    return new Position(number, i + 1);
                }
            }
        }
        return null;
    }

    private @Nullable Tree document() throws Unreadable {
        next(); // the stream's start
        Event event = next();
        if (event.is(Event.ID.StreamEnd)) {
            throw new Unreadable(Position.START, "the file is empty: write at least nodes, listeners and pools");
        }
        if (event instanceof DocumentStartEvent start
                && start.getTags() != null
                && !start.getTags().isEmpty()) {
            // Each tag would be written out with what the directive stands for.
            throw new Unreadable(at(event), "the directive TAG has no meaning here: remove its line");
        }
        Tree tree = tree(next(), 1);
        next(); // the document's end
        Event after = next();
        if (!after.is(Event.ID.StreamEnd)) {
            throw new Unreadable(at(after), "a second document starts here: keep one, and remove this ---");
        }
        return tree;
    }

    private Event next() {
        Event event = parser.getEvent();
        last = at(event);
        return event;
    }

    private static Position at(Event event) {
        return at(event.getStartMark());
    }

    static Position at(Mark mark) {
        return new Position(mark.getLine() + 1, mark.getColumn() + 1);
    }

    private Tree tree(Event event, int depth) throws Unreadable {
        count(1, event);
        if (depth > MOST_DEPTH) {
            throw new Unreadable(at(event), "nested more than " + MOST_DEPTH + " deep: no key is");
        }
        if (event instanceof AliasEvent alias) {
            return alias(alias);
        }
        String anchor = ((NodeEvent) event).getAnchor();
        if (anchor == null) {
            return content(event, depth);
        }
        int before = nodes;
        open.add(anchor);
        Tree tree = content(event, depth);
        open.remove(anchor);
        anchors.put(anchor, new Anchor(tree, nodes - before + 1));
        return tree;
    }

    private void count(int more, Event event) throws Unreadable {
        nodes += more;
        if (nodes > MOST_NODES) {
            throw new Unreadable(
                    at(event), "more than " + MOST_NODES + " values with every alias written out: write fewer");
        }
    }

    private Tree alias(AliasEvent event) throws Unreadable {
        String name = event.getAnchor();
        if (open.contains(name)) {
            throw new Unreadable(
                    at(event), "the alias " + Messages.quote("*" + name) + " stands inside its own anchor");
        }
        Anchor anchor = anchors.get(name);
        if (anchor == null) {
            throw new Unreadable(
                    at(event),
                    Messages.quote("*" + name)
                            + " is an alias without an anchor: put text that starts with * in quotes");
        }
        count(anchor.size(), event);
        return anchor.tree();
    }

    private Tree content(Event event, int depth) throws Unreadable {
        String tag = event instanceof ScalarEvent scalar
                ? scalar.getTag()
                : event instanceof CollectionStartEvent collection ? collection.getTag() : null;
        if (tag != null) {
            report.problem(
                    new SourceLocation(at(event), ""),
                    "the tag " + Messages.cut(tag.replace("tag:yaml.org,2002:", "!!"))
                            + " has no meaning here: remove it");
        }
        if (event instanceof ScalarEvent scalar) {
            return new Tree.Scalar(at(event), scalar.getValue(), scalar.isPlain());
        }
        return event instanceof SequenceStartEvent ? sequence(at(event), depth) : mapping(at(event), depth);
    }

    private Tree sequence(Position at, int depth) throws Unreadable {
        List<Tree> items = new ArrayList<>();
        for (Event event = next(); !event.is(Event.ID.SequenceEnd); event = next()) {
            items.add(tree(event, depth + 1));
        }
        return new Tree.Sequence(at, items);
    }

    private Tree mapping(Position at, int depth) throws Unreadable {
        List<Tree.Entry> entries = new ArrayList<>();
        for (Event event = next(); !event.is(Event.ID.MappingEnd); event = next()) {
            Tree key = tree(event, depth + 1);
            entries.add(new Tree.Entry(key, tree(next(), depth + 1)));
        }
        return new Tree.Mapping(at, entries);
    }

    /** Ends the reading; never leaves this class. */
    private static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;

        private final transient Position at;
        private final String reason;

        Unreadable(Position at, String reason) {
            super(reason, null, false, false);
            this.at = at;
            this.reason = reason;
        }
    }
}
