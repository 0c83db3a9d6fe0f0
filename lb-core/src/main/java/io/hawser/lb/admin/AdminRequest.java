package io.hawser.lb.admin;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED;
import static io.netty.handler.codec.http.HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE;
import static io.netty.handler.codec.http.HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
import static io.netty.handler.codec.http.HttpResponseStatus.REQUEST_URI_TOO_LONG;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for: what this server reads of a request's line and header. Admin thread.
 *
 * @param http as it was decoded, perhaps in part only
 */
record AdminRequest(HttpRequest http) {
    /** Why it is no HTTP request that this server takes, whatever it is for; null when it is one. */
    @Nullable
    Reply refusal() {
        if (isMalformed()) {
            return malformed(http.decoderResult().cause());
        }
        if (http.protocolVersion().majorVersion() != 1) {
            return Reply.refusal(HTTP_VERSION_NOT_SUPPORTED, "this server speaks HTTP/1.1");
        }
        if (http.headers().contains(HttpHeaderNames.TRANSFER_ENCODING) || HttpUtil.getContentLength(http, 0L) != 0) {
            return Reply.refusal(REQUEST_ENTITY_TOO_LARGE, "send no body: this server takes none");
        }
        return null;
    }

    private static Reply malformed(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return Reply.refusal(REQUEST_URI_TOO_LONG, "request line above " + AdminLimits.MAX_LINE + " bytes");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return Reply.refusal(
                    REQUEST_HEADER_FIELDS_TOO_LARGE, "request header above " + AdminLimits.MAX_HEADER + " bytes");
        }
        return Reply.refusal(BAD_REQUEST, "not an HTTP request");
    }

    /** Whether it could not be decoded: nothing else that it says is worth anything. */
    boolean isMalformed() {
        return http.decoderResult().isFailure();
    }

    /** Whether the head of the answer is wanted without its body. */
    boolean isHeadOnly() {
        return http.method().equals(HttpMethod.HEAD);
    }

    /** Whether it only reads. */
    boolean isRead() {
        return isHeadOnly() || http.method().equals(HttpMethod.GET);
    }

    boolean isPost() {
        return http.method().equals(HttpMethod.POST);
    }

    /** What it is for, as the client wrote it. */
    String target() {
        return http.uri();
    }

    /** The path of its target in origin or absolute form (RFC 9112, 3.2), without its query. */
    String path() {
        String target = target();
        int start = 0;
        int scheme = target.indexOf("://");
        if (scheme > 0 && !target.startsWith("/")) {
            start = target.indexOf('/', scheme + 3);
            if (start < 0) {
                return "/";
            }
        }
        int end = target.indexOf('?', start);
        return end < 0 ? target.substring(start) : target.substring(start, end);
    }

    /** The parameters of its query, the last value of each. */
    Map<String, String> arguments() {
        Map<String, String> arguments = new LinkedHashMap<>();
        new QueryStringDecoder(target()).parameters().forEach((key, values) -> arguments.put(key, values.getLast()));
        return arguments;
    }

    /** By which names it asks; one, of a client that keeps to RFC 9112, 3.2. */
    List<String> hosts() {
        return http.headers().getAll(HttpHeaderNames.HOST);
    }

    /** Which types of content it takes. */
    String accept() {
        return String.join(",", http.headers().getAll(HttpHeaderNames.ACCEPT));
    }

    /** The last event that the client has had; 0 for none. */
    long lastEventId() {
        String id = http.headers().get("last-event-id", "0");
        // At most 18 digits, so that it is a long.
        return id.matches("[0-9]{1,18}") ? Long.parseLong(id) : 0;
    }

    /** Whether more may be asked on the connection after it. */
    boolean staysOpen() {
        return HttpUtil.isKeepAlive(http);
    }

    boolean isHttp11() {
        return http.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0;
    }
}
