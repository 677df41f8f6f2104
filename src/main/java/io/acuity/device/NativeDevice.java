package io.acuity.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The host as a device, through {@code libacuity}: either the fast CPU twins or the emulated CUDA kernels. */
final class NativeDevice implements Device {
    /** What the thread captures, on whichever device. */
    private static final ThreadLocal<@Nullable Recording> CAPTURING = new ThreadLocal<>();

    private final String name;
    private final boolean emulate;
    private final NativeLibrary library;
    private final KernelTable kernels;
    private final Precision precision;
    private final Map<Long, Long> live = new ConcurrentHashMap<>();
    private final Set<String> toldOf = ConcurrentHashMap.newKeySet();
    private final ThreadLocal<Arguments> written = ThreadLocal.withInitial(Arguments::new);

    private NativeDevice(String name, boolean emulate, Precision precision) {
        this.name = name;
        this.precision = precision;
        this.emulate = emulate;
        library = NativeLibrary.load();
        kernels = library.kernels();
    }

    /** The twins, which compute in fp32 alone. */
    static NativeDevice cpu(Precision precision) {
        if (precision != Precision.FP32) {
            throw new DeviceException("device cpu: want precision fp32, have " + precision.label());
        }
        return new NativeDevice("cpu", false, Precision.FP32);
    }

    static NativeDevice emulator(Precision precision) {
        return new NativeDevice("emu", true, precision);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public Buffer allocate(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("allocate: want no negative size, have " + bytes);
        }
        refuseInCapture("allocate");
        long address = library.allocate(Math.max(bytes, 64));
        if (address == 0) {
            throw new OutOfDeviceMemoryException(name, bytes);
        }
        live.put(address, Math.max(bytes, 64));
        return new Buffer(this, address, bytes);
    }

    @Override
    public void release(Buffer buffer) {
        refuseInCapture("release");
        Long bytes = live.remove(buffer.address());
        if (bytes == null) {
            throw new DeviceException("release: want a live buffer of " + name + ", have " + buffer);
        }
        library.release(buffer.address(), bytes);
    }

    @Override
    public void upload(MemorySegment from, Buffer to) {
        refuseInCapture("upload");
        checkOwner(to);
        checkSize("upload", from.byteSize(), to.bytes());
        MemorySegment.copy(from, 0, memory(to), 0, from.byteSize());
    }

    @Override
    public void download(Buffer from, MemorySegment to) {
        refuseInCapture("download");
        checkOwner(from);
        checkSize("download", to.byteSize(), from.bytes());
        MemorySegment.copy(memory(from), 0, to, 0, to.byteSize());
    }

    private static MemorySegment memory(Buffer buffer) {
        return MemorySegment.ofAddress(buffer.address()).reinterpret(buffer.bytes());
    }

    private static void checkSize(String what, long host, long device) {
        if (host > device) {
            throw new IllegalArgumentException(
                    what + ": want at most " + device + " bytes (the buffer's size), have " + host);
        }
    }

    private void checkOwner(Buffer buffer) {
        Arguments.checkOwner(this, buffer);
    }

    @Override
    public void fill(Buffer buffer, int word) {
        checkOwner(buffer);
        if (recorded(() -> fill(buffer, word))) {
            return;
        }
        if (library.fill(buffer.address(), word, buffer.bytes() / 4) != 0) {
            throw new DeviceException("fill: " + library.lastError());
        }
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        NativeLibrary.Entry entry = kernels.select(kernel, arguments);
        boolean emulated = emulate || !entry.hasTwin();
        if (emulated && !emulate && toldOf.add(entry.name())) {
            System.getLogger(NativeDevice.class.getName())
                    .log(System.Logger.Level.WARNING, "{0} has no CPU twin: it runs emulated, slowly", entry.name());
        }
        Arguments values = written.get();
        values.write(this, entry, arguments);
        Recording recording = recording();
        if (recording != null) {
            @Nullable Object[] copy = arguments.clone();
            recording.step(() -> launch(kernel, grid, copy));
            return;
        }
        if (library.launch(entry.index(), emulated, grid, values.pointers()) != 0) {
            throw new DeviceException(entry.name() + " on " + name + ", " + grid + ", " + Arrays.toString(arguments)
                    + ": " + library.lastError());
        }
    }

