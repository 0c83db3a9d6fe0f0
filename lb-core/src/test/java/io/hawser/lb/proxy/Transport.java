package io.hawser.lb.proxy;

import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.tls.KeyPairFiles;
import io.hawser.lb.tls.MemberTls;
import io.hawser.lb.tls.ServerTls;
import io.hawser.lb.tls.TestAuthority;
import io.hawser.lb.tls.TlsEvents;
import io.hawser.lb.tls.TlsFiles;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** What the bytes of a test travel in. Whatever it is, the same must come of them. */
enum Transport {
    /** Nothing. */
    PLAIN(false, false),
    /** TLS from the client to the proxy, which ends it. */
    TERMINATED(true, false),
    /** TLS from the client to the proxy, and again from there to the member. */
    RE_ENCRYPTED(true, true),
    /** TLS from the proxy to the member only. */
    ENCRYPTED(false, true);

    static final String NAME = "api.example";

    final boolean clientSpeaksTls;
    final boolean memberSpeaksTls;

    Transport(boolean clientSpeaksTls, boolean memberSpeaksTls) {
        this.clientSpeaksTls = clientSpeaksTls;
        this.memberSpeaksTls = memberSpeaksTls;
    }

    /** Keys of the tests of this process, made once. */
    private static final class Keys {
        static final Keys ALL = make();

        final ServerTls listener;
        final MemberTls members;
        final SSLContext context;

        private Keys(ServerTls listener, MemberTls members, SSLContext context) {
            this.listener = listener;
            this.members = members;
            this.context = context;
        }

        private static Keys make() {
            try {
                Path directory = Files.createTempDirectory("hawser-keys");
                TestAuthority authority = new TestAuthority("authority", directory);
                X509Bundle bundle = authority.issue(TestAuthority.server(NAME, "127.0.0.1"));
                KeyPairFiles pair = authority.write("server", bundle);
                TlsFiles files = new TlsFiles(TlsEvents.NONE);
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(
                        bundle.toKeyManagerFactory().getKeyManagers(),
                        authority.bundle().toTrustManagerFactory().getTrustManagers(),
                        null);
                Keys keys = new Keys(
                        files.server(TestAuthority.serving(pair)), files.member(authority.verifying(null)), context);
                try (var all = Files.walk(directory)) {
                    all.forEach(file -> file.toFile().deleteOnExit());
                }
                return keys;
            } catch (Exception e) {
                throw new AssertionError("keys for the tests could not be made", e);
            }
        }
    }

    /** A member that speaks it. */
    Peers.Server server(Peers.Behaviour behaviour) throws IOException {
        if (!memberSpeaksTls) {
            return new Peers.Server(behaviour);
        }
        return new Peers.Server(socket -> {
            SSLSocket secured = (SSLSocket) Keys.ALL.context.getSocketFactory().createSocket(socket, null, true);
            secured.setUseClientMode(false);
            secured.startHandshake();
            try (SecuredSocket whole = new SecuredSocket(secured, socket)) {
                behaviour.serve(whole);
            }
        });
    }

    /** A proxy that is spoken to with it. */
    Fixture serving(InetSocketAddress... members) {
        return serving(Fixture.settings(100), PoolSettings.DEFAULTS, members);
    }

    Fixture serving(ProxySettings settings, PoolSettings poolSettings, InetSocketAddress... members) {
        return Fixture.serving(this, settings, poolSettings, members);
    }

    /** The plan for this transport. */
    ListenerPlan plan(ListenerPlan plain) {
        return this == PLAIN
                ? plain
                : plain.with(new ListenerPlan.Tls(
                        clientSpeaksTls ? Keys.ALL.listener : null,
                        memberSpeaksTls ? Map.of(plain.routes().main(), Keys.ALL.members) : Map.of()));
    }

    /** A client that speaks it. */
    Socket connect(InetSocketAddress address) throws IOException {
        Socket plain = Peers.connect(address);
        if (!clientSpeaksTls) {
            return plain;
        }
        SSLSocket secured = (SSLSocket) Keys.ALL.context.getSocketFactory().createSocket(plain, NAME, 443, true);
        secured.startHandshake();
        return new SecuredSocket(secured, plain);
    }
}
