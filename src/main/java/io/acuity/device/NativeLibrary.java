package io.acuity.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code libacuity.so}: the list of kernels, their launch, memory. The C side is {@code native/include/acuity.h}. */
public final class NativeLibrary {
    /** What the library says of one kernel: kinds of its arguments (P pointer, H pointer to bf16, I int, L long, F float), and whether it has a twin. */
    public record Entry(int index, String name, String signature, boolean hasTwin) {}

    /**
     * How a GPU is to be given a kernel.
     *
     * @param file its source file's name without ending, {@code conv3x3}; its GPU code is in files of that name
     * @param x threads of a block along x; y and z likewise
     * @param coversX items that a block covers along x; y and z likewise
     * @param shared bytes of dynamic shared memory of a block
     */
    public record Geometry(String file, int x, int y, int z, int coversX, int coversY, int coversZ, int shared) {}

    /** More than the list of kernels can be. */
    private static final long LIST_BYTES = 1 << 20;

    private static @Nullable NativeLibrary loaded;

    /** The functions of {@code acuity_call} by its numbers. */
    private enum Function {
        LAST_ERROR(0),
        KERNELS(1),
        LAUNCH(2),
        ALLOCATE(3),
        RELEASE(4),
        FILL(5),
        THREADS(6),
        ISA(7);

        final long number;

        Function(long number) {
            this.number = number;
        }
    }

    private final SymbolLookup symbols;
    private final KernelTable kernels;

    /** Each shape of function costs several milliseconds of every start, so what a start needs goes through one. */
    private final MethodHandle call;

    private final Supplier<MethodHandle> fft = later(
            "acuity_fft",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private final Supplier<MethodHandle> gemm = later(
            "acuity_gemm",
            FunctionDescriptor.of(
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_FLOAT,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_FLOAT,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_INT));
    private final Supplier<MethodHandle> kernelFile =
            later("acuity_kernel_file", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    private final Supplier<MethodHandle> kernelBlock =
            later("acuity_kernel_block", FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS));
    private final Supplier<MethodHandle> kernelCovers =
            later("acuity_kernel_covers", FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS));
    private final Supplier<MethodHandle> kernelShared =
            later("acuity_kernel_shared", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private final Supplier<MethodHandle> measurePeak =
            later("acuity_measure_peak", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));

