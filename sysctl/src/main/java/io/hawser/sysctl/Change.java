package io.hawser.sysctl;

/**
 * One thing that was looked at and, where needed, changed. Immutable.
 *
 * @param setting its name as sysctl(8) writes it, such as {@code net.ipv4.ip_forward}, or {@code module ip_vs}
 * @param before its value or state at first
 * @param now its value or state afterwards, read back
 * @param why what it is needed for; where it could not be had, also what was in the way and what to do
 * @param outcome what became of it
 */
public record Change(String setting, String before, String now, String why, Outcome outcome) {}
