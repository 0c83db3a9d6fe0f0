package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.inspect.FirstBytes;
import io.hawser.lb.inspect.ProxyHeader;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.net.Errno;
import io.hawser.lb.net.Wire;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a client must say before a member can be chosen: a PROXY header where its network is trusted with one, and a
 * TLS hello where that decides. Event loop of the connection.
 */
final class Greeting implements Phase {
    private final IoLoop loop;
    private final Connection connection;
    private final Wire client;
    private final FirstBytes first;
    private final boolean wantsHello;
    private boolean wantsHeader;

    Greeting(IoLoop loop, Connection connection, Wire client, boolean wantsHeader, boolean wantsHello) {
        this.loop = loop;
        this.connection = connection;
        this.client = client;
        this.first = connection.first();
        this.wantsHeader = wantsHeader;
        this.wantsHello = wantsHello;
    }

    @Override
    public void begin() {
        // What was sent along with the connect is announced by the first event.
    }

    @Override
    public void ready(Wire wire, boolean writable) {
        if (client.isBroken()) {
            connection.end(Outcome.CLIENT_LEFT);
            return;
        }
        boolean more = true;
        while (more) {
            more = switch (first.read()) {
                case SOME -> !examine();
                case NOTHING -> false;
                case ENDED, FAILED -> end(Outcome.CLIENT_LEFT);
                case FULL -> end(Outcome.HELLO_TOO_LARGE);
                case NO_MEMORY -> {
                    loop.lacks(Errno.ENOMEM, "read a hello");
                    yield end(Outcome.INTERNAL);
                }
            };
        }
    }

    /** Whether it is clear now what comes next. */
    private boolean examine() {
        if (wantsHeader && !examineHeader()) {
            return connection.hasEnded();
        }
        if (!wantsHello) {
            connection.greeted(null);
            return true;
        }
        return switch (first.hello()) {
            case TlsHello.NeedMore() -> false;
            case TlsHello.Client hello -> {
                connection.greeted(hello);
                yield true;
            }
            case TlsHello.NotTls() -> !end(connection.isForgery() ? Outcome.PROXY_HEADER_UNTRUSTED : Outcome.NOT_TLS);
            case TlsHello.Malformed(TlsHello.Reason reason) -> {
                connection.debug("malformed tls hello", reason.label());
                yield !end(Outcome.HELLO_MALFORMED);
            }
            case TlsHello.TooLarge() -> !end(Outcome.HELLO_TOO_LARGE);
        };
    }

    /** Whether there is a header, taken off. */
    private boolean examineHeader() {
        switch (first.proxyHeader()) {
            case ProxyHeader.NeedMore() -> {
                return false;
            }
            case ProxyHeader.Known header -> {
                first.skip(header.length());
                wantsHeader = false;
                connection.announced(header);
                return !connection.hasEnded();
            }
            case ProxyHeader.Absent() -> end(Outcome.PROXY_HEADER_MISSING);
            case ProxyHeader.Malformed(ProxyHeader.Reason reason) -> {
                connection.debug("malformed proxy header", reason.label());
                end(Outcome.PROXY_HEADER_MALFORMED);
            }
        }
        return false;
    }

    private boolean end(Outcome outcome) {
        connection.end(outcome);
        return false;
    }

    @Override
    public void tick(long now) {
        if (now - connection.openedAt() >= connection.listener().helloNanos()) {
            connection.end(wantsHeader ? Outcome.PROXY_HEADER_MISSING : Outcome.HELLO_TIMEOUT);
        }
    }

    @Override
    public void leave(Member gone) {
        // No member is involved yet.
    }

    @Override
    public void abandon(boolean abrupt) {
        // The connection gives the first bytes back.
    }

    @Override
    public @Nullable Member target() {
        return null;
    }

    @Override
    public @Nullable Wire wire() {
        return null;
    }
}
