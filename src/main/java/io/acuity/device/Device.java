package io.acuity.device;

import io.acuity.device.cuda.CudaDevices;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Memory and work on one processor, in order. Only download and synchronize wait. */
public interface Device extends AutoCloseable {

    /**
     * Opens a device by name, in {@link Precision#FP32}: {@code cpu} (fast native twins), {@code emu} (CUDA kernels run thread by thread on the CPU),
     * {@code cuda} (the first NVIDIA GPU), {@code cuda:1} (the second) or {@code auto}, the only name that may choose: the first GPU
     * where there is one that can be used, else {@code cpu}.
     *
     * @throws DeviceException when the device is unknown or cannot be used here; nothing is chosen in its stead
     */
    static Device open(String name) {
        return open(name, Precision.FP32);
    }

    /**
     * The same in a given number mode.
     *
     * @throws DeviceException also when the device does not have that mode: {@code cpu} computes in {@link Precision#FP32} alone, and
     *     {@code auto} goes by what it would choose
     */
    static Device open(String name, Precision precision) {
        return switch (name) {
            case "cpu" -> NativeDevice.cpu(precision);
            case "emu" -> NativeDevice.emulator(precision);
            case "auto" -> CudaDevices.preferred() ? CudaDevices.open("cuda", precision) : NativeDevice.cpu(precision);
            default -> {
                if (CudaDevices.isName(name)) {
                    yield CudaDevices.open(name, precision);
                }
                throw new DeviceException("device: want cpu, emu, cuda, cuda: and a number, or auto, have " + name);
            }
        };
    }

    /** The name it is opened by: {@code cpu}, {@code emu}, {@code cuda}, {@code cuda:1}. */
    String name();

    /** The number mode of feature maps that are made here. */
    Precision precision();

    /** Memory of at least {@code bytes} bytes, aligned to 64 bytes, content undefined. */
    Buffer allocate(long bytes);

    /** Gives back what {@link #allocate} returned. */
    void release(Buffer buffer);

    /**
     * Copies host memory to the start of a buffer, before later launches read it; {@code from} may be changed after the call.
     *
     * @throws IllegalArgumentException if {@code from} is longer than the buffer
     */
    void upload(MemorySegment from, Buffer to);

    /**
     * Copies the start of a buffer to host memory, as much as fits {@code to}, after waiting for earlier launches.
     *
     * @throws IllegalArgumentException if {@code to} is longer than the buffer
     */
    void download(Buffer from, MemorySegment to);

    /** Sets every 32-bit word of the buffer. */
    void fill(Buffer buffer, int word);

    /**
     * Starts a kernel over {@code grid} items.
     *
     * @param arguments Buffer (or null where the kernel allows it), Integer, Long or Float, checked against the kernel's list
     */
    void launch(Kernel kernel, Grid grid, @Nullable Object... arguments);

    /**
     * Starts a batch of real Fourier transforms in two dimensions. The inverse takes a spectrum for that of a real plane, and
     * may write over {@code from}. Plans are made at the first use of a size and kept.
     *
     * @param from at least {@code fft.fromBytes(direction)} bytes; may not overlap {@code to}
     * @param to at least {@code fft.toBytes(direction)} bytes
     * @throws DeviceException if the device has no transform of this size; on the CPU height and width are products of 2, 3, 5,
     *     7, 11 and 13
     */
    void fft(Fft fft, Fft.Direction direction, Buffer from, Buffer to);

    /**
     * Multiplies matrices in fp32. On the CPU bits depend neither on the batch nor on threads; on a GPU the same product gives the
     * same bits, and another batch or size may be summed in another order.
     */
    void gemm(Gemm product);

    /**
     * Whether this device runs the kernel in the form that the device is for: on {@code cpu} as a fast twin, on {@code emu}, which is
     * slow by nature, as every kernel known, on a GPU as GPU code. A kernel without a twin runs on {@code cpu} too, emulated.
     */
    boolean has(Kernel kernel);

    /**
     * Notes the work that {@code work} asks of this device in the calling thread, without doing it, for replay: launches, fills,
     * products, transforms and feeds. Everything else asked of the device inside is an error: {@link #allocate}, {@link #release},
     * {@link #upload}, {@link #download}, {@link #synchronize}, launching a graph, another capture. Run the work once before, so
     * that what is made at first use is there.
     *
     * @throws DeviceException if something in {@code work} cannot be captured
     */
    Graph capture(Runnable work);

    /**
     * Host data for the start of the work that reads it: {@code writer} is given host memory of the buffer's size, content
     * undefined, and must write all of it; the memory is not to be kept.
     *
     * <p>Outside a capture it runs at once and the buffer has the bytes before later launches read it. Inside a capture it is
     * kept and runs at each {@link Graph#launch}, before the first of the captured work wherever it stands among it; if it
     * throws, nothing of that launch is started.
     */
    void feed(Buffer to, Consumer<MemorySegment> writer);

    /**
     * Room for copies of {@code bytes} bytes to the host that are asked for in one moment and read in a later one.
     *
     * @throws DeviceException inside a capture
     */
    Readback readback(long bytes);

    /** Waits until every launch has ended. */
    void synchronize();

    /** One line for logs and result tables. */
    String describe();

    @Override
    void close();
}
