package io.acuity.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.Precision;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class TensorPrecisionTest {
    @Test
    void numbersLieInBlocksOfEightChannels() {
        try (Device device = Device.open("emu", Precision.BF16);
                Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(2, 9, 1, 3));
            float[] values = new float[2 * 9 * 3];
            for (int i = 0; i < values.length; i++) {
                values[i] = i + 1;
            }
            x.set(values);
            short[] stored = new short[(int) x.stored()];
            device.download(x.data(), MemorySegment.ofArray(stored));
            // image 1, channel 8 (block 1, place 0), pixel 2
            assertThat(stored[((1 * 2 + 1) * 3 + 2) * 8]).isEqualTo(HostLayout.toBf16(values[(9 + 8) * 3 + 2]));
            assertThat(stored[((1 * 2 + 1) * 3 + 2) * 8 + 1]).as("fills up").isZero();
            assertThat(x.toArray()).isEqualTo(values);
        }
    }

    @Test
    void roundsToTheNearestEven() {
        assertThat(HostLayout.toBf16(1f)).isEqualTo((short) 0x3f80);
        assertThat(HostLayout.toBf16(Float.intBitsToFloat(0x3f808000)))
                .as("tie, even below")
                .isEqualTo((short) 0x3f80);
        assertThat(HostLayout.toBf16(Float.intBitsToFloat(0x3f818000)))
                .as("tie, even above")
                .isEqualTo((short) 0x3f82);
        assertThat(HostLayout.toBf16(Float.intBitsToFloat(0x3f808001))).isEqualTo((short) 0x3f81);
        assertThat(HostLayout.toBf16(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xff80);
        assertThat(Float.intBitsToFloat(HostLayout.toBf16(Float.intBitsToFloat(0x7f800001)) << 16))
                .isNaN();
    }

    @Test
    void lossesAndPicturesStayPlain() {
        try (Device device = Device.open("emu", Precision.BF16);
                Tape tape = Tape.recording(device)) {
            Tensor x = tape.leaf(new Shape(1, 16, 2, 2));
            assertThat(tape.plain(Shape.scalar(), x).precision()).isEqualTo(Precision.FP32);
            assertThat(tape.plain(Shape.scalar(), x).needsGradient()).isTrue();
            assertThat(tape.result(x.shape(), x).precision()).isEqualTo(Precision.BF16);
        }
    }
}
