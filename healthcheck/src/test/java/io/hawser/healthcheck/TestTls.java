package io.hawser.healthcheck;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLServerSocketFactory;

/** Certificates and TLS listeners for tests. */
final class TestTls {
    private TestTls() {}

    static X509Bundle authority(String name) throws Exception {
        return new CertificateBuilder()
                .ecp256()
                .subject("CN=" + name)
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
    }

    static X509Bundle server(X509Bundle authority) throws Exception {
        return builder().buildIssuedBy(authority);
    }

    static X509Bundle expiredServer(X509Bundle authority) throws Exception {
        return builder()
                .notBefore(Instant.now().minus(Duration.ofDays(10)))
                .notAfter(Instant.now().minus(Duration.ofDays(1)))
                .buildIssuedBy(authority);
    }

    private static CertificateBuilder builder() {
        return new CertificateBuilder()
                .ecp256()
                .subject("CN=member")
                .addSanDnsName("api.example")
                .addSanIpAddress("127.0.0.1");
    }

    static X509Bundle client(X509Bundle authority) throws Exception {
        return new CertificateBuilder()
                .ecp256()
                .subject("CN=checker")
                .addExtendedKeyUsageClientAuth()
                .buildIssuedBy(authority);
    }

    /** Listeners with a certificate; with {@code clients} they require one that leads to it. */
    static ServerSocketFactory listening(X509Bundle own, X509Bundle... clients) throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(
                own.toKeyManagerFactory().getKeyManagers(),
                clients.length == 0 ? null : clients[0].toTrustManagerFactory().getTrustManagers(),
                null);
        var factory = (SSLServerSocketFactory) context.getServerSocketFactory();
        return new ServerSocketFactory() {
            @Override
            public java.net.ServerSocket createServerSocket() throws java.io.IOException {
                var socket = (SSLServerSocket) factory.createServerSocket();
                socket.setNeedClientAuth(clients.length > 0);
                return socket;
            }

            @Override
            public java.net.ServerSocket createServerSocket(int port) {
                throw new UnsupportedOperationException();
            }

            @Override
            public java.net.ServerSocket createServerSocket(int port, int backlog) {
                throw new UnsupportedOperationException();
            }

            @Override
            public java.net.ServerSocket createServerSocket(int port, int backlog, java.net.InetAddress address) {
                throw new UnsupportedOperationException();
            }
        };
    }

    static Path write(Path dir, String name, String text) throws Exception {
        return Files.writeString(dir.resolve(name), text);
    }
}
