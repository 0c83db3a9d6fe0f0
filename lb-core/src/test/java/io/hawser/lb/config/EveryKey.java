package io.hawser.lb.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A file with every key, for tests of what is done with each. Stateless. */
public final class EveryKey {
    /** Every key of this version with a value that is not its default; its path stands behind it. */
    public static final String TEXT = """
            nodes:
              - name: lb1 # nodes[].name
                address: 10.77.0.11 # nodes[].address
                priority: 77 # nodes[].priority
                admin-port: 9999 # nodes[].admin-port
              - {name: lb2, address: 10.77.0.12}
            virtual-routers:
              - name: api # virtual-routers[].name
                id: 51 # virtual-routers[].id
                addresses: [10.77.0.10/24] # virtual-routers[].addresses
                interface: uplink # virtual-routers[].interface
                advertisement-interval: 500ms # virtual-routers[].advertisement-interval
                transport: multicast # virtual-routers[].transport
                preempt: # virtual-routers[].preempt
                  delay: 90s # virtual-routers[].preempt.delay
                checksum: rfc9568 # virtual-routers[].checksum
                longest-interval: 30s # virtual-routers[].longest-interval
                start-delay: 7s # virtual-routers[].start-delay
                virtual-mac: true # virtual-routers[].virtual-mac
                group: front # virtual-routers[].group
                notify: [/bin/true moved] # virtual-routers[].notify
                lease: off # virtual-routers[].lease
                announce: # virtual-routers[].announce
                  count: 3 # virtual-routers[].announce.count
                  again-after: off # virtual-routers[].announce.again-after
                  refresh: 30s # virtual-routers[].announce.refresh
                track: # virtual-routers[].track
                  listeners: [] # virtual-routers[].track.listeners
                  interfaces: [eth0] # virtual-routers[].track.interfaces
              - name: old
                id: 52
                addresses: [10.77.0.9]
                version: 2 # virtual-routers[].version
                preempt: {delay: 90s}
                group: front
                accept: false # virtual-routers[].accept
                authentication: # virtual-routers[].authentication
                  type: pass # virtual-routers[].authentication.type
                  password-file: PEM/password # virtual-routers[].authentication.password-file
            listeners:
              - name: kube-api # listeners[].name
                bind: ["[::1]:6443", 10.77.0.10:6443] # listeners[].bind
                pool: masters # listeners[].pool
                deny: [10.9.0.0/16] # listeners[].deny
                allow: [10.0.0.0/8] # listeners[].allow
                accept-proxy-protocol: 10.77.0.1 # listeners[].accept-proxy-protocol
                hello-timeout: 5s # listeners[].hello-timeout
                access-log: 1/100 # listeners[].access-log
                idle-timeout: 1h # listeners[].idle-timeout
                limits: # listeners[].limits
                  connections: 7 # listeners[].limits.connections
                  connections-per-source: 6 # listeners[].limits.connections-per-source
                  new-per-second-per-source: 5 # listeners[].limits.new-per-second-per-source
                when-no-member: refuse # listeners[].when-no-member
              - name: one
                bind: 10.77.0.10:444
                pool: inner
                mode: tls # listeners[].mode
                tls: # listeners[].tls
                  certificate: PEM/server.pem # listeners[].tls.certificate
                  key: PEM/server.key # listeners[].tls.key
                  min-version: 1.3 # listeners[].tls.min-version
                  alpn: [h2] # listeners[].tls.alpn
                  client-auth: # listeners[].tls.client-auth
                    mode: required # listeners[].tls.client-auth.mode
                    ca: PEM/ca.pem # listeners[].tls.client-auth.ca
                    crl: PEM/crl.pem # listeners[].tls.client-auth.crl
                  ticket-keys: PEM/tickets # listeners[].tls.ticket-keys
              - name: several
                bind: 10.77.0.10:445
                mode: tls
                tls:
                  certificates: # listeners[].tls.certificates
                    - certificate: PEM/server.pem # listeners[].tls.certificates[].certificate
                      key: PEM/server.key # listeners[].tls.certificates[].key
                  client-auth: {mode: optional, ca: PEM/ca.pem}
                routes: # listeners[].routes
                  - sni: ["*.b.example"] # listeners[].routes[].sni
                    alpn: [h2] # listeners[].routes[].alpn
                    pool: inner # listeners[].routes[].pool
                  - {sni: a.example, pool: inner}
            pools:
              - name: masters # pools[].name
                members: # pools[].members
                  - name: m1 # pools[].members[].name
                    address: m1.example:6443 # pools[].members[].address
                    weight: 50 # pools[].members[].weight
                    max-connections: 9 # pools[].members[].max-connections
                  - address: 10.77.0.22:6443
                    backup: true # pools[].members[].backup
                balance: round-robin # pools[].balance
                connect-timeout: 500ms # pools[].connect-timeout
                retries: 0 # pools[].retries
                on-down: keep # pools[].on-down
                health: # pools[].health
                  type: https # pools[].health.type
                  path: /livez # pools[].health.path
                  port: 6444 # pools[].health.port
                  host: api.example # pools[].health.host
                  expect: [200, 401] # pools[].health.expect
                  on-wrong-status: down # pools[].health.on-wrong-status
                  interval: 2s # pools[].health.interval
                  connect-timeout: 1s # pools[].health.connect-timeout
                  timeout: 2s # pools[].health.timeout
                  rise: 1 # pools[].health.rise
                  fall: 3 # pools[].health.fall
                  fast-interval: 100ms # pools[].health.fast-interval
                  bearer-token-file: PEM/token # pools[].health.bearer-token-file
                  ca: PEM/ca.pem # pools[].health.ca
                  certificate: PEM/client.pem # pools[].health.certificate
                  key: PEM/client.key # pools[].health.key
                hedge-after: off # pools[].hedge-after
                slow-start: off # pools[].slow-start
                send-proxy-protocol: v2 # pools[].send-proxy-protocol
                queue: # pools[].queue
                  length: 3 # pools[].queue.length
                  timeout: 2s # pools[].queue.timeout
                rebalance: # pools[].rebalance
                  rate: 5 # pools[].rebalance.rate
              - name: inner
                members: [10.77.0.31:443]
                affinity: # pools[].affinity
                  by: client-certificate # pools[].affinity.by
                tls: # pools[].tls
                  ca: PEM/ca.pem # pools[].tls.ca
                  server-name: inner.example # pools[].tls.server-name
                  verify: false # pools[].tls.verify
                  certificate: PEM/client.pem # pools[].tls.certificate
                  key: PEM/client.key # pools[].tls.key
            admin: # admin
              bind: 10.77.0.11:9109 # admin.bind
              socket: /run/other.sock # admin.socket
              hosts: [lb.example, 198.51.100.7] # admin.hosts
              metrics: # admin.metrics
                haproxy-names: true # admin.metrics.haproxy-names
            kernel: # kernel
              ip-forward: false # kernel.ip-forward
              nonlocal-bind: false # kernel.nonlocal-bind
              ipvs: off # kernel.ipvs
            limits: # limits
              connections: 9 # limits.connections
              fruitless-per-second-per-source: 5000 # limits.fruitless-per-second-per-source
              drain: 0s # limits.drain
            """.replace("PEM", Pem.DIRECTORY.toString());

    private EveryKey() {}

    /** The paths of all keys that hold a value, as docs/configuration.md lists them. */
    public static List<String> paths() {
        return Keys.all().stream()
                .filter(key ->
                        !(key.form() instanceof ValueShape.Nested<?> || key.form() instanceof ValueShape.NestedList<?>))
                .map(Key::path)
                .toList();
    }

    /** Whether there is such a key, sections included. */
    public static boolean isKey(String path) {
        return Keys.all().stream().anyMatch(key -> key.path().equals(path));
    }

    /** The text without that key. */
    public static String without(String path) {
        String name = path.substring(path.lastIndexOf('.') + 1);
        return TEXT.lines()
                .map(line -> !path(line).equals(path)
                        ? line
                        : line.contains("- ") ? line.replace("- " + name + ":", "- #") : "")
                .collect(Collectors.joining("\n"));
    }

    /** What such a text says; empty when it is not valid. */
    public static Optional<Config> load(String text) {
        return Given.load(text) instanceof Loaded.Ok ok ? Optional.of(ok.config()) : Optional.empty();
    }

    static String path(String line) {
        int remark = line.indexOf(" # ");
        return remark < 0 ? "" : line.substring(remark + 3);
    }
}
