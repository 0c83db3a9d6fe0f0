package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.net.AddressText;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses that a proxy listens on, and for which listener. Changed by one thread at a time, which the proxy sees to;
 * what asks, any thread.
 */
final class Bindings {
    private static final Logger log = LoggerFactory.getLogger(Bindings.class);

    /** Port 0 names another port each time, so the listener and place tell such binds apart. */
    private record BindKey(InetSocketAddress address, String place) {
        static BindKey of(ListenerPlan plan, int index) {
            InetSocketAddress address = plan.binds().get(index);
            return new BindKey(address, address.getPort() == 0 ? plan.name() + "#" + index : "");
        }
    }

    private final List<IoLoop> loops;
    private final Counters counters;
    private volatile Map<BindKey, ListenSockets> open = Map.of();

    /**
     * None yet.
     *
     * @param loops each of which has a listening socket of its own for each address
     */
    Bindings(List<IoLoop> loops, Counters counters) {
        this.loops = loops;
        this.counters = counters;
    }

    /** A change of the addresses of which all that can fail is done, and nothing is taken away yet. */
    final class Change {
        private final Map<BindKey, Listener> wanted;
        private final Map<BindKey, ListenSockets> opened;
        private final Map<BindKey, ListenSockets> next = new LinkedHashMap<>();

        private Change(Map<BindKey, Listener> wanted, Map<BindKey, ListenSockets> opened) {
            this.wanted = wanted;
            this.opened = opened;
        }

        /** Gives each address that stays to the listener that wants it now. */
        void assign() {
            open.forEach((key, binding) -> {
                Listener listener = wanted.get(key);
                if (listener != null) {
                    binding.listener(listener);
                    next.put(key, binding);
                }
            });
            next.putAll(opened);
        }

        /** Unbinds what is wanted no longer, and accepts on what is new. */
        void complete() {
            Map<BindKey, ListenSockets> both = open;
            open = Map.copyOf(next);
            both.forEach((key, binding) -> {
                if (!next.containsKey(key)) {
                    unbind(binding);
                }
            });
            opened.values().forEach(ListenSockets::start);
        }

        /** Says what is new. */
        void report() {
            opened.values()
                    .forEach(binding -> log.atInfo()
                            .addKeyValue("listener", binding.listener().name())
                            .addKeyValue("address", AddressText.of(binding.address()))
                            .log("listening"));
        }
    }

    /**
     * Opens what is missing, without accepting there yet.
     *
     * @param plans every listener
     * @param listeners those of the plans, by name
     * @throws ProxyException when addresses cannot be had; nothing has changed then
     */
    Change open(List<ListenerPlan> plans, Map<String, Listener> listeners) {
        Map<BindKey, Listener> wanted = wantedBy(plans, listeners);
        Map<BindKey, ListenSockets> opened = openMissing(wanted);
        // Who asks meanwhile whether a listener is bound finds its former addresses and its next ones.
        Map<BindKey, ListenSockets> both = new LinkedHashMap<>(open);
        both.putAll(opened);
        open = Map.copyOf(both);
        return new Change(wanted, opened);
    }

    private static Map<BindKey, Listener> wantedBy(List<ListenerPlan> plans, Map<String, Listener> listeners) {
        Map<BindKey, Listener> wanted = new LinkedHashMap<>();
        for (ListenerPlan plan : plans) {
            for (int i = 0; i < plan.binds().size(); i++) {
                Listener other =
                        wanted.put(BindKey.of(plan, i), requireNonNull(listeners.get(plan.name()), plan.name()));
                if (other != null) {
                    throw new ProxyException("listeners \"" + other.name() + "\" and \"" + plan.name() + "\" both want "
                            + plan.binds().get(i) + "; give one of them another port");
                }
            }
        }
        return wanted;
    }

