package io.hawser.lb.tls;

import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/** A client of another TLS implementation, driven in memory. */
final class JdkClient {
    private final SSLEngine engine;
    private byte[] left = new byte[0];

    JdkClient(X509Bundle authority, String name, String version) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, authority.toTrustManagerFactory().getTrustManagers(), null);
        engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        engine.setEnabledProtocols(new String[] {version});
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        engine.setSSLParameters(parameters);
    }

    void offer(String... protocols) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        engine.setSSLParameters(parameters);
    }

    void ciphers(String... suites) {
        engine.setEnabledCipherSuites(suites);
    }

    /** Whether both are done. */
    boolean shake(End server) throws Exception {
        try {
            byte[] toServer = wrap(new byte[0]);
            for (int i = 0; i < 10 && server.step != Session.Step.FAILED; i++) {
                open(server.take(toServer));
                toServer = wrap(new byte[0]);
                if (toServer.length == 0) {
                    break;
                }
            }
        } catch (SSLException e) {
            return false;
        }
        return server.step == Session.Step.DONE && engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
    }

    /** The certificate that it was shown. */
    X509Certificate peer() throws SSLException {
        return (X509Certificate) engine.getSession().getPeerCertificates()[0];
    }

    byte[] seal(byte[] bytes) throws Exception {
        return wrap(bytes);
    }

    /** Begins a new handshake, which is a renegotiation in TLS 1.2 and a key update in 1.3. */
    byte[] renegotiate() throws Exception {
        engine.beginHandshake();
        return wrap(new byte[0]);
    }

    private byte[] wrap(byte[] bytes) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer source = ByteBuffer.wrap(bytes);
        while (true) {
            ByteBuffer record = ByteBuffer.allocate(20_000);
            SSLEngineResult result = engine.wrap(source, record);
            out.write(record.array(), 0, record.position());
            runTasks();
            if (engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP && !source.hasRemaining()
                    || result.bytesProduced() == 0) {
                return out.toByteArray();
            }
        }
    }

    private void runTasks() {
        Runnable task;
        while ((task = engine.getDelegatedTask()) != null) {
            task.run();
        }
    }

    byte[] open(byte[] bytes) throws Exception {
        ByteBuffer in = ByteBuffer.allocate(left.length + bytes.length)
                .put(left)
                .put(bytes)
                .flip();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (in.hasRemaining()) {
            ByteBuffer plain = ByteBuffer.allocate(20_000);
            SSLEngineResult result = engine.unwrap(in, plain);
            out.write(plain.array(), 0, plain.position());
            runTasks();
            if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW
                    || result.bytesConsumed() == 0 && engine.getHandshakeStatus() != HandshakeStatus.NEED_UNWRAP) {
                break;
            }
        }
        left = new byte[in.remaining()];
        in.get(left);
        return out.toByteArray();
    }
}
