package io.hawser.lb.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * A TLS socket of the JDK that does what a plain one does: what its input ends with is a {@link SocketException} also when
 * TLS was in between, and a reset is a reset.
 */
final class SecuredSocket extends Socket {
    private final SSLSocket secured;
    private final Socket plain;
    private boolean abrupt;

    SecuredSocket(SSLSocket secured, Socket plain) {
        this.secured = secured;
        this.plain = plain;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        InputStream in = secured.getInputStream();
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                try {
                    return in.read(bytes, offset, length);
                } catch (SSLException e) {
                    throw asSocketException(e);
                }
            }
        };
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        OutputStream out = secured.getOutputStream();
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                try {
                    out.write(bytes, offset, length);
                } catch (SSLException e) {
                    throw asSocketException(e);
                }
            }
        };
    }

    private static SocketException asSocketException(SSLException e) {
        SocketException same = new SocketException("reset: " + e.getMessage());
        same.initCause(e);
        return same;
    }

    @Override
    public void shutdownOutput() throws IOException {
        secured.shutdownOutput();
    }

    @Override
    public void setSoLinger(boolean on, int linger) throws SocketException {
        abrupt = on && linger == 0;
        plain.setSoLinger(on, linger);
    }

    @Override
    public int getPort() {
        return plain.getPort();
    }

    @Override
    public int getLocalPort() {
        return plain.getLocalPort();
    }

    @Override
    public boolean isConnected() {
        return plain.isConnected();
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        plain.setSoTimeout(timeout);
    }

    @Override
    public synchronized void close() throws IOException {
        if (abrupt) {
            plain.close();
        } else {
            secured.close();
        }
    }
}
