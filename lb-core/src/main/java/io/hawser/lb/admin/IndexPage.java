package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.List;

/** The page at /: the state in words and where to find more. */
final class IndexPage {
    private static final String STYLE = """
            body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
            h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:1.5rem}a{color:#0550ae}
            @media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#79c0ff}}""";

    private IndexPage() {}

    /** The page in UTF-8. */
    static byte[] of(Status status, List<String> paths) {
        var html = new StringBuilder(4_000)
                .append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>hawser ")
                .append(escaped(status.node()))
                .append("</title><style>")
                .append(STYLE)
                .append("</style></head><body><h1>hawser on ")
                .append(escaped(status.node()))
                .append("</h1>");
        paragraph(
                html,
                "Version " + status.version() + ", running for "
                        + Problems.words(Duration.between(status.startedAt(), status.at())) + ". This node "
                        + (status.fit() ? "can serve." : "cannot serve."));
        section(html, "What is wrong", Problems.of(status), "Nothing that this node knows of.");
        section(
                html,
                "Virtual addresses",
                status.routers().stream().map(IndexPage::words).toList(),
                "None configured.");
        section(html, "Members", status.pools().stream().map(IndexPage::words).toList(), "None configured.");
        html.append("<h2>More</h2><ul>");
        for (String path : paths) {
            html.append("<li><a href=\"")
                    .append(escaped(path))
                    .append("\">")
                    .append(escaped(path))
                    .append("</a></li>");
        }
        return html.append("</ul></body></html>\n").toString().getBytes(UTF_8);
    }

    private static String words(Status.Router router) {
        String addresses = String.join(
                ", ", router.addresses().stream().map(Status.Address::address).toList());
        String holder = router.activeNode() == null ? "nobody that is known" : router.activeNode();
        return addresses + " (router " + router.name() + "): held by " + holder + "; this node is "
                + JsonWriter.word(router.state()) + ", because " + router.cause();
    }

    private static String words(Status.Pool pool) {
        List<String> members = pool.members().stream()
                .map(member -> member.name() + " is " + JsonWriter.word(member.health()) + " with "
                        + member.connections() + (member.connections() == 1 ? " connection" : " connections"))
                .toList();
        return "pool " + pool.name() + ": " + String.join(", ", members);
    }

    private static void section(StringBuilder html, String title, List<String> lines, String none) {
        html.append("<h2>").append(title).append("</h2>");
        if (lines.isEmpty()) {
            paragraph(html, none);
            return;
        }
        html.append("<ul>");
        lines.forEach(line -> html.append("<li>").append(escaped(line)).append("</li>"));
        html.append("</ul>");
    }

    private static void paragraph(StringBuilder html, String text) {
        html.append("<p>").append(escaped(text)).append("</p>");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
