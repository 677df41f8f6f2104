package io.acuity.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DataTypeTest {
    @Test
    void everyHalfFloatComesBack() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = decode(DataType.F16, (short) bits);
            assertThat(Float.compare(value, half(bits))).isZero();
            if (!Float.isNaN(value)) {
                assertThat(encode(DataType.F16, value)).isEqualTo((short) bits);
            }
        }
    }

    @Test
    void everyBrainFloatComesBack() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = decode(DataType.BF16, (short) bits);
            if (Float.isNaN(value)) {
                assertThat(decode(DataType.BF16, encode(DataType.BF16, value))).isNaN();
            } else {
                assertThat(encode(DataType.BF16, value)).isEqualTo((short) bits);
            }
        }
    }

    @Test
    void roundsToTheNearestTiesToEven() {
        Random random = new Random(1);
        for (DataType type : new DataType[] {DataType.F16, DataType.BF16}) {
            for (int i = 0; i < 200_000; i++) {
                int low = random.nextInt(type == DataType.F16 ? 0x7bff : 0x7f7f); // finite, and so is the next
                double below = decode(type, (short) low);
                double above = decode(type, (short) (low + 1));
                // exact in float: both neighbours have at most 11 bits
                float middle = (float) ((below + above) / 2);
                assertThat(encode(type, middle)).isEqualTo((short) (low + (low & 1)));
                assertThat(encode(type, Math.nextDown(middle))).isEqualTo((short) low);
                assertThat(encode(type, Math.nextUp(middle))).isEqualTo((short) (low + 1));
                assertThat(encode(type, -Math.nextUp(middle))).isEqualTo((short) ((low + 1) | 0x8000));
            }
        }
    }

    @Test
    void knownValues() {
        assertThat(encode(DataType.F16, 1f)).isEqualTo((short) 0x3c00);
        assertThat(encode(DataType.F16, 65504f)).isEqualTo((short) 0x7bff);
        assertThat(encode(DataType.F16, 65520f)).isEqualTo((short) 0x7c00); // infinity
        assertThat(encode(DataType.F16, 0x1p-24f)).isEqualTo((short) 1); // the smallest denormal
        assertThat(encode(DataType.F16, 0x1p-25f)).isEqualTo((short) 0);
        assertThat(encode(DataType.BF16, 1f)).isEqualTo((short) 0x3f80);
        assertThat(encode(DataType.BF16, Float.MAX_VALUE)).isEqualTo((short) 0x7f80);
        assertThat(encode(DataType.BF16, Float.MIN_VALUE)).isEqualTo((short) 0);
        assertThat(encode(DataType.BF16, -0f)).isEqualTo((short) 0x8000);
    }

    @Test
    void wholeNumbersAreNotRead() {
        assertThatThrownBy(() -> TensorData.of(new long[] {1, 2}, 2).floats())
                .hasMessage("tensor [2]: want type F32, F16 or BF16, have I64");
        assertThatThrownBy(() -> TensorData.of(new float[6], 2, 3).longs())
                .hasMessage("tensor [2, 3]: want type I64, have F32");
        assertThatThrownBy(() -> TensorData.of(new float[5], 2, 3))
                .hasMessage("tensor F32 [2, 3]: want 24 bytes, have 20");
        assertThat(TensorData.of(new long[] {-1, Long.MAX_VALUE}, 2).longs()).containsExactly(-1, Long.MAX_VALUE);
    }

    private static float decode(DataType type, short bits) {
        byte[] bytes = {(byte) bits, (byte) (bits >> 8)};
        return new TensorData(type, List.of(), MemorySegment.ofArray(bytes)).floats()[0];
    }

    private static short encode(DataType type, float value) {
        byte[] bytes = TensorData.of(new float[] {value}).storedAs(type).bytes().toArray(ValueLayout.JAVA_BYTE);
        return (short) ((bytes[0] & 0xff) | (bytes[1] << 8));
    }

    /** IEEE 754 binary16 by its definition. */
    private static float half(int bits) {
        int exponent = (bits >> 10) & 31;
        int fraction = bits & 1023;
        double size = switch (exponent) {
            case 0 -> Math.scalb((double) fraction, -24);
            case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            default -> Math.scalb((double) (1024 + fraction), exponent - 25);
        };
        return (float) (bits >> 15 == 0 ? size : -size);
    }
}
