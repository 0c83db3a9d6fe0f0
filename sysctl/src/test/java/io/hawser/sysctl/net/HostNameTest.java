package io.hawser.sysctl.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostNameTest {

    @ParameterizedTest
    @CsvSource({
        "api.example, api.example",
        "API.Example., api.example",
        "*.EXAMPLE., *.example",
        "a.., a.",
        "., .",
        "'', ''",
        "\u212Aey.example, \u212Aey.example",
    })
    void isInLowerCaseAndEndsInNoDot(String given, String canonical) {
        assertEquals(canonical, HostName.canonical(given));
    }
}
