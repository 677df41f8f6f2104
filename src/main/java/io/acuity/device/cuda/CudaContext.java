package io.acuity.device.cuda;

import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** A GPU's primary context and the one stream on which this program's work runs, in order. */
final class CudaContext implements AutoCloseable {
    /** The context that a thread has made current; virtual threads change carriers, so for them it says nothing. */
    private static final ThreadLocal<long[]> CURRENT = ThreadLocal.withInitial(() -> new long[1]);

    private final Driver driver;
    private final CUdevice device = new CUdevice();
    private final Handles.Context context = new Handles.Context();
    private final Handles.Stream stream = new Handles.Stream();
    private final int processors;

    CudaContext(Driver driver, int ordinal) {
        this.driver = driver;
        driver.check("cuInit", JCudaDriver.cuInit(0));
        driver.check("cuDeviceGet", JCudaDriver.cuDeviceGet(device, ordinal));
        driver.check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        try {
            enter();
            int[] count = new int[1];
            driver.check(
                    "cuDeviceGetAttribute",
                    JCudaDriver.cuDeviceGetAttribute(
                            count, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device));
            processors = count[0];
            driver.check("cuStreamCreate", JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        } catch (RuntimeException e) {
            JCudaDriver.cuDevicePrimaryCtxRelease(device);
            throw e;
        }
    }

    Driver driver() {
        return driver;
    }

    /** The GPU's multiprocessors. */
    int processors() {
        return processors;
    }

    /** The stream's address. */
    long stream() {
        return stream.address();
    }

    Handles.Stream handle() {
        return stream;
    }

    /** Makes the context current in this thread, as every call of the driver wants it. */
    void enter() {
        long wanted = context.address();
        if (Thread.currentThread().isVirtual()) {
            driver.setCurrent(wanted);
            return;
        }
        long[] current = CURRENT.get();
        if (current[0] != wanted) {
            driver.setCurrent(wanted);
            current[0] = wanted;
        }
    }

    /** A new event, without times. */
    Handles.Event event() {
        Handles.Event event = new Handles.Event();
        driver.check("cuEventCreate", JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING));
        return event;
    }

    /** Waits for all streams: libraries set their tables up on streams that ours does not wait for. */
    void settle() {
        driver.check("cuCtxSynchronize", JCudaDriver.cuCtxSynchronize());
    }

    @Override
    public void close() {
        JCudaDriver.cuStreamDestroy(stream);
        JCudaDriver.cuCtxSetCurrent(new CUcontext());
        CURRENT.get()[0] = 0;
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}
