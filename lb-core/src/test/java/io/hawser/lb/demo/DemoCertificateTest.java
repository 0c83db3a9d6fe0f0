package io.hawser.lb.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.cert.CertificateExpiredException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DemoCertificateTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @Test
    void isValidForTheAddressesAndAFewDays() throws Exception {
        X509Certificate certificate = DemoCertificate.create("masters", List.of("10.77.0.10", "fd77::1"), NOW)
                .certificate();

        assertEquals(
                List.of("10.77.0.10", "fd77:0:0:0:0:0:0:1"),
                certificate.getSubjectAlternativeNames().stream()
                        .map(name -> name.get(1))
                        .toList());
        certificate.checkValidity(Date.from(NOW));
        assertThrows(
                CertificateExpiredException.class,
                () -> certificate.checkValidity(Date.from(NOW.plusSeconds(8 * 86_400))));
    }

    @Test
    void manyAddressesNeedLongLengths() throws Exception {
        List<String> addresses =
                IntStream.range(0, 200).mapToObj(i -> "10.0.1." + i).toList();

        X509Certificate certificate =
                DemoCertificate.create("masters", addresses, NOW).certificate();

        assertEquals(200, certificate.getSubjectAlternativeNames().size());
        assertTrue(certificate.getEncoded().length > 0x100);
    }

    @Test
    void anAddressMustBeLiteral() {
        assertThrows(IllegalStateException.class, () -> DemoCertificate.create("m", List.of("example.org"), NOW));
    }
}
