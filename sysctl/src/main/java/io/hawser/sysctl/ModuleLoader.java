package io.hawser.sysctl;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Loads kernel modules. */
interface ModuleLoader {
    /**
     * Loads a module with those it needs.
     *
     * @param module its name
     * @param files the files in the order of loading, its own last
     * @return null when it is loaded now, else why not
     */
    @Nullable
    Refusal load(String module, List<Path> files);
}
