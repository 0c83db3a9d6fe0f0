package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.hawser.testkit.Corpus;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a peer, or somebody in its place, answers on /healthz. */
@Tag("fuzz")
class HealthDocumentFuzzTest {
    private static final String DOCUMENTS = "HealthDocumentFuzzTestInputs/documents";

    @FuzzTest(maxDuration = "3m")
    void documents(byte[] bytes) {
        switch (HealthDocument.parse(bytes)) {
            case HealthDocument.Parsed.Bad(var _, String detail) ->
                assertTrue(detail.length() <= 2_000, () -> detail.length() + " characters of detail");
            case HealthDocument.Parsed.Ok(NodeHealth health) ->
                assertEquals(
                        new HealthDocument.Parsed.Ok(health),
                        HealthDocument.parse(health.json()),
                        "what is understood can be said again");
        }
    }

    @Test
    void whatNodesAnsweredIsUnderstood() {
        Corpus.read(HealthDocumentFuzzTest.class, DOCUMENTS).stream()
                .filter(bytes -> new String(bytes, java.nio.charset.StandardCharsets.UTF_8).startsWith("{\"node\""))
                .forEach(bytes -> assertInstanceOf(HealthDocument.Parsed.Ok.class, HealthDocument.parse(bytes)));
    }

    @Test
    void damagedDocumentsAreRead() {
        Corpus.damaged(HealthDocumentFuzzTest.class, DOCUMENTS, this::documents);
    }
}
