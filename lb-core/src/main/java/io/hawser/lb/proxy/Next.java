package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.tls.Session;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What comes next for a connection, as the {@link Phase} says that it is in: a phase does not know the others. Immutable;
 * what it holds is the connection's from then on.
 */
sealed interface Next {
    /** The phase goes on; the answer to nearly all news, so that it costs nothing. */
    Next STAY = new Stay();

    /** Each connection ends once, and costs nothing by that. */
    Map<Outcome, End> ENDS = Arrays.stream(Outcome.values())
            .collect(Collectors.toMap(
                    outcome -> outcome, End::new, (first, _) -> first, () -> new EnumMap<>(Outcome.class)));

    /** The connection is over. */
    static Next ending(Outcome outcome) {
        return requireNonNull(ENDS.get(outcome));
    }

    /** The phase goes on. */
    record Stay() implements Next {}

    /**
     * See {@link #ending}.
     *
     * @param outcome how it ended
     */
    record End(Outcome outcome) implements Next {}

    /**
     * The client has said what it had to say first.
     *
     * @param hello its ClientHello, if that was asked for; else null
     */
    record Greeted(TlsHello.@Nullable Client hello) implements Next {}

    /**
     * The handshake with the client is complete.
     *
     * @param session which stays its endpoint's
     */
    record Secured(Session session) implements Next {}

    /**
     * A member is found.
     *
     * @param attempt the attempt that has succeeded
     * @param rest what the member has not got yet; null for nothing
     * @param answer what it has said; null for nothing
     */
    record Connected(
            Attempt attempt,
            @Nullable Buffer rest,
            @Nullable Buffer answer) implements Next {}

    /**
     * From now on bytes go to and fro: first those that the client has sent already, and the answer.
     *
     * @param attempt with whom
     * @param answer what the member has said; null for nothing
     */
    record Relay(Attempt attempt, @Nullable Buffer answer) implements Next {}

    /**
     * The member is gone before it or the client has said anything: another one has the connection, if there is one.
     *
     * @param attempt the member's, not abandoned yet
     * @param why what is to be told of the member when there is another one; null for nothing
     * @param otherwise what comes next when there is none
     */
    record Elsewhere(Attempt attempt, @Nullable ConnectFailure why, Next otherwise) implements Next {}

    /**
     * The client has sent a hello to a member that has said nothing: it is raced if it may be, and else relayed.
     *
     * @param attempt the member's, which has got nothing of it
     * @param hello what the first bytes are
     */
    record Race(Attempt attempt, TlsHello.Client hello) implements Next {}
}
