package io.acuity.device.cuda;

import io.acuity.device.Arguments;
import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.device.Fft;
import io.acuity.device.Gemm;
import io.acuity.device.Graph;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.KernelTable;
import io.acuity.device.NativeLibrary;
import io.acuity.device.NativeLibrary.Entry;
import io.acuity.device.NativeLibrary.Geometry;
import io.acuity.device.OutOfDeviceMemoryException;
import io.acuity.device.Precision;
import io.acuity.device.Readback;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import jcuda.driver.CUgraph;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * An NVIDIA GPU. All work is put on one stream, in order; only {@link #download} and {@link #synchronize} wait for it. One thread is
 * let in at a time, and a thread that captures keeps the others out until its capture ends.
 *
 * <p>The driver tells of a kernel's failure at a later call; messages therefore name the launch before.
 */
final class CudaDevice implements Device {
    private static final System.Logger LOG = System.getLogger(CudaDevice.class.getName());
    private static final long MOST_BLOCKS_X = Integer.MAX_VALUE;
    private static final long MOST_BLOCKS = 65535;

    private final String name;
    private final CudaProbe.Gpu gpu;
    private final Precision precision;
    private final int driverVersion;
    private final CudaLibraries libraries;
    private final CudaContext cuda;
    private final Driver driver;
    private final CudaKernels kernels;
    private final CudaMemory memory;
    private final Staging staging;
    private final KernelTable table = NativeLibrary.load().kernels();
    private final ThreadLocal<Arguments> written = ThreadLocal.withInitial(Arguments::new);
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<CudaGraph> graphs = new HashSet<>();
    private @Nullable List<CudaGraph.Feed> capturing;
    private @Nullable CudaBlas blas;
    private @Nullable CudaFft fft;
    private String last = "none";
    private boolean closed;

    private CudaDevice(
            String name,
            int ordinal,
            CudaProbe.Answer answer,
            DriverLibrary library,
            CudaLibraries libraries,
            KernelImages images,
            Precision precision) {
        this.name = name;
        this.precision = precision;
        this.libraries = libraries;
        gpu = answer.gpus().get(ordinal);
        driverVersion = answer.driver();
        JCudaNatives.loadDriver();
        driver = new Driver(library);
        cuda = new CudaContext(driver, ordinal);
        kernels = new CudaKernels(driver, images, driverVersion, gpu.capability());
        memory = new CudaMemory(cuda);
        staging = new Staging(cuda);
    }

    /** Opens a GPU that the driver listed. */
    static CudaDevice open(
            String name,
            int ordinal,
            CudaProbe.Answer answer,
            CudaLibraries libraries,
            KernelImages images,
            Precision precision) {
        String reason = answer.reasonAgainst(ordinal);
        DriverLibrary library = answer.library();
        if (reason != null || library == null) {
            throw new DeviceException("device " + name + ": " + reason);
        }
        return new CudaDevice(name, ordinal, answer, library, libraries, images, precision);
    }

    @Override
    public String name() {
        return name;
    }

    /** Lets this thread in. */
    private void enter() {
        lock.lock();
        if (closed) {
            lock.unlock();
            throw new DeviceException(name + " is closed");
        }
        cuda.enter();
    }

    private void leave() {
        lock.unlock();
    }

    /** Lets this thread in for what cannot be part of a graph. */
    private void enterOutsideCapture(String what) {
        enter();
        if (capturing != null) {
            leave();
            throw new DeviceException(what + " on " + name + ": want it outside a capture, have it inside one");
        }
    }

    /** What failed, with the launch that the driver may mean. */
    private DeviceException after(DeviceException failure) {
        return new DeviceException(failure.getMessage() + " on " + name + "; the launch before: " + last, failure);
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public Buffer allocate(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("allocate: want no negative size, have " + bytes);
        }
        enterOutsideCapture("allocate");
        try {
            long address = memory.allocate(bytes);
            if (address == 0) {
                throw new OutOfDeviceMemoryException(name, bytes);
            }
            return new Buffer(this, address, bytes);
        } catch (DeviceException e) {
            throw after(e);
        } finally {
            leave();
        }
    }

    @Override
    public void release(Buffer buffer) {
        enterOutsideCapture("release");
        try {
            if (buffer.device() != this || !memory.release(buffer.address())) {
                throw new DeviceException("release: want a live buffer of " + name + ", have " + buffer);
            }
        } finally {
            leave();
        }
    }

    @Override
    public void upload(MemorySegment from, Buffer to) {
        Arguments.checkOwner(this, to);
        checkSize("upload", from.byteSize(), to.bytes());
        enterOutsideCapture("upload");
        try {
            staging.upload(from, to.address());
        } catch (DeviceException e) {
            throw after(e);
        } finally {
            leave();
        }
    }

    @Override
    public void download(Buffer from, MemorySegment to) {
        Arguments.checkOwner(this, from);
        checkSize("download", to.byteSize(), from.bytes());
        enterOutsideCapture("download");
        try {
            staging.download(from.address(), to);
        } catch (DeviceException e) {
            throw after(e);
        } finally {
            leave();
        }
    }

    private static void checkSize(String what, long host, long device) {
        if (host > device) {
            throw new IllegalArgumentException(
                    what + ": want at most " + device + " bytes (the buffer's size), have " + host);
        }
    }

    @Override
    public void fill(Buffer buffer, int word) {
        Arguments.checkOwner(this, buffer);
        long count = buffer.bytes() / 4;
        if (count == 0) {
            return;
        }
        enter();
        try {
            driver.fill(buffer.address(), word, count, cuda.stream());
        } catch (DeviceException e) {
            throw after(e);
        } finally {
            leave();
        }
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        Entry entry = table.select(kernel, arguments);
        Arguments values = written.get();
        values.write(this, entry, arguments);
        if (grid.x() == 0 || grid.y() == 0 || grid.z() == 0 || grid.batch() == 0) {
            return;
        }
        enter();
        try {
            HopperForm form = kernels.form(entry, arguments);
            CudaKernels.Function function = form == null ? kernels.function(entry) : kernels.function(entry, form);
            Geometry block = function.geometry();
            String called = form == null ? entry.name() : form.function();
            int x = form == null
                    ? blocks(entry, "x", grid.x(), block.coversX(), 1, MOST_BLOCKS_X)
                    : form.blocks(cuda.processors(), arguments);
            int y = form == null ? blocks(entry, "y", grid.y(), block.coversY(), 1, MOST_BLOCKS) : 1;
            int z = form == null ? blocks(entry, "z", grid.z(), block.coversZ(), grid.batch(), MOST_BLOCKS) : 1;
            int status = driver.launchKernel(
                    function.address(),
                    x,
                    y,
                    z,
                    block.x(),
                    block.y(),
                    block.z(),
                    block.shared(),
                    cuda.stream(),
                    values.pointers().address());
            if (status != 0) {
                throw after(new DeviceException("cuLaunchKernel answered " + driver.name(status) + ": " + called
                        + ", " + x + " x " + y + " x " + z + " blocks of " + block.x() + " x " + block.y() + " x "
                        + block.z() + " threads with " + block.shared() + " bytes of shared memory, " + grid + ", "
                        + Arrays.toString(arguments)));
            }
            last = called;
        } finally {
            leave();
        }
    }

    private static int blocks(Entry entry, String side, long items, int covers, long times, long most) {
        long blocks = (items - 1) / covers + 1;
        if (blocks > most / times) {
            throw new DeviceException(entry.name() + ": want at most " + most * covers + " items along " + side
                    + ", have " + items + (times == 1 ? "" : ", " + times + " times"));
        }
        return (int) (blocks * times);
    }

    @Override
    public void fft(Fft size, Fft.Direction direction, Buffer from, Buffer to) {
        Arguments.checkOwner(this, from);
        Arguments.checkOwner(this, to);
        checkRoom(size, "from", size.fromBytes(direction), from);
        checkRoom(size, "to", size.toBytes(direction), to);
        enter();
        try {
            CudaFft transforms = fft;
            if (capturing != null && (transforms == null || !transforms.has(size, direction))) {
                throw new DeviceException(size + " in a capture: want a plan from an earlier use, have none");
            }
            if (transforms == null) {
                JCudaNatives.loadLibraries(libraries);
                transforms = new CudaFft(cuda, memory);
                fft = transforms;
            }
            transforms.transform(size, direction, from.address(), to.address());
        } catch (DeviceException e) {
            throw after(e);
        } finally {
            leave();
        }
    }

    private static void checkRoom(Fft fft, String which, long want, Buffer buffer) {
        if (buffer.bytes() < want) {
            throw new IllegalArgumentException(
                    fft + " " + which + ": want at least " + want + " bytes, have " + buffer.bytes());
        }
    }

    @Override
    public void gemm(Gemm product) {
        Arguments.checkOwner(this, product.a().data());
        Arguments.checkOwner(this, product.b().data());
        Arguments.checkOwner(this, product.c().data());
        enter();
        try {
            CudaBlas products = blas;
            if (products == null) {
                if (capturing != null) {
                    throw new DeviceException("gemm in a capture: want cuBLAS from an earlier use, have none");
                }
                JCudaNatives.loadLibraries(libraries);
                products = new CudaBlas(cuda, memory);
                blas = products;
            }
            products.multiply(product);
        } catch (DeviceException e) {
            throw after(e);
        } finally {
            leave();
        }
    }

    @Override
    public boolean has(Kernel kernel) {
        Entry entry = table.find(kernel.name());
        return entry != null && kernels.has(entry);
    }

    /** Whether kernels that have a form for compute capability 9.0 run in it here. */
    boolean hopper() {
        return kernels.hopper();
    }

    @Override
    public Graph capture(Runnable work) {
        enterOutsideCapture("capture");
        try {
            List<CudaGraph.Feed> feeds = new ArrayList<>();
            CUgraph captured = record(work, feeds);
            Handles.Executable executable = new Handles.Executable();
            try {
                driver.check("cuGraphInstantiate", JCudaDriver.cuGraphInstantiate(executable, captured, 0));
            } finally {
                JCudaDriver.cuGraphDestroy(captured);
            }
            CudaGraph graph = new CudaGraph(this, cuda, executable, feeds);
            graphs.add(graph);
            return graph;
        } finally {
            leave();
        }
    }

    private CUgraph record(Runnable work, List<CudaGraph.Feed> feeds) {
        CUgraph captured = new CUgraph();
        // relaxed, as a kernel's code is loaded at its first launch, which may be here
        driver.check(
                "cuStreamBeginCapture",
                JCudaDriver.cuStreamBeginCapture(cuda.handle(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED));
        capturing = feeds;
        boolean whole = false;
        try {
            work.run();
            whole = true;
        } finally {
            capturing = null;
            int status = JCudaDriver.cuStreamEndCapture(cuda.handle(), captured);
            if (whole) {
                driver.check("cuStreamEndCapture", status);
            } else if (status == 0) {
                JCudaDriver.cuGraphDestroy(captured);
            }
        }
        return captured;
    }

    @Override
    public void feed(Buffer to, Consumer<MemorySegment> writer) {
        Arguments.checkOwner(this, to);
        enter();
        try {
            List<CudaGraph.Feed> feeds = capturing;
            if (feeds != null) {
                feeds.add(new CudaGraph.Feed(to.address(), to.bytes(), writer));
            } else {
                staging.feed(writer, to.address(), to.bytes());
            }
        } finally {
            leave();
        }
    }

    /** Launches a graph. */
    void replay(CudaGraph graph) {
        enterOutsideCapture("graph launch");
        try {
            if (graph.isClosed()) {
                throw new DeviceException("graph on " + name + ": want an open one, have one that was closed");
            }
            graph.start();
            last = "a graph";
        } finally {
            leave();
        }
    }

    /** Ends a graph. */
    void discard(CudaGraph graph) {
        lock.lock();
        try {
            if (graphs.remove(graph)) {
                cuda.enter();
                driver.waitForStream(cuda.stream());
                graph.destroy();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Readback readback(long bytes) {
        enterOutsideCapture("readback");
        try {
            return new CudaReadback(this, cuda, bytes);
        } finally {
            leave();
        }
    }

    /** Does a part of a readback, with no other thread let in. */
    void readback(Runnable part) {
        enterOutsideCapture("readback");
        try {
            part.run();
        } catch (DeviceException e) {
            throw after(e);
        } finally {
            leave();
        }
    }

    @Override
    public void synchronize() {
        enterOutsideCapture("synchronize");
        try {
            driver.waitForStream(cuda.stream());
        } catch (DeviceException e) {
            throw after(e);
        } finally {
            leave();
        }
    }

    @Override
    public String describe() {
        return name + " (" + gpu + ", " + (gpu.bytes() >> 20) + " MiB, driver for CUDA " + driverVersion / 1000 + "."
                + driverVersion % 1000 / 10 + ", "
                + (libraries.major() == 0
                        ? "no cuBLAS and cuFFT"
                        : "cuBLAS " + libraries.version("libcublas") + ", cuFFT " + libraries.version("libcufft"))
                + (precision == Precision.FP32 ? ")" : ", " + precision.label() + ")");
    }

    @Override
    public void close() {
        lock.lock();
        if (closed) {
            lock.unlock();
            return;
        }
        closed = true;
        try {
            cuda.enter();
            graphs.forEach(CudaGraph::destroy);
            graphs.clear();
            if (blas != null) {
                blas.close();
            }
            if (fft != null) {
                fft.close();
            }
            staging.close();
            memory.close();
            kernels.close();
        } catch (DeviceException e) {
            // after a kernel's fault every call fails; what there is goes with the context
            LOG.log(System.Logger.Level.WARNING, "{0} was closed after a failure: {1}", name, e.getMessage());
        } finally {
            cuda.close();
            lock.unlock();
        }
    }
}
