package io.acuity.device.cuda;

import io.acuity.device.DeviceException;
import io.acuity.device.Fft;
import java.util.HashMap;
import java.util.Map;
import jcuda.jcufft.JCufft;
import jcuda.jcufft.cufftHandle;
import jcuda.jcufft.cufftResult;
import jcuda.jcufft.cufftType;
import jcuda.runtime.cudaStream_t;

/** Fourier transforms by cuFFT: a plan for each size and direction, made at its first use, in work areas that are ours. */
final class CudaFft {
    private record Size(Fft fft, Fft.Direction direction) {}

    private final CudaContext cuda;
    private final CudaMemory memory;
    private final Map<Size, cufftHandle> plans = new HashMap<>();
    private long area;
    private long areaBytes;

    CudaFft(CudaContext cuda, CudaMemory memory) {
        this.cuda = cuda;
        this.memory = memory;
    }

    /** Version of the library, such as 12.1.0. */
    static String version() {
        int[] version = new int[1];
        check("cufftGetVersion", JCufft.cufftGetVersion(version));
        return version[0] / 1000 + "." + version[0] / 100 % 10 + "." + version[0] % 100;
    }

    /** Whether the plan is there. */
    boolean has(Fft fft, Fft.Direction direction) {
        return plans.containsKey(new Size(fft, direction));
    }

    /** Starts a transform. */
    void transform(Fft fft, Fft.Direction direction, long from, long to) {
        Size size = new Size(fft, direction);
        cufftHandle plan = plans.get(size);
        if (plan == null) {
            plan = plan(size);
            plans.put(size, plan);
        }
        Handles.Address source = new Handles.Address(from);
        Handles.Address target = new Handles.Address(to);
        if (direction == Fft.Direction.FORWARD) {
            check("cufftExecR2C of " + fft, JCufft.cufftExecR2C(plan, source, target));
        } else {
            check("cufftExecC2R of " + fft, JCufft.cufftExecC2R(plan, source, target));
        }
    }

    private cufftHandle plan(Size size) {
        Fft fft = size.fft();
        int planes = fft.height() * fft.width();
        int spectra = fft.height() * fft.columns();
        boolean forward = size.direction() == Fft.Direction.FORWARD;
        cufftHandle plan = new cufftHandle();
        check("cufftCreate", JCufft.cufftCreate(plan));
        try {
            check("cufftSetAutoAllocation", JCufft.cufftSetAutoAllocation(plan, 0));
            long[] bytes = new long[1];
            int[] none = null;
            check(
                    "cufftMakePlanMany of " + fft,
                    JCufft.cufftMakePlanMany(
                            plan,
                            2,
                            new int[] {fft.height(), fft.width()},
                            none,
                            1,
                            forward ? planes : spectra,
                            none,
                            1,
                            forward ? spectra : planes,
                            forward ? cufftType.CUFFT_R2C : cufftType.CUFFT_C2R,
                            fft.batch(),
                            bytes));
            check("cufftSetWorkArea", JCufft.cufftSetWorkArea(plan, new Handles.Address(area(bytes[0]))));
            check("cufftSetStream", JCufft.cufftSetStream(plan, new cudaStream_t(cuda.handle())));
            cuda.settle();
            return plan;
        } catch (RuntimeException e) {
            JCufft.cufftDestroy(plan);
            throw e;
        }
    }

    /** One area for all plans, since they run one after another; older and smaller ones stay with their plans and graphs. */
    private long area(long bytes) {
        if (bytes > areaBytes) {
            long larger = memory.allocate(bytes);
            if (larger == 0) {
                throw new DeviceException(
                        "cuFFT: want " + bytes + " bytes of device memory to work in, have fewer left");
            }
            area = larger;
            areaBytes = bytes;
        }
        return area;
    }

    private static void check(String call, int status) {
        if (status != cufftResult.CUFFT_SUCCESS) {
            throw new DeviceException(call + " answered " + cufftResult.stringFor(status) + " (" + status + ")");
        }
    }

    void close() {
        plans.values().forEach(JCufft::cufftDestroy);
        plans.clear();
    }
}
