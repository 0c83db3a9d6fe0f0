package io.hawser.lb.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class UnixSocketTest {
    @TempDir
    Path folder;

    private static AdminServer server() {
        return AdminServer.start(new AdminSources(
                () -> Samples.health(true), List::of, List::of, Samples::good, Samples.metrics(), Samples.events()));
    }

    @Test
    void makesTheFolderAndASocketThatOnlyItsUserMayOpen() throws IOException {
        Path path = folder.resolve("run/hawser/hawser.sock");
        try (AdminServer server = server()) {
            server.listen(path, Commands.NONE);
            assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(path.getParent())));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
            try (Stream<Path> files = Files.list(path.getParent())) {
                assertEquals(List.of(path), files.toList());
            }
        }
    }

    @Test
    void replacesTheSocketOfADeadProcess() throws IOException {
        Path path = folder.resolve("a.sock");
        try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(path));
        }
        assertTrue(Files.exists(path), "the file outlives its process");
        try (AdminServer server = server()) {
            server.listen(path, Commands.NONE);
            try (RawHttp client = RawHttp.to(path)) {
                assertEquals(200, client.get("/livez").status());
            }
        }
    }

    @Test
    void refusesASocketThatSomebodyAnswers() throws IOException {
        Path path = folder.resolve("a.sock");
        try (AdminServer first = server();
                AdminServer second = server()) {
            first.listen(path, Commands.NONE);
            var failure = assertThrows(AdminException.class, () -> second.listen(path, Commands.NONE));
            assertTrue(String.valueOf(failure.getMessage()).contains("answered by another running process"));
            try (RawHttp client = RawHttp.to(path)) {
                assertEquals(200, client.get("/livez").status());
            }
        }
    }

    @Test
    void doesNotTouchAFileThatIsNoSocket() throws IOException {
        Path path = Files.writeString(folder.resolve("precious"), "data");
        try (AdminServer server = server()) {
            var failure = assertThrows(AdminException.class, () -> server.listen(path, Commands.NONE));
            assertTrue(String.valueOf(failure.getMessage()).contains("is not a socket"));
        }
        assertEquals("data", Files.readString(path));
    }

    @Test
    void leavesTheSocketOfItsSuccessor() throws IOException {
        Path path = folder.resolve("a.sock");
        try (AdminServer second = server()) {
            try (AdminServer first = server()) {
                first.listen(path, Commands.NONE);
                Files.delete(path);
                second.listen(path, Commands.NONE);
            }
            try (RawHttp client = RawHttp.to(path)) {
                assertEquals(200, client.get("/livez").status());
            }
        }
    }

    @Test
    void namesAPathThatIsTooLong() {
        try (AdminServer server = server()) {
            var failure = assertThrows(
                    AdminException.class, () -> server.listen(folder.resolve("x".repeat(120)), Commands.NONE));
            assertTrue(String.valueOf(failure.getMessage()).contains("at most 107"));
        }
    }
}
