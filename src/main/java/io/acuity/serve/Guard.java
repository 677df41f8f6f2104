package io.acuity.serve;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a connection is at and since when, so that slow clients can be cut off, and whether its client has left while it waits.
 * Everything the web server reads and writes passes through here.
 */
final class Guard implements ConnectionContext, DataWriter {
    /** What a connection is at. */
    enum Phase {
        /** Between requests. */
        IDLE,
        /** A request's head is coming. */
        HEAD,
        /** A request's body is coming. */
        BODY,
        /** The request is being worked on; the client waits. */
        WORK,
        /** The last answer was sent; what the client still sends is thrown away. */
        LINGER,
        /** Ended for slowness. */
        CUT
    }

    /** How long, and how much, a client may still send that was answered before its body had come. */
    private static final long LINGER_NANOS = 2_000_000_000L;

    private static final long LINGER_BYTES = 8 << 20;

    private static final ThreadLocal<Guard> CURRENT = new ThreadLocal<>();

    private final ConnectionContext context;
    private final DataReader reader;
    private final Object reading = new Object();
    private @Nullable CompletableFuture<byte @Nullable []> early;
    private @Nullable Runnable left;

    /** What the connection is at and since when, in one object: the watchman must never see the one without the other. */
    private static final class State {
        final Phase phase;
        final long since = System.nanoTime();
        volatile long lastByte = since;
        final AtomicLong bytes = new AtomicLong();

        State(Phase phase) {
            this.phase = phase;
        }
    }

    private final AtomicReference<State> state = new AtomicReference<>(new State(Phase.IDLE));
    private volatile long writing;
    private boolean lingers;

    Guard(ConnectionContext context) {
        this.context = context;
        reader = DataReader.create(this::more);
    }

    /** The connection that the calling thread serves. */
    static Guard current() {
        return CURRENT.get();
    }

    void adopt() {
        CURRENT.set(this);
    }

    /** Says what the connection is at from now on; after a cut that is no longer of interest. */
    void at(Phase now) {
        state.updateAndGet(old -> old.phase == Phase.CUT ? old : new State(now));
    }

    /** Ends the connection if its client is too slow; to be asked again and again, by another thread. */
    boolean cutIfOverdue(ServeOptions options, long now) {
        State seen = Objects.requireNonNull(state.get());
        // a client that moves on in this very moment wins
        if (!isOverdue(seen, options, now) || !state.compareAndSet(seen, new State(Phase.CUT))) {
            return false;
        }
        try {
            context.serverSocket().close();
        } catch (RuntimeException e) {
            // it is gone already
        }
        return true;
    }

    private boolean isOverdue(State seen, ServeOptions options, long now) {
        long write = writing;
        if (write != 0 && now - write > options.stall().toNanos()) {
            return true;
        }
        long spent = now - seen.since;
        return switch (seen.phase) {
            case IDLE -> spent > options.idleTime().toNanos();
            case HEAD -> spent > options.headTime().toNanos();
            case BODY ->
                now - seen.lastByte > options.stall().toNanos()
                        || spent > options.headTime().toNanos() + seen.bytes.get() * (1_000_000_000L / 1024);
            case WORK, CUT -> false;
            case LINGER -> spent > LINGER_NANOS;
        };
    }

    /** The answer about to be sent is the last, and comes before the body: see {@link #linger}. */
    void lingers() {
        lingers = true;
    }

    /**
     * Reads away what the client still sends after an early answer, within limits. A connection closed with bytes unread is
     * reset, and a reset takes the answer away from a client that has not read it yet.
     */
    void linger() {
        if (!lingers) {
            return;
        }
        at(Phase.LINGER);
        try {
            long left = LINGER_BYTES;
            for (byte[] got = more(); got != null && left > 0; got = more()) {
                left -= got.length;
            }
        } catch (RuntimeException e) {
            // it is gone, or was cut off
        }
    }

    /** The next bytes of the client, null at the end. */
    private byte @Nullable [] more() {
        CompletableFuture<byte @Nullable []> begun;
        synchronized (reading) {
            begun = early;
            early = null;
            left = null;
        }
        byte[] got = begun == null ? context.serverSocket().get() : begun.join();
        if (got == null) {
            return null;
        }
        State now = state.updateAndGet(old -> old.phase == Phase.IDLE ? new State(Phase.HEAD) : old);
        if (now.phase == Phase.CUT) {
            return null; // came too late: nothing was begun, the client may ask again
        }
        now.bytes.addAndGet(got.length);
        now.lastByte = System.nanoTime();
        return got;
    }

    /** Reads ahead on a thread of its own while the client waits, so that its leaving is seen at once. */
    void watch(Runnable whenLeft) {
        synchronized (reading) {
            left = whenLeft;
            if (early != null) {
                return;
            }
            CompletableFuture<byte @Nullable []> begun = new CompletableFuture<>();
            early = begun;
            Thread.ofVirtual().start(() -> {
                byte[] got = null;
                try {
                    got = context.serverSocket().get();
                } catch (RuntimeException e) {
                    // reset by the client: the same as an end
                }
                Runnable tell;
                synchronized (reading) {
                    tell = left;
                }
                begun.complete(got);
                if (got == null && tell != null) {
                    tell.run();
                }
            });
        }
    }

    /** Nobody is told any more. */
    void unwatch() {
        synchronized (reading) {
            left = null;
        }
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public DataWriter dataWriter() {
        return this;
    }

    @Override
    public void write(BufferData... buffers) {
        for (BufferData buffer : buffers) {
            write(buffer);
        }
    }

    @Override
    public void write(BufferData buffer) {
        writeNow(buffer);
    }

    @Override
    public void writeNow(BufferData... buffers) {
        for (BufferData buffer : buffers) {
            writeNow(buffer);
        }
    }

    @Override
    public void writeNow(BufferData buffer) {
        writing = System.nanoTime() | 1;
        try {
            context.dataWriter().writeNow(buffer);
        } finally {
            writing = 0;
        }
    }

    @Override
    public ListenerContext listenerContext() {
        return context.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return context.executor();
    }

    @Override
    public Router router() {
        return context.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return context.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return context.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return context.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return context.localPeer();
    }

    @Override
    public boolean isSecure() {
        return context.isSecure();
    }

    @Override
    public String socketId() {
        return context.socketId();
    }

    @Override
    public String childSocketId() {
        return context.childSocketId();
    }
}
