package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.config.Finding.Problem;
import io.hawser.sysctl.files.FileReads;
import io.hawser.sysctl.files.UnreadableFileException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads configuration files. Stateless, any thread; blocks on the file and, for members given by name, on the resolver. */
public final class ConfigLoader {
    /** A larger file is refused. */
    public static final int MOST_BYTES = FileReads.MOST_BYTES;

    private ConfigLoader() {}

    /**
     * Reads a file completely; no input makes it throw.
     *
     * @param file named in the findings as it is here; file names in it are relative to its directory
     * @param environment the host that the configuration is for
     */
    public static Loaded load(Path file, Environment environment) {
        requireNonNull(file, "file");
        requireNonNull(environment, "environment");
        try {
            return decode(file, FileReads.standard().bytes(file), environment);
        } catch (UnreadableFileException e) {
            return unreadable(file, why(e));
        }
    }

    /**
     * Why a file itself cannot be read now, and may be in a moment: it is mounted or written later, or its server does not
     * answer. Empty when it can be read, and when it never can be.
     */
    public static Optional<String> notYet(Path file) {
        requireNonNull(file, "file");
        try {
            FileReads.standard().bytes(file);
            return Optional.empty();
        } catch (UnreadableFileException e) {
            return switch (e.reason()) {
                case MISSING, FORBIDDEN, SLOW, INTERRUPTED, FAILED ->
                    Optional.of("the configuration " + file + ": " + why(e));
                case DIRECTORY, NOT_REGULAR, TOO_LARGE -> Optional.empty();
            };
        }
    }

    private static String why(UnreadableFileException e) {
        return switch (e.reason()) {
            case MISSING -> "there is no such file: write it, or name another with --config";
            case DIRECTORY -> "this is a directory: name the file in it";
            case FORBIDDEN -> "reading it is not permitted: change its owner or mode";
            case NOT_REGULAR -> "it is not a regular file but a pipe, a socket or a device: name a file";
            case TOO_LARGE -> "it is larger than " + MOST_BYTES + " bytes: this is no configuration";
            case SLOW, INTERRUPTED, FAILED -> "reading it failed: " + e.getMessage();
        };
    }

    private static Loaded decode(Path file, byte[] bytes, Environment environment) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(in, out, true);
        out.flip();
        if (result.isError()) {
            SourceText before = new SourceText(file.toString(), directory(file), out.toString(), false);
            int line = before.lineCount();
            String start = before.line(line);
            Position at = new Position(line, start.codePointCount(0, start.length()) + 1);
            Report report = new Report(before);
            report.problem(
                    new SourceLocation(at, ""),
                    "the byte 0x%02x is not UTF-8: save the file as UTF-8".formatted(bytes[in.position()]));
            return new Loaded.Invalid(report.problems());
        }
        return parse(file, out.toString(), environment);
    }

    private static Loaded unreadable(Path file, String message) {
        return new Loaded.Invalid(List.of(new Problem(file.toString(), 1, 1, "", message, "")));
    }

    private static Path directory(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? Path.of("/") : parent;
    }

    /**
     * Reads a configuration that is already in memory; no input makes it throw.
     *
     * @param file what the findings call it; file names in it are relative to its directory
     * @param text all of it
     * @param environment the host that the configuration is for
     */
    public static Loaded parse(Path file, String text, Environment environment) {
        requireNonNull(file, "file");
        requireNonNull(environment, "environment");
        String content = text.startsWith("\uFEFF") ? text.substring(1) : text;
        SourceText source = new SourceText(file.toString(), directory(file), content, environment.isKnown());
        Report report = new Report(source);
        Tree tree = TreeParser.parse(source, report);
        if (tree == null) {
            return new Loaded.Invalid(report.problems());
        }
        ParsedConfig draft = new ParsedConfig(new SectionReader(report).file(tree), environment);
        if (tree instanceof Tree.Mapping) {
            check(draft, report, source);
        }
        return report.isClean()
                ? new Loaded.Ok(new Assembly(draft, source.directory()).config(), report.warnings(), report.waits())
                : new Loaded.Invalid(report.problems());
    }

    private static void check(ParsedConfig draft, Report report, SourceText source) {
        Section file = draft.file();
        if (!file.has(ListenerKeys.LISTENERS) && !file.has(RouterKeys.ROUTERS)) {
            report.problem(file.spot(), "there is nothing to do: write listeners, virtual-routers or both");
        }
        new NodeChecks(draft, report).check();
        new RouterChecks(draft, report, source).check();
        new ListenerChecks(draft, report, source).check();
        new PoolChecks(draft, report, source).check();
    }
}
