package io.hawser.benchmarks.compare;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What stands behind the proxies: nginx, and a sink that takes bytes. Started and closed by one thread. */
final class Servers implements AutoCloseable {
    // Nobody reads what is in it, so thousands of connections may write there at once.
    private static final ByteBuffer NOWHERE = ByteBuffer.allocateDirect(256 << 10);

    private static final Duration LONGEST_START = Duration.ofSeconds(10);

    private final Process nginx;
    private final ServerSocketChannel sink;

    private Servers(Process nginx, ServerSocketChannel sink) {
        this.nginx = nginx;
        this.sink = sink;
    }

    static Servers start(Site site) {
        Path directory = site.directory();
        Path configuration = directory.resolve("nginx.conf");
        try {
            Files.writeString(configuration, configuration(site));
            ServerSocketChannel sink = ServerSocketChannel.open();
            sink.bind(
                    new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), site.ports().serverSink()),
                    4096);
            Thread.ofPlatform().name("sink").daemon().start(() -> accept(sink));
            Process nginx = new ProcessBuilder("nginx", "-p", directory.toString(), "-c", configuration.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("nginx.out").toFile())
                    .start();
            Servers servers = new Servers(nginx, sink);
            servers.awaitStart(site.ports().serverHttp(), directory);
            return servers;
        } catch (IOException e) {
            throw new CompareException("nginx does not start: " + e.getMessage(), e);
        }
    }

    private void awaitStart(int port, Path directory) throws IOException {
        long endAt = System.nanoTime() + LONGEST_START.toNanos();
        while (System.nanoTime() - endAt < 0) {
            try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return;
            } catch (IOException e) {
                pause();
            }
        }
        close();
        throw new CompareException("nginx does not listen: " + Files.readString(directory.resolve("nginx.out")));
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String configuration(Site site) {
        return """
                worker_processes 1;
                daemon off;
                pid nginx.pid;
                error_log nginx.err;
                worker_rlimit_nofile 16000;
                events { worker_connections 12000; }
                http {
                  access_log off;
                  sendfile on;
                  keepalive_requests 100000000;
                  keepalive_timeout 600;
                  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                  server {
                    listen 127.0.0.1:%d backlog=4096;
                    listen 127.0.0.1:%d ssl backlog=4096;
                    ssl_certificate %s;
                    ssl_certificate_key %s;
                    ssl_protocols TLSv1.3;
                    root %s;
                  }
                }
                """.formatted(
                        site.ports().serverHttp(),
                        site.ports().serverTls(),
                        site.certificate("ecdsa"),
                        site.key("ecdsa"),
                        site.directory().resolve("www"));
    }

    private static void accept(ServerSocketChannel sink) {
        while (sink.isOpen()) {
            try {
                SocketChannel accepted = sink.accept();
                // A virtual thread costs an idle connection next to nothing, and reads as fast as any.
                Thread.ofVirtual().start(() -> swallow(accepted));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void swallow(SocketChannel from) {
        try (from) {
            ByteBuffer first = ByteBuffer.allocate(1);
            if (from.read(first) < 0) {
                return;
            }
            ByteBuffer rest = NOWHERE.duplicate();
            while (from.read(rest) >= 0) {
                rest.clear();
            }
            from.write(first.flip());
        } catch (IOException e) {
            // The client has ended it, and knows.
        }
    }

    @Override
    public void close() {
        Proc.end(nginx);
        try {
            sink.close();
        } catch (IOException e) {
            throw new CompareException("the sink cannot be closed: " + e.getMessage(), e);
        }
    }
}
