package io.acuity.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code libacuity.so}: the list of kernels, their launch, memory. The C side is {@code native/include/acuity.h}. */
public final class NativeLibrary {
    /** What the library says of one kernel: kinds of its arguments (P pointer, I int, L long, F float), and whether it has a twin. */
    record Entry(int index, String name, String signature, boolean hasTwin) {}

    private static @Nullable NativeLibrary loaded;

    private final SymbolLookup symbols;
    private final Map<String, Entry> kernels = new LinkedHashMap<>();
    private final MethodHandle launch;
    private final MethodHandle allocate;
    private final MethodHandle release;
    private final MethodHandle fill;
    private final MethodHandle fft;
    private final MethodHandle gemm;
    private final MethodHandle lastError;
    private final MethodHandle threads;
    private final MethodHandle isa;
    private final MethodHandle measurePeak;

    private NativeLibrary(Path file) {
        symbols = SymbolLookup.libraryLookup(file, Arena.global());
        launch = bind("acuity_launch", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS);
        allocate = bind("acuity_allocate", JAVA_LONG, JAVA_LONG);
        release = bind("acuity_release", null, JAVA_LONG, JAVA_LONG);
        fill = bind("acuity_fill", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);
        fft = bind("acuity_fft", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
        gemm = bind(
                "acuity_gemm",
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
                JAVA_INT);
        lastError = bind("acuity_last_error", ADDRESS);
        threads = bind("acuity_threads", JAVA_INT, JAVA_INT);
        isa = bind("acuity_isa", ADDRESS, ADDRESS);
        measurePeak = bind("acuity_measure_peak", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
        readKernels();
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

    private MethodHandle bind(String name, @Nullable MemoryLayout result, MemoryLayout... arguments) {
        MemorySegment symbol = symbols.find(name)
                .orElseThrow(() -> new DeviceException("libacuity.so has no function " + name + "; build it again"));
        FunctionDescriptor type =
                result == null ? FunctionDescriptor.ofVoid(arguments) : FunctionDescriptor.of(result, arguments);
        return Linker.nativeLinker().downcallHandle(symbol, type);
    }

    private void readKernels() {
        MethodHandle count = bind("acuity_kernel_count", JAVA_INT);
        MethodHandle name = bind("acuity_kernel_name", ADDRESS, JAVA_INT);
        MethodHandle signature = bind("acuity_kernel_signature", ADDRESS, JAVA_INT);
        MethodHandle hasTwin = bind("acuity_kernel_has_twin", JAVA_INT, JAVA_INT);
        try {
            int n = (int) count.invokeExact();
            for (int i = 0; i < n; i++) {
                String word = text((MemorySegment) name.invokeExact(i));
                String kinds = text((MemorySegment) signature.invokeExact(i));
                boolean twin = (int) hasTwin.invokeExact(i) != 0;
                kernels.put(word, new Entry(i, word, kinds, twin));
            }
        } catch (Throwable t) {
            throw failure("the list of kernels", t);
        }
    }

    Map<String, Entry> kernels() {
        return kernels;
    }

    /** Names of all kernels in the library, in its order. */
    public Iterable<String> kernelNames() {
        return kernels.keySet();
    }

    int launch(int kernel, boolean emulate, Grid grid, MemorySegment arguments) {
        try {
            return (int) launch.invokeExact(kernel, emulate ? 1 : 0, grid.x(), grid.y(), grid.z(), arguments);
        } catch (Throwable t) {
            throw failure("acuity_launch", t);
        }
    }

    long allocate(long bytes) {
        try {
            return (long) allocate.invokeExact(bytes);
        } catch (Throwable t) {
            throw failure("acuity_allocate", t);
        }
    }

    void release(long address, long bytes) {
        try {
            release.invokeExact(address, bytes);
        } catch (Throwable t) {
            throw failure("acuity_release", t);
        }
    }

    int fill(long address, int word, long count) {
        try {
            return (int) fill.invokeExact(address, word, count);
        } catch (Throwable t) {
            throw failure("acuity_fill", t);
        }
    }

    int fft(boolean inverse, Fft size, long from, long to) {
        try {
            return (int) fft.invokeExact(inverse ? 1 : 0, size.batch(), size.height(), size.width(), from, to);
        } catch (Throwable t) {
            throw failure("acuity_fft", t);
        }
    }

    int gemm(Gemm g) {
        try {
            return (int) gemm.invokeExact(
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
        try {
            return text((MemorySegment) lastError.invokeExact());
        } catch (Throwable t) {
            throw failure("acuity_last_error", t);
        }
    }

    /** Threads that the CPU twins use; a positive argument sets it first. */
    public int threads(int set) {
        try {
            return (int) threads.invokeExact(set);
        } catch (Throwable t) {
            throw failure("acuity_threads", t);
        }
    }

    /** Instruction set of the CPU twins: {@code avx512}, {@code avx2} or {@code plain}; an argument forces it first. */
    public String isa(@Nullable String force) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = force == null ? MemorySegment.NULL : arena.allocateFrom(force);
            MemorySegment answer = (MemorySegment) isa.invokeExact(word);
            if (answer.equals(MemorySegment.NULL)) {
                throw new DeviceException(lastError());
            }
            return text(answer);
        } catch (DeviceException e) {
            throw e;
        } catch (Throwable t) {
            throw failure("acuity_isa", t);
        }
    }

    /** What this machine reaches at best: fp32 multiply-adds and memory copy, measured now. */
    public record Peak(double gflops, double copyGigabytesPerSecond) {}

    /** Measures the machine on so many threads, which takes about half a second. */
    public Peak measurePeak(int threadCount) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flops = arena.allocate(JAVA_DOUBLE);
            MemorySegment copy = arena.allocate(JAVA_DOUBLE);
            int status = (int) measurePeak.invokeExact(threadCount, flops, copy);
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

    private static String text(MemorySegment pointer) {
        return pointer.reinterpret(1 << 16).getString(0);
    }

    private static DeviceException failure(String what, Throwable cause) {
        return new DeviceException(what + " could not be called", cause);
    }
}
