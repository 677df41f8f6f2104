package io.acuity.device.cuda;

import io.acuity.device.DeviceException;
import io.acuity.device.Gemm;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/** Matrix products by cuBLAS. Its work area is ours, so that products can be captured and their bits repeat. */
final class CudaBlas {
    /** What NVIDIA recommends for Hopper; smaller GPUs want less. */
    private static final long WORK_AREA = 32 << 20;

    private static final int DEFAULT_ALGORITHM = -1;

    private final cublasHandle handle = new cublasHandle();
    private final int compute;

    CudaBlas(CudaContext cuda, CudaMemory memory) {
        compute = "on".equals(Setting.TF32.value())
                ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32
                : cublasComputeType.CUBLAS_COMPUTE_32F;
        check("cublasCreate", JCublas2.cublasCreate(handle));
        check("cublasSetStream", JCublas2.cublasSetStream(handle, new cudaStream_t(cuda.handle())));
        long area = memory.allocate(WORK_AREA);
        if (area == 0) {
            throw new DeviceException(
                    "cuBLAS: want " + WORK_AREA + " bytes of device memory to work in, have fewer left");
        }
        check("cublasSetWorkspace", JCublas2.cublasSetWorkspace(handle, new Handles.Address(area), WORK_AREA));
        cuda.settle();
    }

    /** Version of the library, such as 13.1.0. */
    static String version() {
        int[] parts = new int[3];
        for (int i = 0; i < parts.length; i++) {
            int[] part = new int[1];
            check("cublasGetProperty", JCublas2.cublasGetProperty(i, part));
            parts[i] = part[0];
        }
        return parts[0] + "." + parts[1] + "." + parts[2];
    }

    /**
     * Starts a product. cuBLAS reads columns first, so it sees every row-major matrix transposed; it is asked for the transposed
     * product, C' = B' A'.
     */
    void multiply(Gemm g) {
        check(
                "cublasGemmStridedBatchedEx",
                JCublas2.cublasGemmStridedBatchedEx_new(
                        handle,
                        operation(g.transposeB()),
                        operation(g.transposeA()),
                        g.n(),
                        g.m(),
                        g.k(),
                        Pointer.to(new float[] {g.alpha()}),
                        pointer(g.b()),
                        cudaDataType.CUDA_R_32F,
                        stride("b", g.b()),
                        g.b().step(),
                        pointer(g.a()),
                        cudaDataType.CUDA_R_32F,
                        stride("a", g.a()),
                        g.a().step(),
                        Pointer.to(new float[] {g.beta()}),
                        pointer(g.c()),
                        cudaDataType.CUDA_R_32F,
                        stride("c", g.c()),
                        g.c().step(),
                        g.batch(),
                        compute,
                        DEFAULT_ALGORITHM));
    }

    private static int operation(boolean transpose) {
        return transpose ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    private static Pointer pointer(Gemm.Matrices matrices) {
        return new Handles.Address(matrices.data().address());
    }

    private static int stride(String name, Gemm.Matrices matrices) {
        if (matrices.stride() > Integer.MAX_VALUE) {
            throw new DeviceException(
                    "gemm " + name + ": want a stride of at most " + Integer.MAX_VALUE + ", have " + matrices.stride());
        }
        return (int) matrices.stride();
    }

    private static void check(String call, int status) {
        if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
            throw new DeviceException(call + " answered " + cublasStatus.stringFor(status) + " (" + status + ")");
        }
    }

    void close() {
        JCublas2.cublasDestroy(handle);
    }
}
