package io.acuity.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.device.Fft;
import io.acuity.device.Gemm;
import io.acuity.device.Gemm.Matrices;
import io.acuity.device.Graph;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.OutOfDeviceMemoryException;
import io.acuity.device.Precision;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What CudaDevice does with the driver, on a stand-in that counts calls and fails on demand. */
class CudaDeviceTest {
    private static final Kernel RELU = new Kernel("relu_forward");
    private static final Kernel ADD = new Kernel("add_forward");

    private StandIn gpu;

    @BeforeEach
    void start() {
        gpu = StandIn.start();
    }

    private static Buffer floats(Device device, float... values) {
        Buffer buffer = device.allocate((long) values.length * Float.BYTES);
        device.upload(MemorySegment.ofArray(values), buffer);
        return buffer;
    }

    private static float[] read(Device device, Buffer buffer) {
        float[] values = new float[(int) (buffer.bytes() / Float.BYTES)];
        device.download(buffer, MemorySegment.ofArray(values));
        return values;
    }

    @Test
    void describesItself() {
        try (Device device = gpu.device()) {
            assertThat(device.name()).isEqualTo("cuda");
            assertThat(device.describe())
                    .isEqualTo("cuda (Stand-in GPU, compute capability 9.0, 16384 MiB, driver for CUDA 13.0, cuBLAS 13,"
                            + " cuFFT 12)");
            assertThat(device.has(RELU)).isTrue();
        }
    }

    @Test
    void refusesAGpuThatIsTooOld() {
        gpu.set("capability", 75);
        assertThatThrownBy(gpu::device)
                .isInstanceOf(DeviceException.class)
                .hasMessage(
                        "device cuda: want compute capability 8.0 or newer, have Stand-in GPU, compute capability 7.5");
    }

    @Test
    void givesAllMemoryBack() {
        try (Device device = gpu.device()) {
            device.release(floats(device, 1, 2, 3));
            floats(device, 4);
            device.gemm(square(floats(device, 2)));
            assertThat(gpu.memory()).isPositive();
        }
        assertThat(gpu.memory()).isZero();
        assertThat(gpu.calls("cuDevicePrimaryCtxRelease")).isEqualTo(1);
    }

    @Test
    void isOverWhenClosed() {
        CudaDevice device = gpu.device();
        Buffer x = floats(device, 1);
        device.close();
        device.close();
        assertThatThrownBy(() -> device.allocate(4)).hasMessage("cuda is closed");
        assertThatThrownBy(() -> device.fill(x, 0)).hasMessage("cuda is closed");
    }

    @Test
    void takesBlocksFromThePool() {
        try (Device device = gpu.device()) {
            Buffer first = device.allocate(10_000);
            device.release(first);
            Buffer second = device.allocate(9_800);
            assertThat(second.address()).isEqualTo(first.address());
            Buffer third = device.allocate(10_000);
            assertThat(third.address()).isNotEqualTo(first.address());
            device.release(second);
            device.release(third);
            // far smaller: would waste a block
            device.allocate(100);
            assertThat(gpu.calls("cuMemAlloc")).isEqualTo(3);
            assertThat(gpu.calls("cuMemFree")).isZero();
        }
    }

    @Test
    void givesThePoolUpBeforeItRunsOut() {
        gpu.set("memory", 1 << 20);
        try (Device device = gpu.device()) {
            Buffer large = device.allocate(600_000);
            device.release(large);
            Buffer larger = device.allocate(800_000);
            assertThat(gpu.calls("cuMemFree")).isEqualTo(1);
            assertThatThrownBy(() -> device.allocate(600_000))
                    .isInstanceOf(OutOfDeviceMemoryException.class)
                    .hasMessage("device cuda has no 600000 bytes left");
            device.release(larger);
            assertThat(device.allocate(600_000)).isNotNull();
        }
    }