    @Override
    public void gemm(Gemm product) {
        checkOwner(product.a().data());
        checkOwner(product.b().data());
        checkOwner(product.c().data());
        if (recorded(() -> gemm(product))) {
            return;
        }
        if (library.gemm(product) != 0) {
            throw new DeviceException("gemm on " + name + ", " + product + ": " + library.lastError());
        }
    }

    @Override
    public void fft(Fft fft, Fft.Direction direction, Buffer from, Buffer to) {
        checkOwner(from);
        checkOwner(to);
        checkRoom(fft, "from", fft.fromBytes(direction), from);
        checkRoom(fft, "to", fft.toBytes(direction), to);
        if (recorded(() -> fft(fft, direction, from, to))) {
            return;
        }
        if (library.fft(direction == Fft.Direction.INVERSE, fft, from.address(), to.address()) != 0) {
            throw new DeviceException(fft + " on " + name + ": " + library.lastError());
        }
    }

    private static void checkRoom(Fft fft, String which, long want, Buffer buffer) {
        if (buffer.bytes() < want) {
            throw new IllegalArgumentException(
                    fft + " " + which + ": want at least " + want + " bytes, have " + buffer.bytes());
        }
    }

    @Override
    public boolean has(Kernel kernel) {
        NativeLibrary.Entry entry = kernels.find(kernel.name());
        return entry != null && (emulate || entry.hasTwin());
    }

    @Override
    public Graph capture(Runnable work) {
        if (CAPTURING.get() != null) {
            throw inCapture("capture");
        }
        Recording recording = new Recording(this);
        CAPTURING.set(recording);
        try {
            work.run();
        } finally {
            CAPTURING.remove();
        }
        return recording;
    }

    @Override
    public void feed(Buffer to, Consumer<MemorySegment> writer) {
        checkOwner(to);
        Runnable feed = () -> writer.accept(memory(to));
        Recording recording = recording();
        if (recording != null) {
            recording.feed(feed);
        } else {
            feed.run();
        }
    }

    /** The graph of this device that this thread is capturing. */
    private @Nullable Recording recording() {
        Recording recording = CAPTURING.get();
        return recording != null && recording.isOf(this) ? recording : null;
    }

    /** Takes a step for the graph that this thread is capturing, if it is. */
    private boolean recorded(Runnable step) {
        Recording recording = recording();
        if (recording == null) {
            return false;
        }
        recording.step(step);
        return true;
    }

    void refuseInCapture(String what) {
        if (recording() != null) {
            throw inCapture(what);
        }
    }

    private DeviceException inCapture(String what) {
        return new DeviceException(what + " on " + name + ": want it outside a capture, have it inside one");
    }

    @Override
    public Readback readback(long bytes) {
        refuseInCapture("readback");
        MemorySegment room = Arena.ofAuto().allocate(bytes, Long.BYTES);
        return new Readback() {
            @Override
            public void start(Buffer from) {
                refuseInCapture("readback");
                if (bytes > from.bytes()) {
                    throw new IllegalArgumentException(
                            "readback: want a buffer of at least " + bytes + " bytes, have " + from.bytes());
                }
                download(from, room);
            }

            @Override
            public MemorySegment await() {
                return room;
            }

            @Override
            public void close() {
                // collected
            }
        };
    }

    @Override
    public void synchronize() {
        refuseInCapture("synchronize");
        // every launch has ended when it returns
    }

    @Override
    public String describe() {
        if (emulate) {
            return "emu (CUDA kernels run on the CPU, for tests; " + precision.label() + ")";
        }
        return "cpu (" + library.isa(null) + ", " + library.threads(0) + " threads)";
    }

    @Override
    public void close() {
        for (Map.Entry<Long, Long> e : live.entrySet()) {
            library.release(e.getKey(), e.getValue());
        }
        live.clear();
    }
}
