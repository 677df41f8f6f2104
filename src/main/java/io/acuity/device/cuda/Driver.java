package io.acuity.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.acuity.device.DeviceException;
import java.lang.invoke.MethodHandle;

/**
 * The driver's calls that run in every step, through FFM: tens of nanoseconds each, and no object is made. Pointers, streams,
 * events and functions are plain addresses. A call that fails throws what it was and what the driver answered.
 */
final class Driver {
    private final DriverLibrary library;
    private final MethodHandle setCurrent;
    private final MethodHandle launchKernel;
    private final MethodHandle copyToDevice;
    private final MethodHandle copyToHost;
    private final MethodHandle fill;
    private final MethodHandle eventRecord;
    private final MethodHandle eventSynchronize;
    private final MethodHandle streamSynchronize;
    private final MethodHandle graphLaunch;

    Driver(DriverLibrary library) {
        this.library = library;
        setCurrent = library.bind("cuCtxSetCurrent", JAVA_LONG);
        launchKernel = library.bind(
                "cuLaunchKernel",
                JAVA_LONG,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG);
        copyToDevice = library.bind("cuMemcpyHtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        copyToHost = library.bind("cuMemcpyDtoHAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        fill = library.bind("cuMemsetD32Async", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
        eventRecord = library.bind("cuEventRecord", JAVA_LONG, JAVA_LONG);
        eventSynchronize = library.bind("cuEventSynchronize", JAVA_LONG);
        streamSynchronize = library.bind("cuStreamSynchronize", JAVA_LONG);
        graphLaunch = library.bind("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
    }

    /** A status as {@code CUDA_ERROR_INVALID_VALUE (1)}. */
    String name(int status) {
        return library.name(status);
    }

    /** Throws if {@code status} is not success. */
    void check(String call, int status) {
        if (status != 0) {
            throw new DeviceException(call + " answered " + name(status));
        }
    }

    private static DeviceException failure(String call, Throwable cause) {
        return cause instanceof DeviceException refused
                ? refused
                : new DeviceException(call + " could not be called", cause);
    }

    void setCurrent(long context) {
        try {
            check("cuCtxSetCurrent", (int) setCurrent.invokeExact(context));
        } catch (Throwable t) {
            throw failure("cuCtxSetCurrent", t);
        }
    }

    /** The driver's answer to a launch, which the caller explains; {@code parameters} points to pointers to the arguments. */
    int launchKernel(
            long function,
            int x,
            int y,
            int z,
            int blockX,
            int blockY,
            int blockZ,
            int shared,
            long stream,
            long parameters) {
        try {
            return (int)
                    launchKernel.invokeExact(function, x, y, z, blockX, blockY, blockZ, shared, stream, parameters, 0L);
        } catch (Throwable t) {
            throw failure("cuLaunchKernel", t);
        }
    }

    void copyToDevice(long to, long from, long bytes, long stream) {
        try {
            check("cuMemcpyHtoDAsync", (int) copyToDevice.invokeExact(to, from, bytes, stream));
        } catch (Throwable t) {
            throw failure("cuMemcpyHtoDAsync", t);
        }
    }

    void copyToHost(long to, long from, long bytes, long stream) {
        try {
            check("cuMemcpyDtoHAsync", (int) copyToHost.invokeExact(to, from, bytes, stream));
        } catch (Throwable t) {
            throw failure("cuMemcpyDtoHAsync", t);
        }
    }

    void fill(long to, int word, long count, long stream) {
        try {
            check("cuMemsetD32Async", (int) fill.invokeExact(to, word, count, stream));
        } catch (Throwable t) {
            throw failure("cuMemsetD32Async", t);
        }
    }

    void record(long event, long stream) {
        try {
            check("cuEventRecord", (int) eventRecord.invokeExact(event, stream));
        } catch (Throwable t) {
            throw failure("cuEventRecord", t);
        }
    }

    void waitForEvent(long event) {
        try {
            check("cuEventSynchronize", (int) eventSynchronize.invokeExact(event));
        } catch (Throwable t) {
            throw failure("cuEventSynchronize", t);
        }
    }

    void waitForStream(long stream) {
        try {
            check("cuStreamSynchronize", (int) streamSynchronize.invokeExact(stream));
        } catch (Throwable t) {
            throw failure("cuStreamSynchronize", t);
        }
    }

    void launchGraph(long graph, long stream) {
        try {
            check("cuGraphLaunch", (int) graphLaunch.invokeExact(graph, stream));
        } catch (Throwable t) {
            throw failure("cuGraphLaunch", t);
        }
    }
}
