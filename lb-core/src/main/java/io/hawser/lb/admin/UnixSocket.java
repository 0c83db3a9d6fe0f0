package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file of the unix socket: free to take or not, made visible only with its final rights, removed only if ours. */
final class UnixSocket {
    /** sun_path of unix(7) is 108 bytes with its closing zero. */
    private static final int MAX_PATH = 107;

    private static final Logger log = LoggerFactory.getLogger(UnixSocket.class);

    private final Path path;
    private final Path hidden;
    private @Nullable Object fileKey;

    /** The socket that is to appear at {@code path}. */
    UnixSocket(Path path) {
        this.path = path.toAbsolutePath();
        // Bound under another name and moved when its rights are set, so that nobody can connect in between.
        hidden = this.path.resolveSibling("." + ProcessHandle.current().pid());
    }

    /** Makes sure that the path may be taken and gives the path to bind; {@link #publish} follows. */
    Path prepare() {
        int length = Math.max(
                hidden.toString().getBytes(UTF_8).length, path.toString().getBytes(UTF_8).length);
        if (length > MAX_PATH) {
            throw new AdminException("admin.socket " + path + " is too long for a unix socket: " + length
                    + " bytes, at most " + MAX_PATH + "; choose a shorter path");
        }
        try {
            createFolder(Objects.requireNonNull(path.getParent(), "folder of the socket"));
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                refuseUnlessStale();
                log.atInfo().addKeyValue("socket", path).log("socket of a dead process will be replaced");
            }
            Files.deleteIfExists(hidden);
            return hidden;
        } catch (IOException e) {
            throw failed("prepare", e);
        }
    }

    /** Gives the bound socket its rights and its name. */
    void publish() {
        try {
            Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rw-------"));
            fileKey = fileKey(hidden);
            Files.move(hidden, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failed("publish", e);
        }
    }

    /** Removes the file, unless another process has put its own there meanwhile. */
    void remove() {
        try {
            Files.deleteIfExists(hidden);
            if (fileKey != null
                    && Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                    && Objects.equals(fileKey, fileKey(path))) {
                Files.delete(path);
            }
        } catch (IOException e) {
            log.atWarn().addKeyValue("socket", path).setCause(e).log("removing the unix socket failed");
        }
    }

    private static void createFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private void refuseUnlessStale() throws IOException {
        BasicFileAttributes attributes =
                Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isOther()) {
            throw new AdminException("admin.socket " + path
                    + " exists and is not a socket; move it away or choose another admin.socket");
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            // Refused: the file outlived its process.
            if (String.valueOf(e.getMessage()).contains("refused")) {
                return;
            }
            throw e;
        }
        throw new AdminException("admin.socket " + path
                + " is answered by another running process; stop that hawser or choose another admin.socket");
    }

    private static @Nullable Object fileKey(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    private AdminException failed(String step, IOException e) {
        return new AdminException(
                "cannot " + step + " admin.socket " + path + ": " + e
                        + "; make its folder writable or choose another admin.socket",
                e);
    }
}
