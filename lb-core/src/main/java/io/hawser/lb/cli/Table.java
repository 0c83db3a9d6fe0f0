package io.hawser.lb.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows under headings, in columns as wide as needed and no line wider than the terminal. One thread. */
final class Table {
    private static final int GAP = 2;
    private static final int NARROWEST = 10;
    private static final int FEWEST = 2;

    /** A cell; its text may come from elsewhere. */
    record Cell(String text, Terminal.Colour colour) {
        /** Makes {@code text} harmless. */
        Cell {
            text = Terminal.harmless(text);
        }
    }

    private final Terminal terminal;
    private final List<List<Cell>> rows = new ArrayList<>();

    Table(Terminal terminal, String... headings) {
        this.terminal = terminal;
        rows.add(List.of(headings).stream()
                .map(heading -> new Cell(heading, Terminal.Colour.BOLD))
                .toList());
    }

    static Cell cell(String text) {
        return new Cell(text, Terminal.Colour.NONE);
    }

    void row(Cell... cells) {
        if (cells.length != rows.getFirst().size()) {
            throw new IllegalStateException(
                    cells.length + " cells under " + rows.getFirst().size() + " headings");
        }
        rows.add(List.of(cells));
    }

    boolean isEmpty() {
        return rows.size() == 1;
    }

    void appendTo(StringBuilder text) {
        int[] widths = widths();
        for (List<Cell> row : rows) {
            var line = new StringBuilder();
            int owed = 0;
            for (int column = 0; column < widths.length; column++) {
                String fitted = fitted(row.get(column).text(), widths[column]);
                if (!fitted.isEmpty()) {
                    line.append(" ".repeat(owed))
                            .append(terminal.paint(row.get(column).colour(), fitted));
                    owed = 0;
                }
                owed += widths[column] - fitted.length() + GAP;
            }
            text.append(line).append('\n');
        }
    }

    /**
     * The widths of the columns that are shown: what they need; else the last is cut, and then left out, as the columns on
     * the right hold what matters least; two always stay.
     */
    private int[] widths() {
        int[] widths = neededWidths();
        while (excess(widths) > 0) {
            int last = widths.length - 1;
            if (widths[last] > NARROWEST) {
                widths[last] = (int) Math.max(NARROWEST, widths[last] - excess(widths));
            } else if (widths.length > FEWEST) {
                widths = Arrays.copyOf(widths, last);
            } else {
                break;
            }
        }
        return widths;
    }

    private int[] neededWidths() {
        int[] widths = new int[rows.getFirst().size()];
        for (List<Cell> row : rows) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row.get(column).text().length());
            }
        }
        return widths;
    }

    private long excess(int[] widths) {
        return Arrays.stream(widths).asLongStream().sum() + GAP * (widths.length - 1L) - terminal.width();
    }

    private static String fitted(String text, int width) {
        return text.length() <= width ? text : text.substring(0, width - 1) + "…";
    }
}
