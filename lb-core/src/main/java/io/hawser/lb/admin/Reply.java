package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** A whole answer. Immutable, as nobody writes to its body; so one may be sent to many at a time. */
final class Reply {
    static final String JSON = "application/json";
    static final String JSON_LINES = "application/x-ndjson";
    static final String EVENT_STREAM = "text/event-stream";

    /** The form of the Date header (RFC 9110, 5.6.7). */
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private final HttpResponseStatus status;
    private final String contentType;
    private final List<byte[]> body;
    private final List<String> headers;

    private Reply(HttpResponseStatus status, String contentType, List<byte[]> body, List<String> headers) {
        this.status = status;
        this.contentType = contentType;
        this.body = body;
        this.headers = headers;
    }

    /** An answer whose status says more than 200 does. */
    static Reply of(HttpResponseStatus status, String contentType, byte[] body) {
        return new Reply(status, contentType, List.of(body), List.of());
    }

    /** An answer whose body is {@code parts}, one after the other. */
    static Reply ok(String contentType, List<byte[]> parts) {
        return new Reply(HttpResponseStatus.OK, contentType, parts, List.of());
    }

    static Reply ok(String contentType, byte[] body) {
        return of(HttpResponseStatus.OK, contentType, body);
    }

    /** A refusal that says why and what to do. */
    static Reply refusal(HttpResponseStatus status, String why) {
        byte[] body =
                JsonWriter.bytes(json -> json.number("status", status.code()).text("error", why));
        return of(status, JSON, body);
    }

    HttpResponseStatus status() {
        return status;
    }

    /** The body as one array, copied when it has several parts. */
    byte[] body() {
        return body.size() == 1 ? body.getFirst() : joined(new byte[0], body);
    }

    /** The body, piece by piece. */
    List<byte[]> parts() {
        return body;
    }

    /** This answer with one more header line, which holds our own words only. */
    Reply with(String header) {
        return new Reply(status, contentType, body, List.of(header));
    }

    /** The bytes on the wire before the body. */
    byte[] head(boolean keepAlive, boolean http10) {
        return head(status, contentType, headers, now())
                .append("content-length: ")
                .append(body.stream().mapToLong(part -> part.length).sum())
                .append("\r\n")
                // HTTP/1.0 clients that asked for it must be told that the connection stays (RFC 9112, C.2.2).
                .append(!keepAlive ? "connection: close\r\n" : http10 ? "connection: keep-alive\r\n" : "")
                .append("\r\n")
                .toString()
                .getBytes(US_ASCII);
    }

    /** All bytes on the wire, of a short answer. */
    byte[] bytes(boolean keepAlive) {
        return joined(head(keepAlive, false), body);
    }

    private static byte[] joined(byte[] head, List<byte[]> parts) {
        var all = new ByteArrayOutputStream(256 + head.length);
        all.writeBytes(head);
        parts.forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** The header of an answer without length, which ends with the connection. */
    static byte[] streamHead(String contentType) {
        return head(HttpResponseStatus.OK, contentType, List.of(), now())
                .append("connection: close\r\n\r\n")
                .toString()
                .getBytes(US_ASCII);
    }

    private static StringBuilder head(
            HttpResponseStatus status, String contentType, List<String> headers, String date) {
        var head = new StringBuilder(320)
                .append("HTTP/1.1 ")
                .append(status.code())
                .append(' ')
                .append(status.reasonPhrase())
                .append("\r\ndate: ")
                .append(date)
                .append("\r\ncontent-type: ")
                .append(contentType)
                .append("\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n");
        headers.forEach(header -> head.append(header).append("\r\n"));
        return head;
    }

    private static String now() {
        return DATE.format(Instant.now());
    }
}
