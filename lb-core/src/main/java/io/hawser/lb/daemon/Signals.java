package io.hawser.lb.daemon;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Signals of the process. Any thread. */
final class Signals {

    /*
     * sun.misc.Signal is supported (module jdk.unsupported, JEP 260) and has no successor; reached by reflection, it is
     * not a compiler warning on every build. Without it TERM still ends the process through its shutdown hooks, with
     * exit code 143 instead of 0.
     */

    private static final Logger log = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /** Runs {@code action} on a thread of the JVM each time the signal (such as TERM) arrives, instead of ending. */
    static void on(String signal, Runnable action) {
        try {
            Class<?> type = Class.forName("sun.misc.Signal");
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            InvocationHandler handler = (proxy, method, arguments) -> switch (method.getName()) {
                case "handle" -> {
                    action.run();
                    yield null;
                }
                case "hashCode" -> System.identityHashCode(proxy);
                case "equals" ->
                    arguments[0] != null && System.identityHashCode(proxy) == System.identityHashCode(arguments[0]);
                default -> signal + " handler";
            };
            Object proxy =
                    Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handlerType}, handler);
            type.getMethod("handle", type, handlerType)
                    .invoke(null, type.getConstructor(String.class).newInstance(signal), proxy);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            log.atWarn().addKeyValue("signal", signal).setCause(e).log("signal is not handled");
        }
    }
}
