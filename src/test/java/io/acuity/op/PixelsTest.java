package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.GuardedDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;

class PixelsTest {
    @EveryDevice
    void everyByteComesBack(Device device) {
        GuardedDevice guarded = new GuardedDevice(device);
        byte[] bytes = new byte[257 * 3];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        try (Tape tape = Tape.inference(guarded)) {
            Buffer from = guarded.allocate(bytes.length);
            Buffer to = guarded.allocate(bytes.length);
            device.upload(MemorySegment.ofArray(bytes), from);
            Tensor x = Pixels.toTensor(tape, from, new Shape(1, 3, 1, 257), 8);
            float[] values = x.toArray();
            assertThat(values[5]).as("red of the sixth pixel").isEqualTo(15 * (1 / 255f));
            assertThat(values[257 + 5]).as("green of the sixth pixel").isEqualTo(16 * (1 / 255f));
            Pixels.toSamples(tape, x, to, 8);
            byte[] back = new byte[bytes.length];
            device.download(to, MemorySegment.ofArray(back));
            assertThat(back).isEqualTo(bytes);
        }
        guarded.check();
    }

    @EveryDevice
    void everySixteenBitNumberComesBack(Device device) {
        short[] samples = new short[65536 + 1];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (short) i;
        }
        GuardedDevice guarded = new GuardedDevice(device);
        try (Tape tape = Tape.inference(guarded)) {
            Buffer from = guarded.allocate(samples.length * 2L);
            Buffer to = guarded.allocate(samples.length * 2L);
            device.upload(MemorySegment.ofArray(samples), from);
            Tensor x = Pixels.toTensor(tape, from, new Shape(1, 1, 1, samples.length), 16);
            Pixels.toSamples(tape, x, to, 16);
            short[] back = new short[samples.length];
            device.download(to, MemorySegment.ofArray(back));
            assertThat(back).isEqualTo(samples);
        }
        guarded.check();
    }

    /** Halves go up, what lies outside is clamped, and what is no number becomes some sample, not a crash. */
    @EveryDevice
    void roundsHalfUpAndClamps(Device device) {
        float[] x = {-1f, -0.001f, 0f, 0.5f / 255, 0.499f / 255, 1.5f / 255, 254.5f / 255, 1f, 1.7f, 1e30f, -1e30f};
        int[] want = {0, 0, 0, 1, 0, 2, 255, 255, 255, 255, 0};
        try (Tape tape = Tape.inference(device)) {
            Tensor tensor = tape.input(new Shape(1, 1, 1, x.length));
            tensor.set(x);
            Buffer to = device.allocate(x.length);
            Pixels.toSamples(tape, tensor, to, 8);
            byte[] have = new byte[x.length];
            device.download(to, MemorySegment.ofArray(have));
            for (int i = 0; i < x.length; i++) {
                assertThat(have[i] & 255).as("%s", x[i]).isEqualTo(want[i]);
            }
        }
    }

    @EveryDevice
    void refusesShortBuffersAndOtherDepths(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Buffer small = device.allocate(11);
            assertThatThrownBy(() -> Pixels.toTensor(tape, small, new Shape(1, 3, 2, 2), 8))
                    .hasMessage("pixels of [1, 3, 2, 2]: want 12 bytes, have 11");
            assertThatThrownBy(() -> Pixels.toTensor(tape, small, new Shape(1, 3, 1, 1), 12))
                    .hasMessage("bit depth: want 8 or 16, have 12");
        }
    }
}
