package io.hawser.lb.proxy;

import io.hawser.lb.admission.Refusal;
import io.hawser.lb.balance.Member;
import io.hawser.lb.inspect.FirstBytes;
import io.hawser.lb.inspect.ProxyHeader;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.Errno;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a client must say before a member can be chosen: a PROXY header where its network is trusted with one, and a
 * ClientHello where that decides. Event loop of the connection.
 */
final class InspectPhase implements Phase {
    private final Caller caller;
    private final FirstBytes first;
    private final boolean wantsHello;
    private boolean wantsHeader;

    InspectPhase(Caller caller, boolean wantsHeader, boolean wantsHello) {
        this.caller = caller;
        this.first = caller.first();
        this.wantsHeader = wantsHeader;
        this.wantsHello = wantsHello;
    }

    @Override
    public Next begin() {
        // What was sent along with the connect is announced by the first event.
        return Next.STAY;
    }

    @Override
    public Next ready(Endpoint endpoint, boolean writable) {
        if (caller.endpoint().isBroken()) {
            return Next.ending(Outcome.CLIENT_LEFT);
        }
        while (true) {
            switch (first.read()) {
                case SOME -> {
                    Next next = examine();
                    if (!(next instanceof Next.Stay)) {
                        return next;
                    }
                }
                case NOTHING -> {
                    return Next.STAY;
                }
                case ENDED, FAILED -> {
                    return Next.ending(Outcome.CLIENT_LEFT);
                }
                case FULL -> {
                    return Next.ending(Outcome.HELLO_TOO_LARGE);
                }
                case NO_MEMORY -> {
                    caller.loop().onResourceShortage(Errno.ENOMEM, "read a ClientHello");
                    return Next.ending(Outcome.INTERNAL);
                }
            }
        }
    }

    /** What comes next, if that is clear now. */
    private Next examine() {
        if (wantsHeader) {
            Next next = examineHeader();
            if (wantsHeader || !(next instanceof Next.Stay)) {
                return next;
            }
        }
        if (!wantsHello) {
            return new Next.Greeted(null);
        }
        return switch (first.hello()) {
            case TlsHello.NeedMore() -> Next.STAY;
            case TlsHello.Client hello -> new Next.Greeted(hello);
            case TlsHello.NotTls() ->
                Next.ending(caller.isUntrustedProxyHeader() ? Outcome.PROXY_HEADER_UNTRUSTED : Outcome.NOT_TLS);
            case TlsHello.Malformed(TlsHello.Reason reason) -> {
                caller.debug("malformed tls hello", reason.label());
                yield Next.ending(Outcome.HELLO_MALFORMED);
            }
            case TlsHello.TooLarge() -> Next.ending(Outcome.HELLO_TOO_LARGE);
        };
    }

    /** Takes the header off, if it is there; says what comes next if that is not the hello. */
    private Next examineHeader() {
        return switch (first.proxyHeader()) {
            case ProxyHeader.NeedMore() -> Next.STAY;
            case ProxyHeader.Known header -> {
                first.skip(header.length());
                wantsHeader = false;
                Refusal refusal = caller.announced(header);
                yield refusal == null ? Next.STAY : Next.ending(Outcome.of(refusal));
            }
            case ProxyHeader.Absent() -> Next.ending(Outcome.PROXY_HEADER_MISSING);
            case ProxyHeader.Malformed(ProxyHeader.Reason reason) -> {
                caller.debug("malformed proxy header", reason.label());
                yield Next.ending(Outcome.PROXY_HEADER_MALFORMED);
            }
        };
    }

    @Override
    public Next tick(long now) {
        if (now - caller.openedAt() < caller.listener().helloNanos()) {
            return Next.STAY;
        }
        return Next.ending(wantsHeader ? Outcome.PROXY_HEADER_MISSING : Outcome.HELLO_TIMEOUT);
    }

    @Override
    public Next onMemberRemoved(Member gone) {
        // No member is involved yet.
        return Next.STAY;
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
    public @Nullable Endpoint endpoint() {
        return null;
    }
}
