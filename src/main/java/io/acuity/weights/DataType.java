package io.acuity.weights;

/** How one number of a tensor is stored; little endian. */
public enum DataType {
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    U8(1);

    private final int bytes;

    DataType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one number. */
    public int bytes() {
        return bytes;
    }

    /** Nearest bfloat16, ties to even; a NaN stays one. */
    static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        int tieToEven = (bits >>> 16) & 1;
        return (short) ((bits + 0x7fff + tieToEven) >>> 16);
    }

    static float fromBfloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}
