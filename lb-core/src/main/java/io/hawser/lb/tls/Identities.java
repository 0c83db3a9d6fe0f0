package io.hawser.lb.tls;

import io.hawser.sysctl.net.HostName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates are for which server name: exact names first, then those with a star for the first label; the first
 * certificate of all for every other name. Immutable.
 *
 * <p>Several may be for one name, with RSA and elliptic keys: the library takes the first that the client can use, and
 * the elliptic ones come first because they cost a tenth.
 */
final class Identities {
    private final List<Identity> all;
    private final List<Identity> forOthers;
    private final Map<String, List<Identity>> exact = new HashMap<>();
    private final Map<String, List<Identity>> wildcard = new HashMap<>();

    Identities(List<Identity> all) {
        this.all = List.copyOf(all);
        Set<String> names = new LinkedHashSet<>();
        all.forEach(identity -> names.addAll(identity.names()));
        for (String name : names) {
            List<Identity> bearers = inOrder(
                    all.stream().filter(each -> each.names().contains(name)).toList());
            if (name.startsWith("*.")) {
                wildcard.put(name.substring(1), bearers);
            } else {
                exact.put(name, bearers);
            }
        }
        Identity first = all.getFirst();
        forOthers = inOrder(
                all.stream().filter(each -> each.names().equals(first.names())).toList());
    }

    private static List<Identity> inOrder(List<Identity> identities) {
        List<Identity> ordered = new ArrayList<>(identities);
        ordered.sort(Comparator.comparing(identity -> !identity.hasEllipticKey()));
        return ordered;
    }

    /** Whether every client gets the same ones, whatever it asks for. */
    boolean areForAll() {
        return forOthers.size() == all.size();
    }

    List<Identity> forOthers() {
        return forOthers;
    }

    List<Identity> of(@Nullable String serverName) {
        if (serverName == null) {
            return forOthers;
        }
        String name = HostName.canonical(serverName);
        List<Identity> found = exact.get(name);
        int dot = name.indexOf('.');
        if (found == null && dot > 0) {
            found = wildcard.get(name.substring(dot));
        }
        return found == null ? forOthers : found;
    }

    /** The one among those for all that has a signer of its own; null when none has, or several. */
    @Nullable
    Identity signedElsewhere() {
        List<Identity> found =
                forOthers.stream().filter(each -> each.signer() != null).toList();
        return areForAll() && found.size() == 1 ? found.getFirst() : null;
    }

    void dropSigners() {
        all.forEach(Identity::dropSigner);
    }

    void free() {
        all.forEach(Identity::free);
    }
}
