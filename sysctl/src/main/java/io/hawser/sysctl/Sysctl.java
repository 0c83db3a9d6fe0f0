package io.hawser.sysctl;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A kernel setting, by the components of its name: an interface called {@code eth0.100} is one component. Immutable. */
record Sysctl(List<String> components) {
    Sysctl {
        components = List.copyOf(components);
        for (String component : components) {
            if (component.isEmpty() || component.equals(".") || component.equals("..") || component.contains("/")) {
                throw new IllegalArgumentException("\"" + component + "\" is not a component of a kernel setting");
            }
        }
    }

    static Sysctl of(String... components) {
        return new Sysctl(List.of(components));
    }

    /** The name as sysctl(8) writes it: dots between components, slashes for the dots inside. */
    String name() {
        return components.stream().map(part -> part.replace('.', '/')).collect(Collectors.joining("."));
    }

    Path under(Path procSys) {
        Path path = procSys;
        for (String component : components) {
            path = path.resolve(component);
        }
        return path;
    }
}
