package io.hawser.sysctl;

/** How a kernel has, or lacks, a module. */
enum ModuleState {
    LOADED("loaded"),
    BUILT_IN("built in"),
    LOADABLE("loadable"),
    /** Listed, but its file is not there. */
    FILE_MISSING("listed without its file"),
    /** The directory of the running kernel's modules is there and does not list it. */
    NOT_LISTED("absent"),
    /** The directory of the running kernel's modules is not there, so that nothing can be said of its files. */
    UNKNOWN("not loaded"),
    /** The kernel is one without modules. */
    NO_MODULES("absent");

    private final String text;

    ModuleState(String text) {
        this.text = text;
    }

    boolean usable() {
        return this == LOADED || this == BUILT_IN;
    }

    @Override
    public String toString() {
        return text;
    }
}
