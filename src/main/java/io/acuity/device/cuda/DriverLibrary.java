package io.acuity.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.acuity.device.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** The driver's shared library and its functions, all of which return a CUresult. */
final class DriverLibrary {
    private final String file;
    private final SymbolLookup symbols;
    private @Nullable MethodHandle errorName;

    private DriverLibrary(String file, SymbolLookup symbols) {
        this.file = file;
        this.symbols = symbols;
    }

    /**
     * Opens a library for the life of the process, or returns null if there is none of that name.
     *
     * @throws IllegalCallerException if this program may not call native code
     */
    static @Nullable DriverLibrary open(String file) {
        try {
            return new DriverLibrary(file, SymbolLookup.libraryLookup(file, Arena.global()));
        } catch (IllegalArgumentException absent) {
            return null;
        }
    }

    String file() {
        return file;
    }

    /** The function of that name. */
    MethodHandle bind(String name, MemoryLayout... arguments) {
        MemorySegment symbol = symbols.find(name)
                .orElseThrow(() -> new DeviceException("the CUDA driver library " + file + " has no function " + name
                        + "; want a driver of version 525 or newer"));
        return Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, arguments));
    }

    /** A status as {@code CUDA_ERROR_INVALID_VALUE (1)}. */
    synchronized String name(int status) {
        if (errorName == null) {
            errorName = bind("cuGetErrorName", JAVA_INT, ADDRESS);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(ADDRESS);
            int known = (int) errorName.invokeExact(status, text);
            MemorySegment word = text.get(ADDRESS, 0);
            return known != 0 || word.equals(MemorySegment.NULL)
                    ? "CUDA error " + status
                    : word.reinterpret(256).getString(0) + " (" + status + ")";
        } catch (Throwable t) {
            throw new DeviceException("cuGetErrorName could not be called", t);
        }
    }
}