    private Map<BindKey, ListenSockets> openMissing(Map<BindKey, Listener> wanted) {
        Map<BindKey, ListenSockets> opened = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        wanted.forEach((key, listener) -> {
            if (!open.containsKey(key) && mayListen(listener.plan())) {
                try {
                    opened.put(key, ListenSockets.open(key.address(), listener, loops, counters, !isOwnPort(key)));
                } catch (ListenSockets.BindException e) {
                    problems.add(e.explain(listener.name(), key.address()));
                }
            }
        });
        if (!problems.isEmpty()) {
            opened.values().forEach(ListenSockets::close);
            throw new ProxyException(String.join("\n", problems));
        }
        return opened;
    }

    // A bind moving between an address and all addresses meets our own sockets; those are ours to share with.
    private boolean isOwnPort(BindKey key) {
        return open.values().stream()
                .anyMatch(
                        binding -> binding.address().getPort() == key.address().getPort());
    }

    private static boolean mayListen(ListenerPlan plan) {
        return plan.whenNoMember() != WhenNoMember.REFUSE || plan.routes().anyUsable();
    }

    private static void unbind(ListenSockets binding) {
        binding.close();
        log.atInfo()
                .addKeyValue("listener", binding.listener().name())
                .addKeyValue("address", AddressText.of(binding.address()))
                .log("no longer listening");
    }

    /**
     * Opens and closes ports by whether there is a member.
     *
     * @return false when one could not be opened that should be
     */
    boolean reconcile(Iterable<Listener> listeners) {
        Map<BindKey, ListenSockets> next = new LinkedHashMap<>(open);
        boolean all = true;
        for (Listener listener : listeners) {
            if (!mayListen(listener.plan())) {
                closePorts(listener, next);
            } else if (!openPorts(listener, next)) {
                all = false;
            }
        }
        open = Map.copyOf(next);
        return all;
    }

    private static void closePorts(Listener listener, Map<BindKey, ListenSockets> from) {
        from.values().removeIf(binding -> {
            boolean close = binding.listener() == listener;
            if (close) {
                unbind(binding);
            }
            return close;
        });
    }

    private boolean openPorts(Listener listener, Map<BindKey, ListenSockets> to) {
        boolean all = true;
        ListenerPlan plan = listener.plan();
        for (int i = 0; i < plan.binds().size(); i++) {
            BindKey key = BindKey.of(plan, i);
            if (to.containsKey(key)) {
                continue;
            }
            try {
                ListenSockets binding = ListenSockets.open(key.address(), listener, loops, counters, true);
                binding.start();
                to.put(key, binding);
                log.atInfo()
                        .addKeyValue("listener", plan.name())
                        .addKeyValue("address", AddressText.of(binding.address()))
                        .log("listening again");
            } catch (ListenSockets.BindException e) {
                all = false;
                log.atError().log(e.explain(plan.name(), key.address()));
            }
        }
        return all;
    }

    /** Where a listener listens, with the ports that the kernel chose; empty when it does not. Any thread. */
    List<InetSocketAddress> addresses(ListenerPlan plan) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        Map<BindKey, ListenSockets> now = open;
        for (int i = 0; i < plan.binds().size(); i++) {
            ListenSockets binding = now.get(BindKey.of(plan, i));
            if (binding != null) {
                addresses.add(binding.address());
            }
        }
        return addresses;
    }

    /** Whether a listener listens on all its addresses; also while a change moves it to others. Any thread. */
    boolean isBound(Listener listener) {
        ListenerPlan plan;
        boolean isBound;
        do {
            // Of one plan before and after, the addresses are open in between, by the order in which a change
            // publishes.
            plan = listener.plan();
            isBound = isOpen(plan);
        } while (!isBound && !plan.equals(listener.plan()));
        return isBound;
    }

    private boolean isOpen(ListenerPlan plan) {
        Map<BindKey, ListenSockets> now = open;
        for (int i = 0; i < plan.binds().size(); i++) {
            if (!now.containsKey(BindKey.of(plan, i))) {
                return false;
            }
        }
        return true;
    }

    /** Unbinds all. */
    void close() {
        open.values().forEach(Bindings::unbind);
        open = Map.of();
    }
}
