package io.hawser.sysctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The modules of the running kernel, as /sys/module and the files of depmod(8) tell. Any thread. */
final class ModuleCatalog {
    private final Path sysModule;
    private final Path procModules;
    private final Path directory;

    /**
     * Looks below a root directory, / outside tests.
     *
     * @param release the running kernel, as {@code uname -r} prints it
     */
    ModuleCatalog(Path root, String release) {
        this.sysModule = root.resolve("sys/module");
        this.procModules = root.resolve("proc/modules");
        this.directory = root.resolve("lib/modules").resolve(release);
    }

    Path directory() {
        return directory;
    }

    ModuleState state(String module) throws IOException {
        if (isLive(module)) {
            boolean file = Files.exists(sysModule.resolve(module).resolve("initstate"));
            return file ? ModuleState.LOADED : ModuleState.BUILT_IN;
        }
        if (!Files.isDirectory(directory)) {
            return Files.exists(procModules) ? ModuleState.UNKNOWN : ModuleState.NO_MODULES;
        }
        if (lines("modules.builtin").stream().anyMatch(line -> nameOf(line).equals(module))) {
            return ModuleState.BUILT_IN;
        }
        List<Path> files = filesInLoadOrder(module);
        if (files.isEmpty()) {
            return ModuleState.NOT_LISTED;
        }
        return files.stream().allMatch(Files::isRegularFile) ? ModuleState.LOADABLE : ModuleState.FILE_MISSING;
    }

    // A module that is built in and has parameters has a directory too, without initstate.
    private boolean isLive(String module) throws IOException {
        Path entry = sysModule.resolve(module);
        Path state = entry.resolve("initstate");
        return Files.isDirectory(entry)
                && (!Files.exists(state) || Files.readString(state).strip().equals("live"));
    }

    /**
     * The files to load for a module: those it needs, not loaded yet, then its own.
     *
     * @return no file when the module is not listed
     */
    List<Path> filesInLoadOrder(String module) throws IOException {
        Map<String, String> byName = new TreeMap<>();
        for (String line : lines("modules.dep")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                byName.putIfAbsent(nameOf(line.substring(0, colon)), line);
            }
        }
        String line = byName.get(module);
        if (line == null) {
            return List.of();
        }
        // modules.dep(5) gives the whole closure, what is needed first standing last.
        int colon = line.indexOf(':');
        List<Path> files = new ArrayList<>();
        for (String needed : line.substring(colon + 1).strip().split("\\s+", -1)) {
            if (!needed.isEmpty() && !isLive(nameOf(needed))) {
                files.addFirst(directory.resolve(needed));
            }
        }
        files.add(directory.resolve(line.substring(0, colon)));
        return files;
    }

    private List<String> lines(String file) throws IOException {
        Path path = directory.resolve(file);
        return Files.exists(path) ? Files.readAllLines(path) : List.of();
    }

    /** The module in a file such as kernel/net/netfilter/ipvs/ip_vs.ko.xz; the kernel takes hyphens for underscores. */
    static String nameOf(String file) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        int end = name.indexOf(".ko");
        return (end < 0 ? name : name.substring(0, end)).strip().replace('-', '_');
    }
}
