package io.hawser.healthcheck;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Judges one HTTP answer as it comes in, within bounds. One thread; no I/O. */
final class AnswerReader {

    /*
     * The status decides; the body is read, up to its bound and no further, only so that a member that hangs in the
     * middle of its answer is found out and the connection ends cleanly.
     */
    static final int MAX_HEADER_BYTES = 8 * 1024;
    static final int MAX_BODY_BYTES = 64 * 1024;
    private static final int MAX_LINE_BYTES = 4 * 1024;
    private static final int MAX_INTERIM_ANSWERS = 4;

    private final Set<Integer> expect;
    private int interim;
    private boolean inInterim;
    private @Nullable HttpResponse head;
    private long bodyBytes;

    AnswerReader(Set<Integer> expect) {
        this.expect = expect;
    }

    /** How far an answer is. {@code isComplete}: nothing more of it is to come. */
    sealed interface Progress {
        record More() implements Progress {}

        record Good(String reason, boolean isComplete) implements Progress {}

        record Bad(Cause cause, String reason, boolean isComplete) implements Progress {}
    }

    private static final Progress MORE = new Progress.More();

    static HttpClientCodec codec() {
        return new HttpClientCodec(
                new HttpDecoderConfig()
                        .setMaxInitialLineLength(MAX_LINE_BYTES)
                        .setMaxHeaderSize(MAX_HEADER_BYTES)
                        .setMaxChunkSize(8 * 1024),
                false,
                false);
    }

    Progress on(HttpObject part) {
        if (part.decoderResult().isFailure()) {
            return broken(part.decoderResult());
        }
        if (part instanceof HttpResponse response) {
            var early = onHead(response);
            if (early != null) {
                return early;
            }
        }
        return part instanceof HttpContent content ? onBody(content) : MORE;
    }

    boolean hasBegun() {
        return head != null || interim > 0;
    }

    /** How far the answer has come, in words. */
    String stage() {
        if (head != null) {
            return "status %d, but only %d bytes of the body"
                    .formatted(head.status().code(), bodyBytes);
        }
        return interim > 0 ? "%d interim answers, but no final one".formatted(interim) : "no answer";
    }

    private @Nullable Progress onHead(HttpResponse response) {
        int status = response.status().code();
        if (status == 101) {
            return bad(Cause.NOT_HTTP, "status 101, but no change of protocol was requested");
        }
        inInterim = status < 200;
        if (!inInterim) {
            head = response;
            return null;
        }
        interim++;
        return interim > MAX_INTERIM_ANSWERS
                ? bad(
                        Cause.NOT_HTTP,
                        "more than %d interim answers (the last: status %d)".formatted(MAX_INTERIM_ANSWERS, status))
                : null;
    }

    private Progress onBody(HttpContent content) {
        if (inInterim || head == null) {
            return MORE;
        }
        bodyBytes += content.content().readableBytes();
        boolean isLast = content instanceof LastHttpContent;
        return isLast || bodyBytes > MAX_BODY_BYTES ? judged(head.status().code(), isLast) : MORE;
    }

    private Progress judged(int status, boolean isComplete) {
        if (expect.contains(status)) {
            return new Progress.Good("status " + status, isComplete);
        }
        var wanted = expect.stream().map(String::valueOf).collect(Collectors.joining(" or "));
        return new Progress.Bad(
                Cause.STATUS, "status %d, expected %s%s".formatted(status, wanted, remedy(status)), isComplete);
    }

    private static String remedy(int status) {
        return status == 401 || status == 403
                ? ": the member is alive, but denies the check: give health a bearer-token-file that may read"
                        + " the path, or add " + status + " to expect"
                : "";
    }

    private Progress broken(DecoderResult result) {
        var cause = result.cause();
        return switch (cause) {
            case TooLongHttpHeaderException _ ->
                bad(Cause.TOO_LARGE, "answer's headers are larger than %d bytes".formatted(MAX_HEADER_BYTES));
            case TooLongHttpLineException _ ->
                bad(Cause.TOO_LARGE, "answer's first line is longer than %d bytes".formatted(MAX_LINE_BYTES));
            default -> bad(Cause.NOT_HTTP, "answer is not HTTP: " + ConnectErrors.words(cause));
        };
    }

    private static Progress bad(Cause cause, String reason) {
        return new Progress.Bad(cause, reason, false);
    }
}
