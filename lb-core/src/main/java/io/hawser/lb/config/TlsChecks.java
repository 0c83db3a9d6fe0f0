package io.hawser.lb.config;

import io.hawser.sysctl.net.HostName;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What must hold where a listener ends TLS. One thread; blocks on the files. */
final class TlsChecks {
    private static final int DNS_NAME = 2; // RFC 5280 4.2.1.6

    private final Report report;
    private final CredentialChecks credentials;

    TlsChecks(Report report, SourceText source) {
        this.report = report;
        this.credentials = new CredentialChecks(report, source);
    }

    void check(Section listener) {
        if (listener.find(ListenerKeys.MODE) != Mode.TLS || !listener.has(ListenerKeys.TLS)) {
            return;
        }
        Section tls = listener.section(ListenerKeys.TLS);
        List<X509Certificate> certificates = certificates(tls);
        if (tls.has(ListenerKeys.TLS_CLIENT_AUTH)) {
            Section clients = tls.section(ListenerKeys.TLS_CLIENT_AUTH);
            credentials.authorities(clients, ListenerKeys.CLIENT_AUTH_CA);
            credentials.revocations(clients, ListenerKeys.CLIENT_AUTH_CRL);
        }
        credentials.ticketKeys(tls, ListenerKeys.TLS_TICKET_KEYS);
        if (!certificates.isEmpty()) {
            coverRoutes(
                    listener,
                    certificates.stream()
                            .flatMap(each -> names(each).stream())
                            .distinct()
                            .toList());
        }
    }

    private List<X509Certificate> certificates(Section tls) {
        boolean isOne = tls.has(ListenerKeys.TLS_CERTIFICATE) || tls.has(ListenerKeys.TLS_KEY);
        if (isOne && tls.has(ListenerKeys.TLS_CERTIFICATES)) {
            report.problem(
                    tls.spot(ListenerKeys.TLS_CERTIFICATES),
                    "certificate and key are written too: make them the first item of this list");
            return List.of();
        }
        List<X509Certificate> found = new ArrayList<>();
        if (isOne) {
            if (PoolChecks.together(report, tls, ListenerKeys.TLS_CERTIFICATE, ListenerKeys.TLS_KEY)) {
                found.add(credentials.pair(tls, ListenerKeys.TLS_CERTIFICATE, ListenerKeys.TLS_KEY));
            }
        } else if (tls.has(ListenerKeys.TLS_CERTIFICATES)) {
            for (Section each : tls.sections(ListenerKeys.TLS_CERTIFICATES)) {
                found.add(credentials.pair(each, ListenerKeys.CERTIFICATES_CERTIFICATE, ListenerKeys.CERTIFICATES_KEY));
            }
        } else {
            report.problem(
                    tls.spot(), "\"certificate\" is missing: write the name of a file, and key with that of its key");
        }
        return found.stream().filter(Objects::nonNull).toList();
    }

    /** A name that is routed and that no certificate bears gets the first one, which the client will not take. */
    private void coverRoutes(Section listener, List<String> names) {
        Set<String> borne = Set.copyOf(names);
        for (Section route : listener.sections(ListenerKeys.ROUTES)) {
            for (Section.Located<ServerName> one : route.items(ListenerKeys.ROUTE_SNI)) {
                if (!isBorne(one.value(), borne)) {
                    report.warning(
                            one.spot(),
                            "no certificate of this listener is for " + one.value()
                                    + ", so its clients will not trust it; they are for "
                                    + (names.isEmpty() ? "no host name" : String.join(", ", names)));
                }
            }
        }
    }

    /** Whether some name of a certificate is good for a route's: a wildcard stands for one label (RFC 9525 6.3). */
    private static boolean isBorne(ServerName routed, Set<String> names) {
        ServerName above = routed.wildcardAbove();
        return names.contains(routed.toString()) || (above != null && names.contains(above.toString()));
    }

    private static List<String> names(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            for (List<?> each : all == null ? List.<List<?>>of() : all) {
                if (Integer.valueOf(DNS_NAME).equals(each.getFirst())) {
                    names.add(HostName.canonical(String.valueOf(each.get(1))));
                }
            }
        } catch (CertificateParsingException e) {
            return List.of();
        }
        return names;
    }
}
