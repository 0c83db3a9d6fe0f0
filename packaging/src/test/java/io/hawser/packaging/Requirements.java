package io.hawser.packaging;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What a test needs of the machine; a test that lacks it is skipped by the name of what is missing. */
final class Requirements {
    private Requirements() {}

    /** The right to make network namespaces, and the tools for it. */
    static void namespaces() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: network namespaces");
        tools("ip", "nft");
        assumeTrue(
                succeeds("sh", "-c", "ip netns add hawser-may && ip netns del hawser-may"),
                "needs the right to make network namespaces (in a container: --privileged)");
    }

    /** Commands that must be installed. */
    static void tools(String... names) {
        List<String> missing =
                Stream.of(names).filter(name -> !isInstalled(name)).toList();
        assumeTrue(missing.isEmpty(), "needs " + String.join(", ", missing) + " to be installed");
    }

    /** The built distribution. */
    static Path launcher() {
        Path launcher = Path.of("target", "dist", "bin", "hawser").toAbsolutePath();
        if (!Files.isExecutable(launcher)) {
            throw new IllegalStateException(
                    launcher + " is not there: run these tests through Maven, which packages first");
        }
        return launcher;
    }

    /** The built tar. */
    static Path tar() {
        Path tar = Path.of("target", "hawser.tar.gz").toAbsolutePath();
        if (!Files.exists(tar)) {
            throw new IllegalStateException(
                    tar + " is not there: run these tests through Maven, without -Dhawser.tar=false");
        }
        return tar;
    }

    /** The built image. */
    static Path image() {
        assumeTrue(
                "amd64".equals(System.getProperty("os.arch")),
                "needs an amd64 machine: the image is built for the machine that builds it");
        Path image = Path.of("target", "hawser-image-amd64.tar").toAbsolutePath();
        if (!Files.exists(image)) {
            throw new IllegalStateException(
                    image + " is not there: run these tests through Maven, without -Dhawser.tar=false");
        }
        return image;
    }

    private static boolean isInstalled(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin";
        return Stream.of(path.split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, name)));
    }

    private static boolean succeeds(String... command) {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
