package io.hawser.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the work goes through. */
enum Contender {
    /** HAProxy with one thread, as most people run it. */
    HAPROXY("haproxy"),
    /** The same with {@code option splice-auto}. */
    HAPROXY_SPLICE("haproxy, splice"),
    /** hawser as packaged, with one event loop. */
    HAWSER("hawser"),
    /** No proxy. */
    DIRECT("direct");

    private final String words;

    Contender(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }

    /** Whether it takes part in this work: splice only where it changes anything, and a start only where something starts. */
    boolean does(Work work) {
        return switch (this) {
            case HAPROXY, HAWSER -> true;
            case HAPROXY_SPLICE -> work.isBulk();
            case DIRECT -> work != Work.IDLE && work != Work.START && work != Work.TLS_RESUMED;
        };
    }

    /**
     * Starts it.
     *
     * @param site the files and ports of this comparison
     * @return its process; it may not answer yet
     */
    Process start(Site site) {
        Path configuration = site.directory().resolve(name().toLowerCase(java.util.Locale.ROOT) + ".conf");
        List<String> command = switch (this) {
            case HAPROXY -> {
                write(configuration, haproxy(site, ""));
                yield List.of(site.haproxy(), "-db", "-f", configuration.toString());
            }
            case HAPROXY_SPLICE -> {
                write(configuration, haproxy(site, "  option splice-auto\n"));
                yield List.of(site.haproxy(), "-db", "-f", configuration.toString());
            }
            case HAWSER -> {
                write(configuration, hawser(site));
                yield List.of(site.hawser(), "run", "--config", configuration.toString(), "--node", "one");
            }
            case DIRECT -> throw new IllegalStateException("there is nothing to start");
        };
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(site.directory()
                        .resolve(configuration.getFileName() + ".log")
                        .toFile()));
        if (this == HAWSER) {
            // One event loop beside one thread of HAProxy.
            builder.environment().put("HAWSER_JVM_OPTS", "-XX:ActiveProcessorCount=1");
        }
        try {
            return builder.start();
        } catch (IOException e) {
            throw new CompareException(words + " does not start: " + e.getMessage(), e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new CompareException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static String haproxy(Site site, String splice) {
        Ports at = site.ports();
        String plain = """
                global
                  maxconn 6000
                  nbthread 1
                  ssl-default-bind-options ssl-min-ver TLSv1.2
                defaults
                  mode tcp
                %s  timeout connect 1s
                  timeout client 1h
                  timeout server 1h
                listen http
                  bind 127.0.0.1:%d
                  server s 127.0.0.1:%d
                listen sink
                  bind 127.0.0.1:%d
                  server s 127.0.0.1:%d
                """.formatted(splice, at.http(), at.serverHttp(), at.sink(), at.serverSink());
        String tls = """
                listen ecdsa
                  bind 127.0.0.1:%d ssl crt %s
                  server s 127.0.0.1:%d
                listen rsa
                  bind 127.0.0.1:%d ssl crt %s
                  server s 127.0.0.1:%d
                listen reencrypt
                  bind 127.0.0.1:%d ssl crt %s
                  server s 127.0.0.1:%d ssl verify required ca-file %s sni str(localhost)
                """.formatted(
                        at.ecdsa(),
                        site.bundle("ecdsa"),
                        at.serverHttp(),
                        at.rsa(),
                        site.bundle("rsa"),
                        at.serverHttp(),
                        at.reencrypt(),
                        site.bundle("ecdsa"),
                        at.serverTls(),
                        site.certificate("ecdsa"));
        return site.tls() ? plain + tls : plain;
    }

    private static String hawser(Site site) {
        Ports at = site.ports();
        String listeners = """
                nodes: [{name: one, address: 127.0.0.1}]
                admin: {bind: "127.0.0.1:%d", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                listeners:
                  - {name: http, bind: "127.0.0.1:%d", pool: http}
                  - {name: sink, bind: "127.0.0.1:%d", pool: sink}
                """.formatted(at.admin(), site.directory().resolve("hawser.sock"), at.http(), at.sink());
        String tlsListeners = """
                  - {name: ecdsa, bind: "127.0.0.1:%d", pool: http, mode: tls, tls: {certificate: %s, key: %s}}
                  - {name: rsa, bind: "127.0.0.1:%d", pool: http, mode: tls, tls: {certificate: %s, key: %s}}
                  - {name: reencrypt, bind: "127.0.0.1:%d", pool: tls, mode: tls, tls: {certificate: %s, key: %s}}
                """.formatted(
                        at.ecdsa(),
                        site.certificate("ecdsa"),
                        site.key("ecdsa"),
                        at.rsa(),
                        site.certificate("rsa"),
                        site.key("rsa"),
                        at.reencrypt(),
                        site.certificate("ecdsa"),
                        site.key("ecdsa"));
        String pools = """
                pools:
                  - {name: http, members: ["127.0.0.1:%d"], health: {type: tcp}}
                  - {name: sink, members: ["127.0.0.1:%d"], health: {type: tcp}}
                """.formatted(at.serverHttp(), at.serverSink());
        String tlsPool = """
                  - {name: tls, members: ["127.0.0.1:%d"], health: {type: tcp}, tls: {ca: %s, server-name: localhost}}
                """.formatted(at.serverTls(), site.certificate("ecdsa"));
        return site.tls() ? listeners + tlsListeners + pools + tlsPool : listeners + pools;
    }
}