    @Test
    void copiesEverySize() {
        int area = Math.toIntExact(Staging.AREA);
        try (Device device = gpu.device()) {
            SplittableRandom random = new SplittableRandom(3);
            for (int bytes : new int[] {0, 1, 63, area - 1, area, area + 1, 2 * area, 3 * area + 5}) {
                byte[] want = new byte[bytes];
                random.nextBytes(want);
                byte[] from = want.clone();
                Buffer buffer = device.allocate(bytes);
                device.upload(MemorySegment.ofArray(from), buffer);
                Arrays.fill(from, (byte) 0); // ours again after the call
                byte[] have = new byte[bytes];
                device.download(buffer, MemorySegment.ofArray(have));
                assertThat(Arrays.equals(have, want)).as("%d bytes", bytes).isTrue();
                device.release(buffer);
            }
        }
    }

    /** Many small copies, each area of pinned memory used again and again, before the GPU has done any of them. */
    @Test
    void keepsCopiesApart() {
        try (Device device = gpu.device()) {
            Buffer sum = floats(device, 0);
            Buffer x = device.allocate(4);
            float[] host = new float[1];
            for (int i = 1; i <= 100; i++) {
                host[0] = i;
                device.upload(MemorySegment.ofArray(host), x);
                device.launch(ADD, Grid.cover(1), sum, x, sum, 1L);
                float value = -i;
                device.feed(x, to -> to.set(JAVA_FLOAT, 0, 2 * value));
                device.launch(ADD, Grid.cover(1), sum, x, sum, 1L);
            }
            assertThat(read(device, sum)).containsExactly(-5050);
        }
    }

    @Test
    void feedsMoreThanAnArea() {
        try (Device device = gpu.device()) {
            long bytes = Staging.AREA + 8;
            Buffer buffer = device.allocate(bytes);
            device.feed(buffer, to -> to.fill((byte) 7));
            byte[] have = new byte[(int) bytes];
            device.download(buffer, MemorySegment.ofArray(have));
            assertThat(have).containsOnly(7);
        }
    }

    @Test
    void tellsWhatWasLaunchedWhenALaunchFails() {
        try (Device device = gpu.device()) {
            Buffer x = floats(device, new float[300]);
            gpu.fail("cuLaunchKernel", 701, 0);
            assertThatThrownBy(() -> device.launch(RELU, Grid.cover(300), x, x, 300L))
                    .isInstanceOf(DeviceException.class)
                    .hasMessage(
                            "cuLaunchKernel answered CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES (701): relu_forward, 2 x 1 x 1"
                                    + " blocks of 256 x 1 x 1 threads with 0 bytes of shared memory, Grid[300 x 1 x 1],"
                                    + " [Buffer[cuda, 1200 bytes], Buffer[cuda, 1200 bytes], 300] on cuda; the launch before:"
                                    + " none");
        }
    }

