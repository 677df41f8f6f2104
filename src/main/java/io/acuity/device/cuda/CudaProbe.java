package io.acuity.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks the driver whether there is a GPU. Only FFM is used, so that asking costs a moment where there is none, and nothing that
 * fails here can spoil a class of JCuda.
 */
public final class CudaProbe {
    /** The least compute capability the kernels are compiled for: 8.0, Ampere. */
    static final int LEAST_CAPABILITY = 80;

    private static final String NAME = "libcuda.so.1";

    /** By name, as the loader finds it, then where containers and WSL put it. */
    private static final List<String> PLACES =
            List.of(NAME, "/usr/local/nvidia/lib64/" + NAME, "/usr/lib/wsl/lib/" + NAME);

    private static final int COMPUTE_CAPABILITY_MAJOR = 75;
    private static final int COMPUTE_CAPABILITY_MINOR = 76;

    private CudaProbe() {}

    /**
     * A GPU that the driver lists.
     *
     * @param capability compute capability times ten: 90 for 9.0
     * @param bytes all of its memory
     */
    record Gpu(int ordinal, String name, int capability, long bytes) {
        @Override
        public String toString() {
            return name + ", compute capability " + capability / 10 + "." + capability % 10;
        }
    }

    /**
     * What the driver said.
     *
     * @param reason why there is no GPU, one sentence, or null if there is one
     * @param driver the newest CUDA version the driver knows: 13000 for 13.0
     */
    record Answer(@Nullable String reason, @Nullable DriverLibrary library, int driver, List<Gpu> gpus) {
        private static Answer no(String reason) {
            return new Answer(reason, null, 0, List.of());
        }

        /** Why this GPU cannot be used, or null if it can. */
        @Nullable
        String reasonAgainst(int ordinal) {
            if (reason != null) {
                return reason;
            }
            if (ordinal >= gpus.size()) {
                return "want a GPU of 0 to " + (gpus.size() - 1) + ", have " + ordinal;
            }
            Gpu gpu = gpus.get(ordinal);
            if (gpu.capability() < LEAST_CAPABILITY) {
                return "want compute capability 8.0 or newer, have " + gpu;
            }
            return null;
        }
    }

    /** Asked once a process, at the first use. */
    private static final class Once {
        static final Answer ANSWER = ask();
    }

    static Answer answer() {
        return Once.ANSWER;
    }

    private static Answer ask() {
        if ("off".equals(Setting.CUDA.value())) {
            return Answer.no("CUDA is switched off by " + Setting.CUDA);
        }
        String folder = Setting.DRIVER.value();
        return ask(folder == null ? PLACES : List.of(folder + "/" + NAME));
    }

    /** Asks the first driver library of these that opens. */
    static Answer ask(List<String> places) {
        try {
            for (String place : places) {
                DriverLibrary library = DriverLibrary.open(place);
                if (library != null) {
                    return ask(library);
                }
            }
        } catch (IllegalCallerException denied) {
            return Answer.no("native access is denied; want the flag --enable-native-access=ALL-UNNAMED");
        } catch (Throwable t) {
            return Answer.no("the CUDA driver could not be asked: " + t.getMessage());
        }
        return Answer.no("no CUDA driver library was found, looked for " + String.join(", ", places));
    }

    private static Answer ask(DriverLibrary library) throws Throwable {
        int status = (int) library.bind("cuInit", JAVA_INT).invokeExact(0);
        if (status != 0) {
            return refused(library, "cuInit", status);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(JAVA_LONG);
            status = (int) library.bind("cuDriverGetVersion", ADDRESS).invokeExact(number);
            if (status != 0) {
                return refused(library, "cuDriverGetVersion", status);
            }
            int version = number.get(JAVA_INT, 0);
            status = (int) library.bind("cuDeviceGetCount", ADDRESS).invokeExact(number);
            if (status != 0) {
                return refused(library, "cuDeviceGetCount", status);
            }
            int count = number.get(JAVA_INT, 0);
            if (count == 0) {
                return Answer.no("the CUDA driver " + library.file() + " lists no GPU; CUDA_VISIBLE_DEVICES is "
                        + System.getenv("CUDA_VISIBLE_DEVICES"));
            }
            List<Gpu> gpus = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                gpus.add(gpu(library, i, arena));
            }
            return new Answer(null, library, version, List.copyOf(gpus));
        }
    }

    private static Answer refused(DriverLibrary library, String call, int status) {
        return Answer.no(call + " of " + library.file() + " answered " + library.name(status) + meaning(status));
    }

    /** What the common refusals come from. */
    private static String meaning(int status) {
        return switch (status) {
            case 100 -> ": no GPU is visible to this process";
            case 802 -> ": the system is not ready; on machines with NVSwitch the fabric manager must run";
            case 803 -> ": the driver's library and kernel module differ in version";
            case 804 -> ": forward compatibility is not supported on this GPU";
            case 999 -> ": the driver gives no reason; its kernel module may not be loaded";
            default -> "";
        };
    }

    private static Gpu gpu(DriverLibrary library, int ordinal, Arena arena) throws Throwable {
        MemorySegment text = arena.allocate(256);
        MemorySegment number = arena.allocate(JAVA_LONG);
        check(library, "cuDeviceGet", (int)
                library.bind("cuDeviceGet", ADDRESS, JAVA_INT).invokeExact(number, ordinal));
        int device = number.get(JAVA_INT, 0);
        check(library, "cuDeviceGetName", (int)
                library.bind("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT).invokeExact(text, 256, device));
        check(library, "cuDeviceTotalMem", (int)
                library.bind("cuDeviceTotalMem_v2", ADDRESS, JAVA_INT).invokeExact(number, device));
        long bytes = number.get(JAVA_LONG, 0);
        int major = attribute(library, COMPUTE_CAPABILITY_MAJOR, device, number);
        int minor = attribute(library, COMPUTE_CAPABILITY_MINOR, device, number);
        return new Gpu(ordinal, text.getString(0), 10 * major + minor, bytes);
    }

    private static int attribute(DriverLibrary library, int which, int device, MemorySegment number) throws Throwable {
        check(library, "cuDeviceGetAttribute", (int) library.bind("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT)
                .invokeExact(number, which, device));
        return number.get(JAVA_INT, 0);
    }

    private static void check(DriverLibrary library, String call, int status) {
        if (status != 0) {
            throw new IllegalStateException(call + " answered " + library.name(status));
        }
    }
}
