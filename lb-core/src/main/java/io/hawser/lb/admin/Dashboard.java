package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The page at /: one file without requests to anybody else, which reads /status and /events of the node it came from.
 * Immutable.
 */
final class Dashboard {

    /*
     * Names and messages of other machines end up on this page. Two walls keep them from becoming anything but text: the
     * script builds elements and never markup, and the policy runs no script and applies no style but these very bytes.
     */

    private final byte[] page;
    private final String policy;

    private Dashboard(byte[] page, String policy) {
        this.page = page;
        this.policy = policy;
    }

    /** Reads it from the class path. */
    static Dashboard load() {
        try (InputStream file = Dashboard.class.getResourceAsStream("dashboard.html")) {
            if (file == null) {
                throw new IllegalStateException("dashboard.html is not next to " + Dashboard.class);
            }
            byte[] page = file.readAllBytes();
            String text = new String(page, UTF_8);
            return new Dashboard(
                    page,
                    "content-security-policy: default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none';"
                            + " form-action 'none'; frame-ancestors 'none'; style-src " + source(text, "style")
                            + "; script-src " + source(text, "script"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The element's text as Content Security Policy 3 names it (section 6.7.3.3). */
    private static String source(String page, String element) {
        int from = page.indexOf("<" + element + ">") + element.length() + 2;
        int to = page.indexOf("</" + element + ">", from);
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(page.substring(from, to).getBytes(UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The answer to a request for it. */
    Reply reply() {
        return Reply.ok("text/html; charset=utf-8", page).with(policy);
    }
}
