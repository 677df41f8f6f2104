package io.acuity.tensor;

import io.acuity.device.Buffer;
import io.acuity.device.Precision;
import java.lang.foreign.MemorySegment;

/** A tensor's numbers between host arrays in NCHW order and a device's memory, in the order of one {@link Precision}. */
record HostLayout(Shape shape, Precision precision) {
    static HostLayout of(Shape shape, Precision precision) {
        return new HostLayout(shape, precision);
    }

    /** Where number (n, c, pixel) lies. */
    private int index(int n, int c, int pixel) {
        int plane = shape.h() * shape.w();
        if (precision == Precision.FP32) {
            return (n * plane + pixel) * shape.c() + c;
        }
        int block = Precision.BLOCK;
        int blocks = (shape.c() + block - 1) / block;
        return ((n * blocks + c / block) * plane + pixel) * block + c % block;
    }

    private int stored() {
        return Math.toIntExact(precision.stored(shape.n(), shape.c(), shape.h(), shape.w()));
    }

    void upload(float[] nchw, Buffer to) {
        if (precision == Precision.FP32) {
            float[] words = new float[stored()];
            eachNumber((at, from) -> words[at] = nchw[from]);
            to.device().upload(MemorySegment.ofArray(words), to);
        } else {
            short[] words = new short[stored()];
            eachNumber((at, from) -> words[at] = toBf16(nchw[from]));
            to.device().upload(MemorySegment.ofArray(words), to);
        }
    }

    float[] download(Buffer from) {
        float[] nchw = new float[Math.toIntExact(shape.elements())];
        if (precision == Precision.FP32) {
            float[] words = new float[stored()];
            from.device().download(from, MemorySegment.ofArray(words));
            eachNumber((at, to) -> nchw[to] = words[at]);
        } else {
            short[] words = new short[stored()];
            from.device().download(from, MemorySegment.ofArray(words));
            eachNumber((at, to) -> nchw[to] = Float.intBitsToFloat(words[at] << 16));
        }
        return nchw;
    }

    private interface Pairs {
        void accept(int device, int host);
    }

    private void eachNumber(Pairs pairs) {
        int plane = shape.h() * shape.w();
        for (int n = 0; n < shape.n(); n++) {
            for (int c = 0; c < shape.c(); c++) {
                for (int p = 0; p < plane; p++) {
                    pairs.accept(index(n, c, p), (n * shape.c() + c) * plane + p);
                }
            }
        }
    }

    /** Rounds to the nearest, ties to even, as the kernels do; NaN stays NaN. */
    static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }
}
