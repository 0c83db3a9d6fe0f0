package io.hawser.lb.daemon;

import io.hawser.lb.config.Config;
import io.hawser.lb.config.Listener;
import io.hawser.lb.config.Member;
import io.hawser.lb.config.Node;
import io.hawser.lb.config.Pool;
import io.hawser.lb.config.VirtualRouter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Tells in words in what two configurations differ: what was added and removed, and which keys have changed. It names no
 * values, for one may be a secret. Pure; any thread.
 */
final class Difference {
    private final List<String> words = new ArrayList<>();

    private Difference() {}

    /** One line for each thing that differs; empty when nothing does. */
    static List<String> of(Config before, Config after) {
        var difference = new Difference();
        difference.named("node ", before.nodes(), after.nodes(), Node::name);
        difference.named("virtual router ", before.virtualRouters(), after.virtualRouters(), VirtualRouter::name);
        difference.named("listener ", before.listeners(), after.listeners(), Listener::name);
        difference.named("pool ", before.pools(), after.pools(), Pool::name);
        difference.keys("admin", before.admin(), after.admin(), "");
        difference.keys("kernel", before.kernel(), after.kernel(), "");
        difference.keys("limits", before.limits(), after.limits(), "");
        if (difference.words.isEmpty() && !before.equals(after)) {
            difference.words.add("the order of things");
        }
        return List.copyOf(difference.words);
    }

    private <T extends Record> void named(String prefix, List<T> before, List<T> after, Function<T, String> name) {
        Map<String, T> old = new LinkedHashMap<>();
        before.forEach(each -> old.put(name.apply(each), each));
        for (T next : after) {
            String subject = prefix + name.apply(next);
            T known = old.remove(name.apply(next));
            if (known == null) {
                words.add(subject + " added");
            } else if (known instanceof Pool pool && next instanceof Pool nextPool) {
                keys(subject, pool, nextPool, "members");
                named("member " + pool.name() + "/", pool.members(), nextPool.members(), Member::name);
            } else {
                keys(subject, known, next, "");
            }
        }
        old.keySet().forEach(gone -> words.add(prefix + gone + " removed"));
    }

    private void keys(String subject, Record before, Record after, String except) {
        List<String> keys = new ArrayList<>();
        for (RecordComponent component : before.getClass().getRecordComponents()) {
            if (!component.getName().equals(except)
                    && !Objects.equals(value(component, before), value(component, after))) {
                keys.add(component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT));
            }
        }
        if (!keys.isEmpty()) {
            words.add(subject + ": " + String.join(", ", keys));
        }
    }

    private static Object value(RecordComponent component, Record of) {
        try {
            return component.getAccessor().invoke(of);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("reading " + component + " failed", e);
        }
    }
}