    /** The GPU runs into a fault after the launch has returned; from then on every call fails. */
    @Test
    void namesTheLaunchBeforeAFault() {
        CudaDevice device = gpu.device();
        Buffer wild = new Buffer(device, 64, 4);
        Buffer x = floats(device, 1);
        device.launch(RELU, Grid.cover(1), wild, x, 1L);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(device::synchronize)
                    .isInstanceOf(DeviceException.class)
                    .hasMessage(
                            "cuStreamSynchronize answered CUDA_ERROR_ILLEGAL_ADDRESS (700) on cuda; the launch before:"
                                    + " relu_forward");
        }
        assertThatThrownBy(() -> read(device, x))
                .hasMessageContaining("(700) on cuda; the launch before: relu_forward");
        device.close();
    }

    @Test
    void checksTheGridAgainstCudasLimits() {
        try (Device device = gpu.device()) {
            Buffer x = floats(device, 1);
            assertThatThrownBy(() -> device.launch(RELU, Grid.cover(1, 65536, 1), x, x, 1L))
                    .hasMessage("relu_forward: want at most 65535 items along y, have 65536");
            assertThatThrownBy(() -> device.launch(RELU, Grid.cover(1L << 40, 1, 1), x, x, 1L))
                    .hasMessage("relu_forward: want at most 549755813632 items along x, have 1099511627776");
        }
    }

    @Test
    void givesOldDriversPtx(@TempDir Path folder) throws IOException {
        StandIn.writeImages(folder);
        Files.writeString(folder.resolve("relu.fatbin"), "no fatbin at all");
        gpu.set("driver", 12000);
        try (Device device = gpu.device(folder)) {
            Buffer x = floats(device, -1, 2);
            device.launch(RELU, Grid.cover(2), x, x, 2L);
            assertThat(read(device, x)).containsExactly(0, 2);
        }
        Files.writeString(folder.resolve("relu.ptx"), ".version 9.0\n.visible .entry relu_forward()\n");
        try (Device device = gpu.device(folder)) {
            Buffer x = floats(device, -1, 2);
            assertThatThrownBy(() -> device.launch(RELU, Grid.cover(2), x, x, 2L))
                    .hasMessage("cuModuleLoadData of relu.ptx answered CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222)");
        }
    }

    @Test
    void givesNewDriversFatbins(@TempDir Path folder) throws IOException {
        StandIn.writeImages(folder);
        Files.writeString(folder.resolve("relu.ptx"), "no PTX at all");
        try (Device device = gpu.device(folder)) {
            Buffer x = floats(device, -1, 2);
            device.launch(RELU, Grid.cover(2), x, x, 2L);
            device.launch(new Kernel("relu_backward"), Grid.cover(2), x, x, x, 2L, 0);
            assertThat(read(device, x)).containsExactly(0, 2);
            assertThat(gpu.calls("cuModuleLoadData"))
                    .as("both kernels of one file")
                    .isEqualTo(1);
        }
    }

    @Test
    void compilesPtxForGpusThatTheFatbinLacks(@TempDir Path folder) throws IOException {
        StandIn.writeImages(folder);
        gpu.set("no_binary", 1);
        try (Device device = gpu.device(folder)) {
            Buffer x = floats(device, -1, 2);
            device.launch(RELU, Grid.cover(2), x, x, 2L);
            assertThat(read(device, x)).containsExactly(0, 2);
        }
        Files.delete(folder.resolve("relu.ptx"));
        try (Device device = gpu.device(folder)) {
            Buffer x = floats(device, -1, 2);
            assertThatThrownBy(() -> device.launch(RELU, Grid.cover(2), x, x, 2L))
                    .hasMessage(
                            "kernel relu_forward: " + folder + " has no GPU code relu.ptx, and none in .fatbin for this"
                                    + " GPU; build it with ./acuity build --cuda where nvcc is installed");
        }
    }

    @Test
    void tellsOfGpuCodeThatIsOlderThanTheTable(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("relu.ptx"), ".version 8.0\n.visible .entry relu_backward()\n");
        try (Device device = gpu.device(folder)) {
            assertThat(device.has(ADD)).isFalse();
            Buffer x = floats(device, -1);
            assertThatThrownBy(() -> device.launch(RELU, Grid.cover(1), x, x, 1L))
                    .hasMessage("kernel relu_forward is not in the GPU code relu of " + folder
                            + "; build it again with ./acuity build --cuda");
            assertThatThrownBy(() -> device.launch(ADD, Grid.cover(1), x, x, x, 1L))
                    .hasMessageContaining(folder + " has no GPU code add.ptx; build it");
        }
    }

    @Test
    void launchesWithoutMakingGarbage() {
        try (CudaDevice device = gpu.device()) {
            Buffer x = floats(device, 1, 2);
            Object[] arguments = {x, x, 2L};
            Grid grid = Grid.cover(2);
            long thread = Thread.currentThread().threadId();
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            int launches = 5_000;
            for (int round = 0; round < 8; round++) {
                long before = threads.getThreadAllocatedBytes(thread);
                for (int i = 0; i < launches; i++) {
                    device.launch(RELU, grid, arguments);
                }
                least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
                device.synchronize();
            }
            assertThat(least).as("bytes for %d launches", launches).isLessThan(launches);
        }
    }

    private static Gemm square(Buffer x) {
        Matrices m = new Matrices(x, 1, 0);
        return new Gemm(false, false, 1, 1, 1, 1, m, m, 0, m, 1);
    }

    @Test
    void explainsFailuresOfTheLibraries() {
        Fft fft = new Fft(1, 4, 4);
        try (Device device = gpu.device()) {
            Buffer x = floats(device, new float[64]);
            Buffer y = floats(device, new float[64]);
            gpu.fail("cublasCreate", 1, 0);
            assertThatThrownBy(() -> device.gemm(square(x)))
                    .hasMessage(
                            "cublasCreate answered CUBLAS_STATUS_NOT_INITIALIZED (1) on cuda; the launch before: none");
            gpu.mend("cublasCreate");
            gpu.fail("cublasGemmStridedBatchedEx", 13, 1);
            device.gemm(square(x));
            assertThatThrownBy(() -> device.gemm(square(x)))
                    .hasMessageStartingWith("cublasGemmStridedBatchedEx answered CUBLAS_STATUS_EXECUTION_FAILED (13)");
            gpu.fail("cufftMakePlanMany", 2, 0);
            assertThatThrownBy(() -> device.fft(fft, Fft.Direction.FORWARD, x, y))
                    .hasMessageStartingWith("cufftMakePlanMany of fft[1 x 4 x 4] answered CUFFT_ALLOC_FAILED (2)");
            gpu.mend("cufftMakePlanMany");
            gpu.fail("cufftExecC2R", 6, 0);
            device.fft(fft, Fft.Direction.FORWARD, x, y);
            assertThatThrownBy(() -> device.fft(fft, Fft.Direction.INVERSE, y, x))
                    .hasMessageStartingWith("cufftExecC2R of fft[1 x 4 x 4] answered CUFFT_EXEC_FAILED (6)");
        }
    }

    @Test
    void saysWhichLibrariesAreMissing(@TempDir Path folder) {
        CudaLibraries none = CudaLibraries.find(13000, List.of(folder));
        try (Device device = CudaDevice.open("cuda", 0, gpu.answer(), none, KernelImages.in(folder), Precision.FP32)) {
            Buffer x = floats(device, 1);
            assertThatThrownBy(() -> device.gemm(square(x)))
                    .hasMessageStartingWith(
                            "cuBLAS and cuFFT not found: for CUDA 13 libcublasLt.so.13, libcublas.so.13, ")
                    .hasMessageContaining("looked in [" + folder + "]");
            assertThat(device.describe()).contains("no cuBLAS and cuFFT");
            assertThat(read(device, x)).as("the rest works").containsExactly(1);
        }
    }

    @Test
    void makesAPlanOnceAndOneWorkAreaForAll() {
        try (Device device = gpu.device()) {
            Buffer x = floats(device, new float[1024]);
            Buffer y = floats(device, new float[2048]);
            long before = gpu.calls("cuMemAlloc");
            for (int i = 0; i < 3; i++) {
                device.fft(new Fft(4, 8, 8), Fft.Direction.FORWARD, x, y);
                device.fft(new Fft(1, 8, 8), Fft.Direction.FORWARD, x, y);
            }
            assertThat(gpu.calls("cufftMakePlanMany")).isEqualTo(2);
            assertThat(gpu.calls("cuMemAlloc") - before).isEqualTo(1);
        }
    }

    @Test
    void wantsPlansBeforeACapture() {
        Fft fft = new Fft(1, 4, 4);
        try (Device device = gpu.device()) {
            Buffer x = floats(device, new float[64]);
            Buffer y = floats(device, new float[64]);
            assertThatThrownBy(() -> device.capture(() -> device.fft(fft, Fft.Direction.FORWARD, x, y)))
                    .hasMessageStartingWith("fft[1 x 4 x 4] in a capture: want a plan from an earlier use, have none");
            assertThatThrownBy(() -> device.capture(() -> device.gemm(square(x))))
                    .hasMessageStartingWith("gemm in a capture: want cuBLAS from an earlier use, have none");
            device.fft(fft, Fft.Direction.FORWARD, x, y);
            device.capture(() -> device.fft(fft, Fft.Direction.FORWARD, x, y)).close();
        }
    }

    @Test
    void replaysAGraphInOneCall() {
        try (Device device = gpu.device()) {
            Buffer x = floats(device, 1, 2);
            Buffer y = floats(device, 0, 0);
            Graph graph = device.capture(() -> {
                for (int i = 0; i < 10; i++) {
                    device.launch(ADD, Grid.cover(2), x, y, y, 2L);
                }
            });
            long launches = gpu.calls("cuLaunchKernel");
            graph.launch();
            graph.launch();
            assertThat(gpu.calls("cuLaunchKernel")).isEqualTo(launches);
            assertThat(gpu.calls("cuGraphLaunch")).isEqualTo(2);
            assertThat(read(device, y)).containsExactly(20, 40);
            graph.close();
            assertThat(gpu.calls("cuGraphExecDestroy")).isEqualTo(1);
            assertThatThrownBy(graph::launch).hasMessageContaining("have one that was closed");
        }
    }

    /** Five steps ahead of a GPU that has not started: each step must see its own data. */
    @Test
    void feedsAheadOfTheGpu() {
        try (Device device = gpu.device()) {
            Buffer a = floats(device, 0, 0, 0);
            Buffer b = floats(device, 0, 0, 0);
            Buffer sum = floats(device, 0, 0, 0);
            float[] step = new float[1];
            try (Graph graph = device.capture(() -> {
                device.launch(ADD, Grid.cover(3), sum, a, sum, 3L);
                device.launch(ADD, Grid.cover(3), sum, b, sum, 3L);
                device.feed(
                        a,
                        to -> MemorySegment.copy(
                                MemorySegment.ofArray(new float[] {step[0], 10 * step[0], 100 * step[0]}),
                                0,
                                to,
                                0,
                                12));
                device.feed(b, to -> to.fill((byte) 0));
            })) {
                for (int i = 1; i <= 5; i++) {
                    step[0] = i;
                    graph.launch();
                }
                assertThat(read(device, sum)).containsExactly(15, 150, 1500);
            }
        }
    }

    @Test
    void endsACaptureThatFails() {
        try (Device device = gpu.device()) {
            Buffer x = floats(device, 3);
            assertThatThrownBy(() -> device.capture(() -> {
                        device.fill(x, 0);
                        throw new IllegalStateException("in between");
                    }))
                    .hasMessage("in between");
            assertThat(read(device, x)).containsExactly(3);
            gpu.fail("cuGraphInstantiate", 2, 0);
            assertThatThrownBy(() -> device.capture(() -> device.fill(x, 0)))
                    .hasMessage("cuGraphInstantiate answered CUDA_ERROR_OUT_OF_MEMORY (2)");
            assertThat(gpu.calls("cuGraphDestroy")).isEqualTo(2);
        }
    }

    @Test
    void servesSeveralThreads() throws InterruptedException {
        try (Device device = gpu.device()) {
            Buffer sum = floats(device, 0);
            Buffer one = floats(device, 1);
            Thread[] threads = new Thread[4];
            for (int i = 0; i < threads.length; i++) {
                Runnable work = () -> {
                    for (int j = 0; j < 50; j++) {
                        device.launch(ADD, Grid.cover(1), sum, one, sum, 1L);
                    }
                };
                threads[i] = i % 2 == 0
                        ? Thread.ofPlatform().start(work)
                        : Thread.ofVirtual().start(work);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(read(device, sum)).containsExactly(200);
        }
    }
}
