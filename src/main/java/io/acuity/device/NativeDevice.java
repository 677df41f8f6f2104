package io.acuity.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The host as a device, through {@code libacuity}: either the fast CPU twins or the emulated CUDA kernels. */
final class NativeDevice implements Device {
    private static final int MAX_ARGUMENTS = 24;
    private static final System.Logger LOG = System.getLogger(NativeDevice.class.getName());

    private final String name;
    private final boolean emulate;
    private final NativeLibrary library;
    private final Map<String, NativeLibrary.Entry> kernels;
    private final Map<Long, Long> live = new ConcurrentHashMap<>();
    private final Set<String> toldOf = ConcurrentHashMap.newKeySet();
    private final ThreadLocal<ArgumentBlock> blocks = ThreadLocal.withInitial(ArgumentBlock::new);

    private NativeDevice(String name, boolean emulate) {
        this.name = name;
        this.emulate = emulate;
        library = NativeLibrary.load();
        kernels = library.kernels();
    }

    static NativeDevice cpu() {
        return new NativeDevice("cpu", false);
    }

    static NativeDevice emulator() {
        return new NativeDevice("emu", true);
    }

    /** Values of one launch and the pointers to them, as {@code cuLaunchKernel} wants them; one a thread, used again. */
    private static final class ArgumentBlock {
        final MemorySegment values = Arena.ofAuto().allocate(8L * MAX_ARGUMENTS, 8);
        final MemorySegment pointers = Arena.ofAuto().allocate(8L * MAX_ARGUMENTS, 8);

        ArgumentBlock() {
            for (int i = 0; i < MAX_ARGUMENTS; i++) {
                pointers.setAtIndex(ADDRESS, i, values.asSlice(8L * i, 8));
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Buffer allocate(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("allocate: want no negative size, have " + bytes);
        }
        long address = library.allocate(Math.max(bytes, 64));
        if (address == 0) {
            throw new OutOfDeviceMemoryException(name, bytes);
        }
        live.put(address, Math.max(bytes, 64));
        return new Buffer(this, address, bytes);
    }

    @Override
    public void release(Buffer buffer) {
        Long bytes = live.remove(buffer.address());
        if (bytes == null) {
            throw new DeviceException("release: want a live buffer of " + name + ", have " + buffer);
        }
        library.release(buffer.address(), bytes);
    }

    @Override
    public void upload(MemorySegment from, Buffer to) {
        checkOwner(to);
        checkSize("upload", from.byteSize(), to.bytes());
        MemorySegment.copy(from, 0, memory(to), 0, from.byteSize());
    }

    @Override
    public void download(Buffer from, MemorySegment to) {
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
        if (buffer.device() != this) {
            throw new DeviceException("want a buffer of " + name + ", have one of "
                    + buffer.device().name());
        }
    }

    @Override
    public void fill(Buffer buffer, int word) {
        checkOwner(buffer);
        if (library.fill(buffer.address(), word, buffer.bytes() / 4) != 0) {
            throw new DeviceException("fill: " + library.lastError());
        }
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        NativeLibrary.Entry entry = kernels.get(kernel.name());
        if (entry == null) {
            throw new DeviceException("kernel " + kernel.name() + " is not in libacuity.so; build it again");
        }
        boolean emulated = emulate || !entry.hasTwin();
        if (emulated && !emulate && toldOf.add(kernel.name())) {
            LOG.log(System.Logger.Level.WARNING, "{0} has no CPU twin: it runs emulated, slowly", kernel.name());
        }
        ArgumentBlock block = blocks.get();
        write(entry, arguments, block.values);
        if (library.launch(entry.index(), emulated, grid, block.pointers) != 0) {
            throw new DeviceException(kernel.name() + " on " + name + ", " + grid + ", " + Arrays.toString(arguments)
                    + ": " + library.lastError());
        }
    }

    @Override
    public void gemm(Gemm product) {
        checkOwner(product.a().data());
        checkOwner(product.b().data());
        checkOwner(product.c().data());
        if (library.gemm(product) != 0) {
            throw new DeviceException("gemm on " + name + ", " + product + ": " + library.lastError());
        }
    }

    private void write(NativeLibrary.Entry entry, @Nullable Object[] arguments, MemorySegment values) {
        String signature = entry.signature();
        if (arguments.length != signature.length()) {
            throw mismatch(entry, arguments);
        }
        for (int i = 0; i < arguments.length; i++) {
            long at = 8L * i;
            switch (signature.charAt(i)) {
                case 'P' -> {
                    if (arguments[i] == null) {
                        values.set(JAVA_LONG, at, 0L);
                    } else if (arguments[i] instanceof Buffer buffer) {
                        checkOwner(buffer);
                        values.set(JAVA_LONG, at, buffer.address());
                    } else {
                        throw mismatch(entry, arguments);
                    }
                }
                case 'I' -> {
                    if (!(arguments[i] instanceof Integer v)) {
                        throw mismatch(entry, arguments);
                    }
                    values.set(JAVA_INT, at, v);
                }
                case 'L' -> {
                    if (!(arguments[i] instanceof Long v)) {
                        throw mismatch(entry, arguments);
                    }
                    values.set(JAVA_LONG, at, v);
                }
                case 'F' -> {
                    if (!(arguments[i] instanceof Float v)) {
                        throw mismatch(entry, arguments);
                    }
                    values.set(JAVA_FLOAT, at, v);
                }
                default -> throw new DeviceException(entry.name() + ": unknown kind in signature " + signature);
            }
        }
    }

    private static DeviceException mismatch(NativeLibrary.Entry entry, @Nullable Object[] arguments) {
        StringBuilder given = new StringBuilder();
        for (Object a : arguments) {
            given.append(
                    switch (a) {
                        case null -> 'P';
                        case Buffer _ -> 'P';
                        case Integer _ -> 'I';
                        case Long _ -> 'L';
                        case Float _ -> 'F';
                        default -> '?';
                    });
        }
        return new DeviceException(entry.name() + " takes " + entry.signature() + ", was given " + given);
    }

    @Override
    public void fft(Fft fft, Fft.Direction direction, Buffer from, Buffer to) {
        checkOwner(from);
        checkOwner(to);
        checkRoom(fft, "from", fft.fromBytes(direction), from);
        checkRoom(fft, "to", fft.toBytes(direction), to);
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
        NativeLibrary.Entry entry = kernels.get(kernel.name());
        return entry != null && (emulate || entry.hasTwin());
    }

    @Override
    public void synchronize() {
        // every launch has ended when it returns
    }

    @Override
    public String describe() {
        if (emulate) {
            return "emu (CUDA kernels run on the CPU, for tests)";
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
