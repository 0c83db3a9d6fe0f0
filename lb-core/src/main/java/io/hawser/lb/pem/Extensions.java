package io.hawser.lb.pem;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Extensions of lists and entries (RFC 5280 sections 5.2 and 5.3), as far as they decide about anything. Stateless. */
final class Extensions {
    private static final String REASON = "551d15";
    private static final String DELTA = "551d1b";
    private static final String DISTRIBUTION_POINT = "551d1c";

    private Extensions() {}

    /**
     * Which certificates a list is about.
     *
     * @param ends whether it is about certificates of others than authorities
     * @param authorities whether it is about certificates of authorities
     * @param points the names of the distribution point that it is for, each in DER; empty: for all
     */
    record Scope(boolean ends, boolean authorities, List<byte[]> points) {
        static final Scope ALL = new Scope(true, true, List.of());
    }

    /** Fails when an entry has something critical that is not understood: it would not mean what it seems to. */
    static void ofEntry(Der extensions) throws IOException {
        while (extensions.hasMore()) {
            Der one = extensions.inside(DerReader.SEQUENCE);
            String id = HexFormat.of().formatHex(one.content(DerReader.OBJECT_IDENTIFIER));
            if (isCritical(one) && !id.equals(REASON)) {
                throw new UnusableListException(
                        "has an entry with an unknown critical extension, as an indirect list has");
            }
        }
    }

    /** What the extensions of a list make of it. */
    static Scope ofList(Der extensions) throws IOException {
        Scope scope = Scope.ALL;
        while (extensions.hasMore()) {
            Der one = extensions.inside(DerReader.SEQUENCE);
            String id = HexFormat.of().formatHex(one.content(DerReader.OBJECT_IDENTIFIER));
            boolean isCritical = isCritical(one);
            if (id.equals(DISTRIBUTION_POINT)) {
                scope = scope(new Der(one.content(DerReader.OCTET_STRING)).inside(DerReader.SEQUENCE));
            } else if (id.equals(DELTA)) {
                throw new UnusableListException(
                        "is a delta list, which cannot be used without its base: use a complete list");
            } else if (isCritical) {
                throw new UnusableListException("has an unknown critical extension");
            }
        }
        return scope;
    }

    private static boolean isCritical(Der one) throws IOException {
        return one.tag() == DerReader.BOOLEAN && one.content(DerReader.BOOLEAN)[0] != 0;
    }

    /** RFC 5280 section 5.2.5. */
    private static Scope scope(Der point) throws IOException {
        boolean ends = true;
        boolean authorities = true;
        List<byte[]> names = new ArrayList<>();
        while (point.hasMore()) {
            switch (point.tag()) {
                case 0xA0 -> names.addAll(names(point.inside(0xA0)));
                case 0x81 -> authorities = !isTrue(point, 0x81);
                case 0x82 -> ends = !isTrue(point, 0x82);
                case 0x84, 0x85 -> {
                    if (isTrue(point, point.tag())) {
                        throw new UnusableListException("is an indirect list, or a list of attribute certificates");
                    }
                }
                default ->
                    throw new UnusableListException("covers only some reasons of revocation: use a complete list");
            }
        }
        return new Scope(ends, authorities, List.copyOf(names));
    }

    private static boolean isTrue(Der point, int tag) throws IOException {
        byte[] value = point.content(tag);
        return value.length == 1 && value[0] != 0;
    }

    /** The names of a DistributionPointName; those relative to an issuer are not understood, and match nothing. */
    static List<byte[]> names(Der point) throws IOException {
        List<byte[]> names = new ArrayList<>();
        if (point.tag() == 0xA0) {
            Der full = point.inside(0xA0);
            while (full.hasMore()) {
                names.add(full.whole());
            }
        } else {
            names.add(point.whole());
        }
        return names;
    }

    /** The names of the distribution points that a certificate names (RFC 5280 section 4.2.1.13), each in DER. */
    static List<byte[]> pointsOf(byte[] extension) throws IOException {
        List<byte[]> names = new ArrayList<>();
        Der points = new Der(new Der(extension).content(DerReader.OCTET_STRING)).inside(DerReader.SEQUENCE);
        while (points.hasMore()) {
            Der point = points.inside(DerReader.SEQUENCE);
            if (point.tag() == 0xA0) {
                names.addAll(names(point.inside(0xA0)));
            }
        }
        return names;
    }
}
