package io.hawser.lb.daemon;

import io.hawser.lb.admin.AccessLog;
import io.hawser.lb.balance.Member;
import io.hawser.lb.proxy.ConnectFailure;
import io.hawser.lb.proxy.ConnectionRecord;
import io.hawser.lb.proxy.ProxyEvents;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** Hands on what connections tell: of members to their checks, of themselves to the access log. On the event loops. */
final class ConnectionEvents implements ProxyEvents {
    private final CurrentConfiguration current;
    private final Supplier<MemberChecks> checks;
    private final AccessLog accessLog;

    /** @param accessLog takes the connections that have ended, those that are wanted */
    ConnectionEvents(CurrentConfiguration current, Supplier<MemberChecks> checks, AccessLog accessLog) {
        this.current = current;
        this.checks = checks;
        this.accessLog = accessLog;
    }

    @Override
    public void memberFailed(Member member, ConnectFailure why) {
        MemberChecks checking = checks.get();
        // What a client may have brought about is a reason to look, and counts for nothing.
        if (why.isProof()) {
            checking.connectionFailed(ConfigMapper.target(member));
        } else if (why == ConnectFailure.HUNG) {
            checking.connectionHangs(ConfigMapper.target(member));
        } else {
            checking.checkNow(ConfigMapper.target(member));
        }
    }

    @Override
    public boolean wantsRecords() {
        return current.active().access().isNeeded();
    }

    @Override
    public void ended(ConnectionRecord connection) {
        if (current.active().access().takes(connection, ThreadLocalRandom.current()::nextInt)) {
            accessLog.add(AccessFilter.line(connection, Instant.now()));
        }
    }

    @Override
    public void connectionLost(Member member) {
        checks.get().checkNow(ConfigMapper.target(member));
    }
}
