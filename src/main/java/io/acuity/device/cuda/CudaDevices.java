package io.acuity.device.cuda;

import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.device.NativeLibrary;
import io.acuity.device.NativeLibrary.Entry;
import io.acuity.device.Precision;
import org.jspecify.annotations.Nullable;

/** The GPUs of this machine. Nothing of JCuda is loaded until one is opened. */
public final class CudaDevices {
    private CudaDevices() {}

    /** Whether a name is that of a GPU: {@code cuda} for the first, {@code cuda:1} for the second. */
    public static boolean isName(String name) {
        return name.matches("cuda(:\\d{1,3})?");
    }

    private static int ordinal(String name) {
        if (!isName(name)) {
            throw new DeviceException("device: want cuda or cuda: and a number, have " + name);
        }
        return name.length() == 4 ? 0 : Integer.parseInt(name.substring(5));
    }

    /**
     * Opens a GPU in a number mode.
     *
     * @throws DeviceException that says what is missing and where it was looked for
     */
    public static Device open(String name, Precision precision) {
        String reason = reasonAgainst(name);
        if (reason != null) {
            throw new DeviceException("device " + name + ": " + reason);
        }
        CudaProbe.Answer answer = CudaProbe.answer();
        return CudaDevice.open(
                name, ordinal(name), answer, CudaLibraries.find(answer.driver()), KernelImages.find(), precision);
    }

    /**
     * Why the GPU of that name cannot be used, one sentence, or null if it can. The driver is asked once a process; no GPU is taken
     * by that.
     */
    public static @Nullable String reasonAgainst(String name) {
        String reason = CudaProbe.answer().reasonAgainst(ordinal(name));
        if (reason != null) {
            return reason;
        }
        if (!JCudaNatives.present()) {
            return "want a build for Linux on x86-64, which has JCuda's libraries, have one for "
                    + System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        }
        NativeLibrary library = NativeLibrary.load();
        Entry any = library.kernels().entries().iterator().next();
        KernelImages images = KernelImages.find();
        if (!images.has(library.geometry(any).file() + ".ptx")) {
            return "want GPU code of the kernels in " + images.where()
                    + ", have none; build it with ./acuity build where nvcc is installed";
        }
        return null;
    }

    /** Whether the first GPU is the best device here. A GPU that is there but cannot be used is warned of. */
    public static boolean preferred() {
        String reason = reasonAgainst("cuda");
        if (reason != null && !CudaProbe.answer().gpus().isEmpty()) {
            System.getLogger(CudaDevices.class.getName())
                    .log(System.Logger.Level.WARNING, "the GPU is not used: {0}", reason);
        }
        return reason == null;
    }

    /** How many GPUs the driver lists; 0 without a driver. */
    public static int count() {
        return CudaProbe.answer().gpus().size();
    }
}
