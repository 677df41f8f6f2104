package io.acuity.tensor;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Numbers of one shape on one device.
 *
 * <p>Host arrays given and taken here are fp32 in NCHW order; the device's own order and precision ({@link Precision}) are converted
 * at this edge only.
 */
public final class Tensor {
    private final Shape shape;
    private final @Nullable Buffer data;
    private final Device device;
    private final Precision precision;
    private final boolean needsGradient;
    private final boolean rectified;
    private @Nullable Buffer gradient;
    private boolean gradientUnmasked;
    private @Nullable GradientProduct product;

    private Tensor(Shape shape, Buffer data, boolean needsGradient, boolean rectified) {
        long want = bytes(shape, data.precision());
        if (data.bytes() < want) {
            throw new IllegalArgumentException("tensor " + shape + ": want " + want + " bytes, have " + data.bytes());
        }
        this.shape = shape;
        this.data = data;
        device = data.device();
        precision = data.precision();
        this.needsGradient = needsGradient;
        this.rectified = rectified;
    }

    private Tensor(Shape shape, Device device, Precision precision, boolean needsGradient) {
        this.shape = shape;
        data = null;
        this.device = device;
        this.precision = precision;
        this.needsGradient = needsGradient;
        rectified = false;
    }

    /** A tensor over existing memory, which no gradient reaches. */
    public static Tensor of(Shape shape, Buffer data) {
        return new Tensor(shape, data, false, false);
    }

    /** A tensor that an operation made: gradients reach it when they reach one of its inputs. */
    static Tensor result(Shape shape, Buffer data, boolean needsGradient, boolean rectified) {
        return new Tensor(shape, data, needsGradient, rectified);
    }

    /** A result whose numbers are kept nowhere, of which there is a gradient at most. */
    static Tensor absent(Shape shape, Device device, Precision precision, boolean needsGradient) {
        return new Tensor(shape, device, precision, needsGradient);
    }

    /** Another tensor with the numbers of this, if it has any. */
    Tensor again(boolean gradientWanted) {
        return data == null
                ? absent(shape, device, precision, gradientWanted)
                : result(shape, data, gradientWanted, false);
    }

    /** A leaf whose gradient is wanted, as in gradient checks. */
    public static Tensor leaf(Shape shape, Buffer data) {
        return new Tensor(shape, data, true, false);
    }

    /** Its sizes. */
    public Shape shape() {
        return shape;
    }

    /**
     * Its numbers in the order of their {@link #precision}.
     *
     * @throws IllegalStateException if they were never written, see {@link Tape#absent}
     */
    public Buffer data() {
        if (data == null) {
            throw new IllegalStateException("tensor " + shape + ": want its numbers, which were not written");
        }
        return data;
    }

    /** What its numbers are and how they lie. */
    public Precision precision() {
        return precision;
    }

    /** Numbers in memory: its elements, and in bf16 the zeros that fill up blocks of channels. */
    public long stored() {
        return precision().stored(shape.n(), shape.c(), shape.h(), shape.w());
    }

    /** Where its numbers lie. */
    public Device device() {
        return device;
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

    /** What its operation wants to know of its gradient, or null. */
    @Nullable
    GradientProduct product() {
        return product;
    }

    void product(GradientProduct wanted) {
        product = wanted;
    }

    /** The same numbers, through which no gradient flows. */
    public Tensor detach() {
        return of(shape, data());
    }

    /** The numbers in NCHW order. */
    public float[] toArray() {
        return HostLayout.of(shape, precision()).download(data());
    }

    /** The gradient in NCHW order; zeros when none reached this tensor. */
    public float[] gradientArray() {
        return gradient == null
                ? new float[Math.toIntExact(shape.elements())]
                : HostLayout.of(shape, precision()).download(gradient);
    }

    /** Sets the numbers, given in NCHW order. */
    public void set(float[] nchw) {
        if (nchw.length != shape.elements()) {
            throw new IllegalArgumentException(
                    "tensor " + shape + ": want " + shape.elements() + " numbers, have " + nchw.length);
        }
        HostLayout.of(shape, precision()).upload(nchw, data());
    }

    /** Sets all elements of a buffer that holds a tensor like this to one. */
    void fillOnes(Buffer to) {
        if (precision() == Precision.FP32) {
            device().fill(to, Float.floatToRawIntBits(1f));
        } else {
            float[] ones = new float[Math.toIntExact(shape.elements())];
            Arrays.fill(ones, 1f);
            HostLayout.of(shape, precision()).upload(ones, to);
        }
    }

    /** The single number of a scalar tensor. */
    public float item() {
        if (shape.elements() != 1) {
            throw new IllegalStateException("item: want a tensor of one number, have " + shape);
        }
        return toArray()[0];
    }

    /** Bytes of a tensor in memory. */
    public static long bytes(Shape shape, Precision precision) {
        long stored = precision.stored(shape.n(), shape.c(), shape.h(), shape.w());
        return Math.multiplyExact(stored, precision.bytes());
    }

    @Override
    public String toString() {
        return "Tensor" + shape + " on " + device().name();
    }
}