    private NativeLibrary(Path file) {
        symbols = SymbolLookup.libraryLookup(file, Arena.global());
        call = bind(
                "acuity_call",
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG));
        kernels = new KernelTable(readKernels());
    }

    /**
     * The library of this process, loaded at the first call: the file named by {@code -Dacuity.library} or {@code ACUITY_LIBRARY},
     * else {@code build/libacuity.so}.
     *
     * @throws DeviceException if it is not there, or not of this version
     */
    public static synchronized NativeLibrary load() {
        NativeLibrary library = loaded;
        if (library == null) {
            library = new NativeLibrary(locate());
            loaded = library;
        }
        return library;
    }

    private static Path locate() {
        String named = System.getProperty("acuity.library", System.getenv("ACUITY_LIBRARY"));
        Path file = Path.of(named == null ? "build/libacuity.so" : named).toAbsolutePath();
        if (!Files.isRegularFile(file)) {
            throw new DeviceException("libacuity.so was not found at " + file
                    + "; build it with ./acuity build, or name it with -Dacuity.library or ACUITY_LIBRARY");
        }
        return file;
    }

    private MethodHandle bind(String name, FunctionDescriptor type) {
        MemorySegment symbol = symbols.find(name)
                .orElseThrow(() -> new DeviceException("libacuity.so has no function " + name + "; build it again"));
        return Linker.nativeLinker().downcallHandle(symbol, type);
    }

    /** Binds a function when it is first called. */
    private Supplier<MethodHandle> later(String name, FunctionDescriptor type) {
        return new Supplier<>() {
            private volatile @Nullable MethodHandle bound;

            @Override
            public MethodHandle get() {
                MethodHandle handle = bound;
                if (handle == null) {
                    handle = bind(name, type);
                    bound = handle;
                }
                return handle;
            }
        };
    }

    private long call(Function function, long a) {
        return call(function, a, 0, 0, 0, 0, 0, 0);
    }

    private long call(Function function, long a, long b, long c, long d, long e, long f, long g) {
        try {
            return (long) call.invokeExact(function.number, a, b, c, d, e, f, g);
        } catch (Throwable t) {
            throw failure(function.name(), t);
        }
    }

    private List<Entry> readKernels() {
        List<Entry> entries = new ArrayList<>();
        String list = text(call(Function.KERNELS, 0), LIST_BYTES);
        for (int at = 0, end; (end = list.indexOf('\n', at)) >= 0; at = end + 1) {
            int signature = list.indexOf(' ', at) + 1;
            int twin = list.indexOf(' ', signature) + 1;
            entries.add(new Entry(
                    entries.size(),
                    list.substring(at, signature - 1),
                    list.substring(signature, twin - 1),
                    list.charAt(twin) == '1'));
        }
        return entries;
    }

    /** All kernels. */
    public KernelTable kernels() {
        return kernels;
    }

    /** Asked of the library anew each time. */
    public Geometry geometry(Entry kernel) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(JAVA_INT, 3);
            MemorySegment covers = arena.allocate(JAVA_INT, 3);
            kernelBlock.get().invokeExact(kernel.index(), block);
            kernelCovers.get().invokeExact(kernel.index(), covers);
            MemorySegment path = (MemorySegment) kernelFile.get().invokeExact(kernel.index());
            String file = text(path.address());
            return new Geometry(
                    file.substring(file.lastIndexOf('/') + 1).replaceFirst("\\.cu$", ""),
                    block.getAtIndex(JAVA_INT, 0),
                    block.getAtIndex(JAVA_INT, 1),
                    block.getAtIndex(JAVA_INT, 2),
                    covers.getAtIndex(JAVA_INT, 0),
                    covers.getAtIndex(JAVA_INT, 1),
                    covers.getAtIndex(JAVA_INT, 2),
                    (int) kernelShared.get().invokeExact(kernel.index()));
        } catch (Throwable t) {
            throw failure("the geometry of " + kernel.name(), t);
        }
    }

    int launch(int kernel, boolean emulate, Grid grid, MemorySegment arguments) {
        return (int) call(
                Function.LAUNCH,
                kernel,
                emulate ? 1 : 0,
                grid.x(),
                grid.y(),
                grid.z(),
                grid.batch(),
                arguments.address());
    }

    long allocate(long bytes) {
        return call(Function.ALLOCATE, bytes);
    }

    void release(long address, long bytes) {
        call(Function.RELEASE, address, bytes, 0, 0, 0, 0, 0);
    }

    int fill(long address, int word, long count) {
        return (int) call(Function.FILL, address, word, count, 0, 0, 0, 0);
    }

    int fft(boolean inverse, Fft size, long from, long to) {
        try {
            return (int) fft.get().invokeExact(inverse ? 1 : 0, size.batch(), size.height(), size.width(), from, to);
        } catch (Throwable t) {
            throw failure("acuity_fft", t);
        }
    }

    int gemm(Gemm g) {
        try {
            return (int) gemm.get()
                    .invokeExact(
                            g.transposeA() ? 1 : 0,
                            g.transposeB() ? 1 : 0,
                            g.m(),
                            g.n(),
                            g.k(),
                            g.alpha(),
                            g.a().data().address(),
                            g.a().stride(),
                            g.a().step(),
                            g.b().data().address(),
                            g.b().stride(),
                            g.b().step(),
                            g.beta(),
                            g.c().data().address(),
                            g.c().stride(),
                            g.c().step(),
                            g.batch());
        } catch (Throwable t) {
            throw failure("acuity_gemm", t);
        }
    }

    String lastError() {
        return text(call(Function.LAST_ERROR, 0));
    }

    /** Threads that the CPU twins use; a positive argument sets it first. */
    public int threads(int set) {
        return (int) call(Function.THREADS, set);
    }

    /** Instruction set of the CPU twins: {@code avx512}, {@code avx2} or {@code plain}; an argument forces it first. */
    public String isa(@Nullable String force) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = force == null ? MemorySegment.NULL : arena.allocateFrom(force);
            long answer = call(Function.ISA, word.address());
            if (answer == 0) {
                throw new DeviceException(lastError());
            }
            return text(answer);
        }
    }

    /** What this machine reaches at best: fp32 multiply-adds and memory copy, measured now. */
    public record Peak(double gflops, double copyGigabytesPerSecond) {}

    /** Measures the machine on so many threads, which takes about half a second. */
    public Peak measurePeak(int threadCount) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flops = arena.allocate(JAVA_DOUBLE);
            MemorySegment copy = arena.allocate(JAVA_DOUBLE);
            int status = (int) measurePeak.get().invokeExact(threadCount, flops, copy);
            if (status != 0) {
                throw new DeviceException("peak measurement: " + lastError());
            }
            return new Peak(flops.get(JAVA_DOUBLE, 0), copy.get(JAVA_DOUBLE, 0));
        } catch (DeviceException e) {
            throw e;
        } catch (Throwable t) {
            throw failure("acuity_measure_peak", t);
        }
    }

    private static String text(long address) {
        return text(address, 1 << 16);
    }

    private static String text(long address, long most) {
        return MemorySegment.ofAddress(address).reinterpret(most).getString(0);
    }

    private static DeviceException failure(String what, Throwable cause) {
        return new DeviceException(what + " could not be called", cause);
    }
}
