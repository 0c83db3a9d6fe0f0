package io.hawser.lb.daemon;

import io.hawser.healthcheck.CheckResult;
import io.hawser.healthcheck.HealthChange;
import io.hawser.healthcheck.HealthListener;
import io.hawser.healthcheck.Target;
import io.hawser.lb.admin.AccessLog;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Latency;
import io.hawser.lb.admin.LatencyFamily;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.balance.Member;
import io.hawser.lb.proxy.ConnectFailure;
import io.hawser.lb.proxy.ConnectionRecord;
import io.hawser.lb.proxy.ProxyEvents;
import io.hawser.vrrp.VrrpListener;
import io.hawser.vrrp.VrrpSpeaker;
import io.hawser.vrrp.election.Evidence;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Hands on what the parts tell: to each other, to the event log and to the metrics. Each on the thread of its part. */
final class EventFanout {
    private final Parts parts;
    private final EventLog events;
    private final LatencyFamily checks;
    private final Latency tickLate;
    private final AccessLog accessLog;
    private final LateTicks late = new LateTicks();
    private final Runnable lookNow;

    /**
     * EventFanout of the parts.
     *
     * @param checks takes how long checks took, by pool and member
     * @param tickLate takes how late the timers of the vrrp thread ran
     * @param accessLog takes the connections that have ended, those that are wanted
     * @param lookNow run when something changed that fitness depends on; any thread, returns at once
     */
    EventFanout(
            Parts parts,
            EventLog events,
            LatencyFamily checks,
            Latency tickLate,
            AccessLog accessLog,
            Runnable lookNow) {
        this.parts = parts;
        this.events = events;
        this.checks = checks;
        this.tickLate = tickLate;
        this.accessLog = accessLog;
        this.lookNow = lookNow;
    }

    /** How late the vrrp thread woke up at worst in the last minutes. */
    Duration worstTickLately() {
        return late.worst(System.nanoTime());
    }

    /** EventFanout of members, on the health loop. */
    HealthListener ofMembers() {
        return new OfMembers();
    }

    /** EventFanout of real connections, on the event loops. */
    ProxyEvents ofConnections() {
        return new OfConnections();
    }

    /** EventFanout of virtual routers, on the vrrp thread. */
    VrrpListener ofRouters() {
        return new OfRouters();
    }

    /** EventFanout of the other nodes, on the health loop. */
    Peers.Sink ofPeers() {
        return new OfPeers();
    }

    private final class OfMembers implements HealthListener {
        @Override
        public void changed(HealthChange change) {
            ActiveConfiguration running = parts.running();
            Member member = running.member(change.target());
            if (member == null) {
                return;
            }
            running.pool(member.pool()).health(member, ConfigMapper.health(change.to()));
            boolean isGood = change.to() == io.hawser.healthcheck.Health.UP;
            events.append(
                    "member-health",
                    isGood ? Severity.INFO : Severity.WARNING,
                    member.pool() + "/" + member.name(),
                    label(change.from()) + " to "
                            + label(change.to()) + ": "
                            + change.why().reason());
            lookNow.run();
        }

        private String label(io.hawser.healthcheck.Health health) {
            return health.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public void checked(Target target, CheckResult result) {
            if (result.tookNanos() > 0) {
                checks.of(target.pool(), target.member()).record(result.tookNanos());
            }
        }
    }

    private final class OfConnections implements ProxyEvents {
        @Override
        public void memberFailed(Member member, ConnectFailure why) {
            MemberChecks checking = parts.checks();
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
            return parts.running().access().isNeeded();
        }

        @Override
        public void ended(ConnectionRecord connection) {
            if (parts.running().access().takes(connection, ThreadLocalRandom.current()::nextInt)) {
                accessLog.add(AccessFilter.line(connection, Instant.now()));
            }
        }

        @Override
        public void connectionLost(Member member) {
            parts.checks().checkNow(ConfigMapper.target(member));
        }
    }

    private final class OfRouters implements VrrpListener {
        @Override
        public void moved(Transition transition) {
            StateChangeEvent.record(transition);
            events.append(
                    "vrrp-state",
                    Severity.INFO,
                    transition.router(),
                    transition.from().label() + " to " + transition.to().label() + " (" + transition.cause() + "): "
                            + transition.explanation());
        }

        @Override
        public void alarmed(Alarm alarm) {
            events.append("vrrp-" + alarm.kind().label(), Severity.WARNING, alarm.router(), alarm.explanation());
        }

        @Override
        public void released(Set<InetAddress> addresses) {
            parts.dataPath().closeConnectionsTo(addresses);
        }

        @Override
        public void ticked(long lateNanos) {
            tickLate.record(lateNanos);
            late.ticked(System.nanoTime(), lateNanos);
            LateTickEvent.record(lateNanos);
        }
    }

    private final class OfPeers implements Peers.Sink {
        @Override
        public void evidence(String router, Evidence evidence) {
            VrrpSpeaker speaking = parts.speaker();
            if (speaking != null) {
                speaking.evidence(router, evidence);
            }
        }

        @Override
        public void changed(Peers.View before, Peers.View now) {
            if (before.isUp() == now.isUp() && isFit(before) == isFit(now)) {
                return;
            }
            events.append(
                    "peer",
                    isFit(now) ? Severity.INFO : Severity.WARNING,
                    now.node().name(),
                    words(now));
        }

        private static String words(Peers.View peer) {
            if (!peer.isUp()) {
                return "does not answer: " + peer.problem();
            }
            return isFit(peer) ? "answers, and can serve" : "answers, and cannot serve";
        }

        private static boolean isFit(Peers.View peer) {
            return peer.health() != null && peer.health().fit();
        }
    }
}
