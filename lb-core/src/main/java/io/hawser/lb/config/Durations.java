package io.hawser.lb.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;

/** Durations as they are written: a number and a unit. Stateless. */
final class Durations {
    private static final int MOST_DIGITS = 9;
    private static final int MOST_DECIMALS = 3;
    private static final String EXAMPLE = ": write a number and a unit, as in 2s";

    private Durations() {}

    private enum Unit {
        D(86_400_000_000_000L),
        H(3_600_000_000_000L),
        M(60_000_000_000L),
        S(1_000_000_000L),
        MS(1_000_000L);

        private final long nanos;

        Unit(long nanos) {
            this.nanos = nanos;
        }
    }

    /** Reads one number and one unit of ms, s, m, h, d. */
    static Parsed<Duration> parse(String text) {
        int end = 0;
        while (end < text.length() && (Messages.isDigit(text.charAt(end)) || text.charAt(end) == '.')) {
            end++;
        }
        String number = text.substring(0, end);
        String unit = text.substring(end);
        if (!isNumber(number)) {
            return new Parsed.Bad<>(Messages.quote(text) + " is not a duration" + EXAMPLE);
        }
        if (unit.isEmpty()) {
            return new Parsed.Bad<>(Messages.quote(text) + " has no unit: write " + text + "s, or " + text + "ms");
        }
        for (Unit each : Unit.values()) {
            if (Messages.word(each).equals(unit)) {
                return new Parsed.Ok<>(of(number, each));
            }
        }
        return new Parsed.Bad<>(whyNoUnit(text, number, unit));
    }

    private static boolean isNumber(String number) {
        int point = number.indexOf('.');
        String whole = point < 0 ? number : number.substring(0, point);
        String decimals = point < 0 ? "0" : number.substring(point + 1);
        return Messages.isDigits(whole)
                && Messages.isDigits(decimals)
                && whole.length() <= MOST_DIGITS
                && decimals.length() <= MOST_DECIMALS;
    }

    private static String whyNoUnit(String text, String number, String unit) {
        if (Messages.isDigit(unit.charAt(unit.length() - 1)) || unit.chars().anyMatch(Messages::isDigit)) {
            return Messages.quote(text) + " has several parts: write one number and one unit, as in 90s";
        }
        for (Unit each : Unit.values()) {
            if (Messages.word(each).equalsIgnoreCase(unit.strip())) {
                return Messages.quote(text) + " is not a duration: write " + number + Messages.word(each);
            }
        }
        List<String> units = List.of("ms", "s", "m", "h", "d");
        return Messages.quote(text) + " has no known unit: write " + Messages.or(units) + " after the number, as in "
                + number + "s";
    }

    private static Duration of(String number, Unit unit) {
        int point = number.indexOf('.');
        long whole = Long.parseLong(point < 0 ? number : number.substring(0, point));
        Duration duration = Duration.ofNanos(unit.nanos).multipliedBy(whole);
        if (point < 0) {
            return duration;
        }
        String decimals = (number.substring(point + 1) + "000").substring(0, MOST_DECIMALS);
        return duration.plusNanos(unit.nanos / 1000 * Long.parseLong(decimals));
    }

    /** A duration of our own text. */
    static Duration exactly(String text) {
        Duration duration = parse(text).orTell(message -> {});
        if (duration == null) {
            throw new IllegalStateException("\"" + text + "\" is no duration");
        }
        return duration;
    }

    /** As it would be written: the largest unit that gives a whole number, or seconds with decimals. */
    static String format(Duration duration) {
        if (duration.isZero()) {
            return "0s";
        }
        for (Unit unit : Unit.values()) {
            boolean isWhole = duration.toNanosPart() % unit.nanos == 0 && duration.toNanos() % unit.nanos == 0;
            boolean isShort = unit != Unit.MS || duration.toMillis() < 1000;
            if (isWhole && isShort) {
                return duration.toNanos() / unit.nanos + Messages.word(unit);
            }
        }
        return BigDecimal.valueOf(duration.toNanos(), 9).stripTrailingZeros().toPlainString() + "s";
    }
}
