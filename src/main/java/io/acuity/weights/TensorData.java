package io.acuity.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tensor as it lies in a file: type, shape and little-endian bytes, decoded when asked for; equal when the bytes are.
 *
 * @param type how a number is stored
 * @param shape sizes, outermost first; a scalar has none
 * @param bytes exactly the product of the shape times {@link DataType#bytes}; held read-only, not copied
 */
public record TensorData(DataType type, List<Long> shape, MemorySegment bytes) {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    public TensorData {
        shape = List.copyOf(shape);
        bytes = bytes.asReadOnly();
        long want = byteSize(type, shape);
        if (bytes.byteSize() != want) {
            throw new IllegalArgumentException(
                    "tensor " + type + " " + shape + ": want " + want + " bytes, have " + bytes.byteSize());
        }
    }

    /** An F32 tensor with a copy of {@code values}. */
    public static TensorData of(float[] values, long... shape) {
        MemorySegment bytes = room(DataType.F32, values.length);
        MemorySegment.copy(values, 0, bytes, FLOAT, 0, values.length);
        return new TensorData(DataType.F32, list(shape), bytes);
    }

    /** An I64 tensor with a copy of {@code values}. */
    public static TensorData of(long[] values, long... shape) {
        MemorySegment bytes = room(DataType.I64, values.length);
        MemorySegment.copy(values, 0, bytes, LONG, 0, values.length);
        return new TensorData(DataType.I64, list(shape), bytes);
    }

    /** A U8 tensor with a copy of {@code values}. */
    public static TensorData of(byte[] values, long... shape) {
        return new TensorData(DataType.U8, list(shape), MemorySegment.ofArray(values.clone()));
    }

    /** How many numbers there are. */
    public long count() {
        return bytes.byteSize() / type.bytes();
    }

    /**
     * The numbers of an F32, F16 or BF16 tensor, exactly.
     *
     * @throws WeightsException for the whole-number types
     */
    public float[] floats() {
        float[] values = new float[Math.toIntExact(count())];
        switch (type) {
            case F32 -> MemorySegment.copy(bytes, FLOAT, 0, values, 0, values.length);
            case F16 -> {
                short[] halves = new short[values.length];
                // one copy: access by element is slow until it is compiled well
                MemorySegment.copy(bytes, SHORT, 0, halves, 0, halves.length);
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(halves[i]);
                }
            }
            case BF16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = DataType.fromBfloat16(bytes.get(SHORT, 2L * i));
                }
            }
            case I64, U8 -> throw wrongType("F32, F16 or BF16");
        }
        return values;
    }

    /**
     * The numbers of an I64 tensor.
     *
     * @throws WeightsException for any other type
     */
    public long[] longs() {
        if (type != DataType.I64) {
            throw wrongType("I64");
        }
        long[] values = new long[Math.toIntExact(count())];
        MemorySegment.copy(bytes, LONG, 0, values, 0, values.length);
        return values;
    }

    /**
     * The same tensor stored as F32, F16 or BF16, each number rounded to the nearest, ties to even; numbers beyond F16's range
     * become infinite.
     *
     * @throws WeightsException for the whole-number types
     */
    public TensorData storedAs(DataType wanted) {
        if (type == wanted) {
            return this;
        }
        float[] values = floats();
        MemorySegment stored = room(wanted, values.length);
        switch (wanted) {
            case F32 -> MemorySegment.copy(values, 0, stored, FLOAT, 0, values.length);
            case F16 -> {
                for (int i = 0; i < values.length; i++) {
                    stored.set(SHORT, 2L * i, Float.floatToFloat16(values[i]));
                }
            }
            case BF16 -> {
                for (int i = 0; i < values.length; i++) {
                    stored.set(SHORT, 2L * i, DataType.toBfloat16(values[i]));
                }
            }
            case I64, U8 ->
                throw new WeightsException("tensor " + type + " " + shape + " cannot be stored as " + wanted);
        }
        return new TensorData(wanted, shape, stored);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TensorData that
                && type == that.type
                && shape.equals(that.shape)
                && bytes.mismatch(that.bytes) < 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(type, shape);
    }

    @Override
    public String toString() {
        return type + " " + shape;
    }

    /** Bytes of a tensor, in exact arithmetic. */
    static long byteSize(DataType type, List<Long> shape) {
        long count = 1;
        for (long size : shape) {
            if (size < 0) {
                throw new ArithmeticException("negative size " + size);
            }
            count = Math.multiplyExact(count, size);
        }
        return Math.multiplyExact(count, (long) type.bytes());
    }

    private static MemorySegment room(DataType type, int count) {
        return MemorySegment.ofArray(new byte[Math.multiplyExact(count, type.bytes())]);
    }

    private static List<Long> list(long[] shape) {
        return Arrays.stream(shape).boxed().toList();
    }

    private WeightsException wrongType(String want) {
        return new WeightsException("tensor " + shape + ": want type " + want + ", have " + type);
    }
}
