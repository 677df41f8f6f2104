package io.acuity.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import io.acuity.device.NativeLibrary.Entry;
import io.acuity.device.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The stand-ins of native/standin for the driver, cuBLAS and cuFFT, in this process: a GPU whose kernels are emulated and which can be
 * told to fail. JCuda is bound to one driver for the life of a process, so where a driver is installed these tests do not run; there
 * the GPU itself is tested.
 */
public final class StandIn {
    /** Where the build puts the stand-ins. */
    static final Path FOLDER = Path.of(System.getProperty("acuity.library", "build/libacuity.so"))
            .toAbsolutePath()
            .resolveSibling("standin");

    private static @Nullable StandIn started;

    private final SymbolLookup symbols;
    private final Path images;

    private StandIn() {
        symbols = SymbolLookup.libraryLookup(FOLDER.resolve("libcuda.so.1"), Arena.global());
        try {
            images = Files.createTempDirectory("acuity-images");
            writeImages(images);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(images)));
    }

    /** The stand-ins as new; the test is skipped where this process has a driver. */
    public static synchronized StandIn start() {
        // asked before the stand-in is loaded, which the loader would from then on take for the driver
        String reason = CudaProbe.answer().reason();
        boolean bare = reason != null && reason.startsWith("no CUDA driver library");
        assumeTrue(
                bare,
                () -> "SKIPPED: the stand-in driver wants a process without a driver, this one: "
                        + (reason == null ? "has a GPU" : reason));
        assertThat(FOLDER.resolve("libcuda.so.1"))
                .as("built by cmake --build build --target standin")
                .isRegularFile();
        StandIn standIn = started;
        if (standIn == null) {
            standIn = new StandIn();
            started = standIn;
        }
        standIn.call("standin_reset", FunctionDescriptor.ofVoid());
        return standIn;
    }

    /** A device on stand-ins as new. */
    public static Device open(Precision precision) {
        StandIn standIn = start();
        return standIn.device(standIn.images, precision);
    }

    CudaProbe.Answer answer() {
        return CudaProbe.ask(List.of(FOLDER.resolve("libcuda.so.1").toString()));
    }

    static CudaLibraries libraries(int driver) {
        return CudaLibraries.find(driver, List.of(FOLDER));
    }

    /** A device on it. */
    public Device gpu() {
        return device();
    }

    CudaDevice device() {
        return device(images);
    }

    CudaDevice device(Path imageFolder) {
        return device(imageFolder, Precision.FP32);
    }

    private CudaDevice device(Path imageFolder, Precision precision) {
        return CudaDevice.open("cuda", 0, answer(), libraries(13000), KernelImages.in(imageFolder), precision);
    }

    /** GPU code as far as the stand-in looks at it: the names of the kernels of each file in PTX, and a fatbin's first word. */
    static void writeImages(Path folder) throws IOException {
        Map<String, StringBuilder> texts = new TreeMap<>();
        NativeLibrary library = NativeLibrary.load();
        for (Entry kernel : library.kernels().entries()) {
            texts.computeIfAbsent(
                            library.geometry(kernel).file(), _ -> new StringBuilder(".version 8.0\n.target sm_80\n"))
                    .append(".visible .entry ")
                    .append(kernel.name())
                    .append("()\n");
        }
        for (Map.Entry<String, StringBuilder> text : texts.entrySet()) {
            Files.writeString(folder.resolve(text.getKey() + ".ptx"), text.getValue());
            Files.write(folder.resolve(text.getKey() + ".fatbin"), fatbin());
        }
    }

    static byte[] fatbin() {
        return ByteBuffer.allocate(64)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0xba55ed50)
                .array();
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Changes what the stand-in GPU is: {@code driver}, {@code devices}, {@code capability}, {@code memory}, {@code no_binary}. */
    void set(String setting, long value) {
        call("standin_set", FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG), setting, value);
    }

    /** From now on, after so many calls that still work, a function answers this status. */
    void fail(String function, int status, long after) {
        call("standin_fail", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT, JAVA_LONG), function, status, after);
    }

    void mend(String function) {
        call("standin_mend", FunctionDescriptor.ofVoid(ADDRESS), function);
    }

    /** How often a function was called. */
    public long calls(String function) {
        return (Long) call("standin_calls", FunctionDescriptor.of(JAVA_LONG, ADDRESS), function);
    }

    /** Bytes of device memory in use. */
    long memory() {
        return (Long) call("standin_memory", FunctionDescriptor.of(JAVA_LONG));
    }

    private Object call(String name, FunctionDescriptor type, Object... arguments) {
        MethodHandle function = Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), type);
        try (Arena arena = Arena.ofConfined()) {
            Object[] values = arguments.clone();
            for (int i = 0; i < values.length; i++) {
                if (values[i] instanceof String text) {
                    values[i] = arena.allocateFrom(text);
                }
            }
            Object result = function.invokeWithArguments(values);
            return result == null ? "" : result;
        } catch (Throwable t) {
            throw new AssertionError(name, t);
        }
    }
}
