package io.acuity.device;

/**
 * A device whose new feature maps are in {@link Precision#FP32}, whatever the one within is for: what runs here runs in fp32, in the
 * same memory and on the same weights. Closing does nothing.
 */
public final class PlainPrecision extends ForwardingDevice {
    /** {@code inner} in fp32. */
    public PlainPrecision(Device inner) {
        super(inner);
    }

    @Override
    public Precision precision() {
        return Precision.FP32;
    }

    @Override
    public void close() {
        // belongs to whoever opened it
    }
}
