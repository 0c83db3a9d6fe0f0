package io.hawser.packaging;

import io.hawser.lb.demo.HawserNode;
import io.hawser.lb.demo.Network;
import io.hawser.lb.demo.NodeSoftware;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** HAProxy and Keepalived with 100 ms adverts: the stack that is replaced, whose figures are known from outside and prove the instruments. */
final class ReferenceNode implements NodeSoftware {
    @Override
    public List<List<String>> prepare(String node, Path directory) {
        write(directory.resolve("haproxy.cfg"), proxy());
        write(directory.resolve("keepalived.conf"), vrrp(node));
        return List.of(
                List.of("haproxy", "-db", "-f", directory.resolve("haproxy.cfg").toString()),
                List.of(
                        "keepalived",
                        "-n",
                        "-l",
                        "-f",
                        directory.resolve("keepalived.conf").toString(),
                        "-p",
                        directory.resolve("k.pid").toString(),
                        "-r",
                        directory.resolve("v.pid").toString(),
                        "-c",
                        directory.resolve("c.pid").toString()));
    }

    @Override
    public boolean isReady(Network network, String node) {
        return true; // it has no way to tell
    }

    private static String proxy() {
        String members = Network.MASTERS.stream()
                .map(m -> "  server %s %s:%d check check-ssl verify none\n"
                        .formatted(m, Network.address(m), HawserNode.PORT))
                .collect(Collectors.joining());
        return """
                defaults
                  mode tcp
                  timeout connect 1s
                  timeout client 20s
                  timeout server 20s
                  timeout check 500ms
                  retries 3
                  option redispatch
                frontend api
                  bind %s:%d transparent
                  default_backend m
                backend m
                  option httpchk GET /readyz
                  balance roundrobin
                  default-server inter 1s fall 2 rise 2
                %s""".formatted(Network.VIRTUAL_ADDRESS, HawserNode.PORT, members);
    }

    private static String vrrp(String node) {
        boolean first = node.equals(Network.NODES.getFirst());
        return """
                global_defs {
                  router_id %s
                  vrrp_version 3
                }
                vrrp_instance V {
                  state %s
                  interface eth0
                  virtual_router_id 51
                  priority %d
                  advert_int 0.1
                  nopreempt
                  virtual_ipaddress { %s/24 }
                }
                """.formatted(node, "BACKUP", first ? 150 : 120, Network.VIRTUAL_ADDRESS);
    }

    private static void write(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
