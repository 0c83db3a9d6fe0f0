package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatusDocumentTest {
    @Test
    void readsWhatItWrites() {
        for (Status status : List.of(Samples.good(), Samples.bad())) {
            assertEquals(new StatusDocument.Parsed.Ok(status), StatusDocument.parse(StatusDocument.write(status)));
        }
    }

    @Test
    void writesWhatIsWrongForReadersThatDoNotDeriveIt() {
        String text = new String(StatusDocument.write(Samples.bad()), UTF_8);
        assertTrue(
                text.contains("\"problems\":[\"this node cannot serve: pool masters has no member that is up\""), text);
        assertTrue(text.contains("\"lastAdvertAgeSeconds\":0.412"), text);
        assertTrue(text.contains("\"checkLatencySeconds\":null"), text);
    }

    @Test
    void saysWhichFieldIsWrong() {
        String text =
                new String(StatusDocument.write(Samples.good()), UTF_8).replace("\"weight\":100", "\"weight\":-1");
        var bad = assertInstanceOf(StatusDocument.Parsed.Bad.class, StatusDocument.parse(text.getBytes(UTF_8)));
        assertEquals(Unreadable.WRONG_SHAPE, bad.reason());
        assertTrue(bad.detail().startsWith("pools[0].members[0].weight: wanted a whole number"), bad.detail());
    }

    @Test
    void problemsNameEverythingThatIsWrongWorstFirst() {
        assertEquals(List.of(), Problems.of(Samples.good()));
        assertEquals(
                List.of(
                        "this node cannot serve: pool masters has no member that is up",
                        "nobody is known to hold the addresses of router api",
                        "address 10.77.0.10 is on this node, but router api is backup",
                        "listener kube-api is not bound to 10.77.0.10:6443",
                        "listener kube-api has paused accepting at 0 connections",
                        "pool masters has no member that is up",
                        "member masters/m1 is down for 1 min 5 s: connect to 10.77.0.21:6443 refused",
                        "node lb2 does not answer: connection refused",
                        "certificate api.pem expires in 3 d"),
                Problems.of(Samples.bad()));
    }
}
