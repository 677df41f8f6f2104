package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Euclidean norm of a gradient: {@code sqrt(sum x^2)}. It is not finite when one of the numbers, or its square, is not, so it
 * also tells whether a gradient may be used.
 */
public final class GradientNorm implements AutoCloseable {
    private static final Kernel PARTS = new Kernel("gradient_norm_parts");
    private static final Kernel REDUCE = new Kernel("gradient_norm_reduce");

    /** Partial sums over equal ranges, added in fixed order: the same bits on any number of threads. */
    private static final int RANGES = 256;

    /** Threads of one block that sum one range. */
    private static final int BLOCK = 256;

    private final Device device;
    private final Buffer partial;
    private final Buffer norm;

    private GradientNorm(Device device) {
        this.device = device;
        partial = device.allocate((long) RANGES * Float.BYTES);
        norm = device.allocate(Float.BYTES);
        clear();
    }

    /** Room for one norm, 0 at first. */
    public static GradientNorm on(Device device) {
        return new GradientNorm(device);
    }

    /** Measures {@code count} numbers; nothing waits for the result before {@link #value}. */
    public void measure(Buffer x, long count) {
        device.launch(PARTS, Grid.cover((long) RANGES * BLOCK), x, partial, count);
        device.launch(REDUCE, Grid.cover(1), partial, norm, RANGES);
    }

    /** The same tensor; the gradient that comes back through this path, and through no other, is measured on its way. */
    public Tensor through(Tape tape, Tensor x) {
        if (!x.needsGradient()) {
            return x;
        }
        long count = x.shape().elements();
        Tensor y = tape.view(x, x.shape(), x.data());
        tape.record(y, dy -> {
            measure(dy, count);
            tape.pass(y, x, (dx, accumulate) -> Add.backward(tape, dy, dx, count, accumulate));
        });
        return y;
    }

    /** Forgets the last measurement: the norm is 0 until the next. */
    public void clear() {
        device.fill(norm, 0);
    }

    /** Where the last norm measured lies: one number. */
    public Buffer norm() {
        return norm;
    }

    /** The last norm measured; waits for it. */
    public float value() {
        float[] value = new float[1];
        device.download(norm, MemorySegment.ofArray(value));
        return value[0];
    }

    @Override
    public void close() {
        device.release(partial);
        device.release(norm);
    }
}
