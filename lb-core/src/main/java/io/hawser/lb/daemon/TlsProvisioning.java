package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.admin.Status;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.config.CertificateFiles;
import io.hawser.lb.config.ClientAuth;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Listener;
import io.hawser.lb.config.ListenerTls;
import io.hawser.lb.proxy.ListenerPlan;
import io.hawser.lb.tls.KeyPairFiles;
import io.hawser.lb.tls.MemberSettings;
import io.hawser.lb.tls.MemberTls;
import io.hawser.lb.tls.ServerSettings;
import io.hawser.lb.tls.ServerTls;
import io.hawser.lb.tls.TlsEvents;
import io.hawser.lb.tls.TlsException;
import io.hawser.lb.tls.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The TLS that the configuration asks for, and what is told of its files. Any thread. */
final class TlsProvisioning implements AutoCloseable {
    private final EventLog events;
    private final TlsFiles files;

    TlsProvisioning(EventLog events) {
        this.events = events;
        this.files = new TlsFiles(new Told());
    }

    /** For how long nobody has looked at the files, which is done each second. */
    Duration stalledFor() {
        return files.stalledFor();
    }

    /** What is told people of the files. */
    private final class Told implements TlsEvents {
        @Override
        public void replaced(List<Path> changed) {
            add("tls-files-replaced", Severity.INFO, changed.getFirst(), "the new files are in use");
        }

        @Override
        public void refused(List<Path> changed, String why) {
            add("tls-files-refused", Severity.ERROR, changed.getFirst(), why + "; the old ones stay in use");
        }

        @Override
        public void expires(Path file, Instant at, long days) {
            add(
                    "certificate-expires",
                    Severity.WARNING,
                    file,
                    at.isBefore(Instant.now()) ? "expired at " + at : "expires at " + at + ", in " + days + " days");
        }

        private void add(String kind, Severity severity, Path file, String text) {
            events.append(kind, severity, file.toString(), text);
        }
    }

    /**
     * Where TLS ends and begins for a listener.
     *
     * @throws io.hawser.lb.tls.TlsException when a file cannot be used
     */
    ListenerPlan.Tls of(Listener listener, Config config, Function<String, Pool> pools) {
        Map<Pool, MemberTls> members = new HashMap<>();
        for (String name : listener.pools()) {
            MemberTls tls = ofPool(config, name);
            if (tls != null) {
                members.put(pools.apply(name), tls);
            }
        }
        ServerTls clients =
                listener.tls().map(tls -> files.server(settings(tls))).orElse(null);
        return new ListenerPlan.Tls(clients, members);
    }

    /** What would keep a node from ending and beginning TLS as the configuration says; the files are read as a start does. */
    static List<String> problems(Config config) {
        List<String> found = new ArrayList<>();
        try (TlsFiles tried = new TlsFiles(TlsEvents.NONE)) {
            for (Listener listener : config.listeners()) {
                listener.tls()
                        .ifPresent(tls ->
                                tell(found, "listener \"" + listener.name() + "\"", () -> tried.server(settings(tls))));
            }
            for (io.hawser.lb.config.Pool pool : config.pools()) {
                pool.tls()
                        .ifPresent(
                                tls -> tell(found, "pool \"" + pool.name() + "\"", () -> tried.member(settings(tls))));
            }
        }
        return found;
    }

    private static void tell(List<String> found, String whose, Supplier<?> attempt) {
        try {
            var _ = attempt.get();
        } catch (TlsException e) {
            found.add(whose + ": " + e.getMessage());
        }
    }

    private @Nullable MemberTls ofPool(Config config, String name) {
        return config.pools().stream()
                .filter(pool -> pool.name().equals(name))
                .findFirst()
                .flatMap(io.hawser.lb.config.Pool::tls)
                .map(tls -> files.member(settings(tls)))
                .orElse(null);
    }

    /** Lets go of what these plans do not use. */
    void retain(List<ListenerPlan> plans) {
        List<ServerTls> servers = new ArrayList<>();
        List<MemberTls> members = new ArrayList<>();
        for (ListenerPlan plan : plans) {
            Optional.ofNullable(plan.tls().clients()).ifPresent(servers::add);
            members.addAll(plan.tls().members().values());
        }
        files.retain(servers, members);
    }

    private static ServerSettings settings(ListenerTls tls) {
        return new ServerSettings(
                tls.certificates().stream().map(TlsProvisioning::pair).toList(),
                tls.minVersion(),
                tls.alpn(),
                tls.clientAuth()
                        .map(clients -> new ServerSettings.ClientAuth(
                                clients.mode() == ClientAuth.Mode.REQUIRED,
                                clients.ca(),
                                clients.crl().orElse(null)))
                        .orElse(null),
                tls.ticketKeys().orElse(null));
    }

    private static MemberSettings settings(io.hawser.lb.config.MemberTls tls) {
        return new MemberSettings(
                tls.verify(),
                tls.ca().orElse(null),
                tls.serverName().orElse(null),
                tls.own().map(TlsProvisioning::pair).orElse(null));
    }

    private static KeyPairFiles pair(CertificateFiles files) {
        return new KeyPairFiles(files.certificate(), files.key());
    }

    /** When the first certificate of each file that expires does so. */
    List<Status.Certificate> certificates() {
        return files.expiries().entrySet().stream()
                .map(each -> new Status.Certificate(each.getKey().toString(), each.getValue()))
                .toList();
    }

    void register(MetricFamilies families) {
        families.gauge(
                "hawser_certificate_expiry_seconds",
                "Time until the certificate expires",
                rows -> certificates()
                        .forEach(each -> rows.count(
                                Duration.between(Instant.now(), each.expiresAt())
                                        .toSeconds(),
                                "file",
                                each.file())));
        families.counter(
                "hawser_tls_files_refused",
                "Changed TLS files that could not be used, so that the old ones were kept",
                rows -> rows.count(files.refusals()));
    }

    @Override
    public void close() {
        files.close();
    }
}
