package io.acuity.tensor;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * fp32 numbers of one shape on one device.
 *
 * <p>Host arrays given and taken here are in NCHW order; the device's own order (NHWC) is converted at this edge only.
 */
public final class Tensor {
    private final Shape shape;
    private final Buffer data;
    private final boolean needsGradient;
    private final boolean rectified;
    private @Nullable Buffer gradient;
    private boolean gradientUnmasked;

    private Tensor(Shape shape, Buffer data, boolean needsGradient, boolean rectified) {
        long want = shape.elements() * Float.BYTES;
        if (data.bytes() < want) {
            throw new IllegalArgumentException("tensor " + shape + ": want " + want + " bytes, have " + data.bytes());
        }
        this.shape = shape;
        this.data = data;
        this.needsGradient = needsGradient;
        this.rectified = rectified;
    }

    /** A tensor over existing memory, which no gradient reaches. */
    public static Tensor of(Shape shape, Buffer data) {
        return new Tensor(shape, data, false, false);
    }

    /** A tensor that an operation made: gradients reach it when they reach one of its inputs. */
    static Tensor result(Shape shape, Buffer data, boolean needsGradient, boolean rectified) {
        return new Tensor(shape, data, needsGradient, rectified);
    }

    /** A leaf whose gradient is wanted, as in gradient checks. */
    public static Tensor leaf(Shape shape, Buffer data) {
        return new Tensor(shape, data, true, false);
    }

    /** Its sizes. */
    public Shape shape() {
        return shape;
    }

    /** Its numbers in the device's order, [N][H][W][C]. */
    public Buffer data() {
        return data;
    }

    /** Where its numbers lie. */
    public Device device() {
        return data.device();
    }

    /** Whether a gradient is formed for it in a backward pass. */
    public boolean needsGradient() {
        return needsGradient;
    }

    /**
     * Whether this came out of a ReLU. Operations that can do so for free write its gradient already masked by its sign, and
     * its producer masks the rest.
     */
    public boolean rectified() {
        return rectified;
    }

    /** The gradient of the last {@link Tape#backward}, or null when none reached this tensor. */
    public @Nullable Buffer gradient() {
        return gradient;
    }

    void gradient(@Nullable Buffer buffer) {
        gradient = buffer;
    }

    boolean gradientUnmasked() {
        return gradientUnmasked;
    }

    void gradientUnmasked(boolean unmasked) {
        gradientUnmasked = unmasked;
    }

    /** The same numbers, through which no gradient flows. */
    public Tensor detach() {
        return of(shape, data);
    }

    /** The numbers in NCHW order. */
    public float[] toArray() {
        return nchw(download(data));
    }

    /** The gradient in NCHW order; zeros when none reached this tensor. */
    public float[] gradientArray() {
        return gradient == null ? new float[Math.toIntExact(shape.elements())] : nchw(download(gradient));
    }

    /** Sets the numbers, given in NCHW order. */
    public void set(float[] nchw) {
        if (nchw.length != shape.elements()) {
            throw new IllegalArgumentException(
                    "tensor " + shape + ": want " + shape.elements() + " numbers, have " + nchw.length);
        }
        float[] nhwc = new float[nchw.length];
        int plane = shape.h() * shape.w();
        for (int n = 0; n < shape.n(); n++) {
            for (int c = 0; c < shape.c(); c++) {
                for (int p = 0; p < plane; p++) {
                    nhwc[(n * plane + p) * shape.c() + c] = nchw[(n * shape.c() + c) * plane + p];
                }
            }
        }
        device().upload(MemorySegment.ofArray(nhwc), data);
    }

    /** The single number of a scalar tensor. */
    public float item() {
        if (shape.elements() != 1) {
            throw new IllegalStateException("item: want a tensor of one number, have " + shape);
        }
        return download(data)[0];
    }

    private float[] download(Buffer buffer) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        device().download(buffer, MemorySegment.ofArray(values));
        return values;
    }

    private float[] nchw(float[] nhwc) {
        float[] out = new float[nhwc.length];
        int plane = shape.h() * shape.w();
        for (int n = 0; n < shape.n(); n++) {
            for (int c = 0; c < shape.c(); c++) {
                for (int p = 0; p < plane; p++) {
                    out[(n * shape.c() + c) * plane + p] = nhwc[(n * plane + p) * shape.c() + c];
                }
            }
        }
        return out;
    }

    /** Bytes of {@code count} fp32 numbers. */
    static long bytes(long count) {
        return Math.multiplyExact(count, ValueLayout.JAVA_FLOAT.byteSize());
    }

    @Override
    public String toString() {
        return "Tensor" + shape + " on " + device().name();
    }
}
