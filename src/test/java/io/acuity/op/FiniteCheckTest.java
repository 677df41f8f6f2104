package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.GuardedDevice;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;

class FiniteCheckTest {
    private static int[] wrong(Device device, Shape shape, float[] nchw) {
        GuardedDevice guarded = new GuardedDevice(device);
        try (Tape tape = Tape.inference(guarded)) {
            Tensor x = tape.plain(shape);
            x.set(nchw);
            Buffer words = guarded.allocate((long) shape.n() * Integer.BYTES);
            device.fill(words, -1);
            FiniteCheck.apply(tape, x, words);
            int[] have = new int[shape.n()];
            device.download(words, MemorySegment.ofArray(have));
            return have;
        } finally {
            guarded.check();
        }
    }

    /** Images of 1 number, of less than a block's and of more; whichever image has it, wherever it lies in it. */
    @EveryDevice(standIn = true)
    void findsTheImagesConcerned(Device device) {
        for (Shape shape : new Shape[] {new Shape(3, 1, 1, 1), new Shape(3, 3, 7, 11), new Shape(3, 3, 29, 53)}) {
            int each = (int) shape.elements() / 3;
            float[] good = Numbers.uniform(shape.elements(), 5);
            good[0] = Float.MAX_VALUE;
            good[each] = -Float.MAX_VALUE;
            assertThat(wrong(device, shape, good)).containsExactly(0, 0, 0);
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                for (int place : new int[] {0, each / 2, each - 1}) {
                    for (int image = 0; image < 3; image++) {
                        float[] x = good.clone();
                        x[image * each + place] = bad;
                        int[] want = new int[3];
                        want[image] = 1;
                        assertThat(wrong(device, shape, x))
                                .as("%s at %d of image %d of %s", bad, place, image, shape)
                                .containsExactly(want);
                    }
                }
            }
        }
    }

    @EveryDevice
    void refusesTooLittleRoom(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.plain(new Shape(3, 1, 2, 2));
            Buffer words = device.allocate(64).slice(0, 8);
            assertThatThrownBy(() -> FiniteCheck.apply(tape, x, words))
                    .hasMessage("finite_check of [3, 1, 2, 2]: want 12 bytes, have 8");
        }
    }
}
