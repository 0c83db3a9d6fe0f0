package io.hawser.testkit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.TestAbortedException;

/** Makes the tries of a test that is {@link RealTime}; one watch looks at the machine for all of them. */
final class RealTimeExtension implements InvocationInterceptor {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(RealTimeExtension.class);

    /** The nodes of these tests advertise every 100 ms: whoever is late by less has missed no turn. */
    private static final Duration LATE = Duration.ofMillis(100);

    private static final Duration PAUSE = Duration.ofMillis(100);

    /** A change of an address may wait so long: the tests remove namespaces beside one another, which holds the lock. */
    private static final Duration LOCKED = Duration.ofMillis(200);

    /** Says what the machine did since a moment on the {@link System#nanoTime()} scale that a failure may be owed to. */
    interface Control {
        List<String> spoilt(long since);
    }

    /** The machine, from the first of these tests to the last one. */
    private static final class Watch implements Control, AutoCloseable {
        private final Hosts hosts = Hosts.open("watch");
        private final InterfaceLock lock = new InterfaceLock(hosts.host("lock"));
        private final Lateness lateness = new Lateness(PAUSE);

        @Override
        public List<String> spoilt(long since) {
            List<String> all = new ArrayList<>(lateness.spoilt(since, LATE));
            all.addAll(lock.spoilt(since, LOCKED));
            return all;
        }

        @Override
        public void close() throws InterruptedException {
            lock.close();
            hosts.close();
            lateness.close();
        }
    }

    private final @Nullable Control control;
    private final Consumer<String> told;

    /** With the machine itself as the control; tells the standard output what is discarded. */
    RealTimeExtension() {
        this.control = null;
        this.told = System.out::println;
    }

    /** With another control and listener. */
    RealTimeExtension(Control control, Consumer<String> told) {
        this.control = control;
        this.told = told;
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        makeTries(invocation, method, context);
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        makeTries(invocation, method, context);
    }

    private void makeTries(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        invocation.skip(); // it can be made once only
        Control watch = control != null
                ? control
                : context.getRoot().getStore(NAMESPACE).computeIfAbsent(Watch.class, _ -> new Watch(), Watch.class);
        String what = context.getRequiredTestClass().getSimpleName() + "."
                + method.getExecutable().getName() + (method.getArguments().isEmpty() ? "" : method.getArguments());
        Method test = method.getExecutable();
        test.setAccessible(true);
        Tries.hold(
                what,
                () -> {
                    long since = System.nanoTime();
                    try {
                        test.invoke(
                                context.getRequiredTestInstance(),
                                method.getArguments().toArray());
                        return new Tries.Try(List.of(), List.of());
                    } catch (InvocationTargetException e) {
                        return discarded(e.getCause(), watch.spoilt(since));
                    }
                },
                told);
    }

    /* A test that was not spoilt fails by what it threw itself, with its trace. */
    private static Tries.Try discarded(Throwable thrown, List<String> spoilt) throws Exception {
        if (!spoilt.isEmpty() && !(thrown instanceof TestAbortedException)) {
            return new Tries.Try(
                    List.of(String.valueOf(thrown.getMessage())
                            .strip()
                            .lines()
                            .findFirst()
                            .orElse("")),
                    spoilt);
        }
        switch (thrown) {
            case Error error -> throw error;
            case Exception exception -> throw exception;
            default -> throw new IllegalStateException(thrown);
        }
    }
}
