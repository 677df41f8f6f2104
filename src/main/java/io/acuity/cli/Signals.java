package io.acuity.cli;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * SIGTERM and SIGINT as a wish to stop: the first asks, and the process ends by itself with its own exit code; the second ends
 * it at once. The JDK's class for signals is not part of its documented interface, hence found by name; where it is missing the
 * signal goes to {@link Stopping}, which waits in the same way but ends with 143.
 */
final class Signals implements AutoCloseable {
    private static final int AT_ONCE = 143;

    private final AtomicInteger count = new AtomicInteger();
    private final Runnable ask;
    private final Stopping stopping;

    private Signals(Runnable ask) {
        this.ask = ask;
        stopping = Stopping.with(ask);
    }

    /** From now on a signal calls {@code ask}. */
    static Signals with(Runnable ask) {
        Signals signals = new Signals(ask);
        try {
            signals.install("TERM");
            signals.install("INT");
        } catch (ReflectiveOperationException | RuntimeException e) {
            System.getLogger(Signals.class.getName())
                    .log(System.Logger.Level.DEBUG, "signals are handled when the process ends", e);
        }
        return signals;
    }

    @SuppressWarnings("ReferenceEquality") // a proxy is equal to itself, as any object without an equals of its own
    private void install(String name) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        InvocationHandler came = (proxy, method, arguments) -> {
            switch (method.getName()) {
                case "handle" -> came();
                case "equals" -> {
                    return arguments != null && Array.getLength(arguments) == 1 && proxy == arguments[0];
                }
                case "hashCode" -> {
                    return System.identityHashCode(proxy);
                }
                default -> {
                    return "acuity's handler of " + name;
                }
            }
            return null;
        };
        Object ours = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, came);
        Method handle = signal.getMethod("handle", signal, handler);
        handle.invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
    }

    private void came() {
        if (count.incrementAndGet() > 1) {
            Runtime.getRuntime().halt(AT_ONCE);
        }
        ask.run();
    }

    @Override
    public void close() {
        stopping.close();
    }
}
