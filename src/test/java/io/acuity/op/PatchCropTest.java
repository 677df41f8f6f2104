package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.GuardedDevice;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

class PatchCropTest {
    private static final int WIDTH = 13;
    private static final int HEIGHT = 11;

    /** All eight orientations, at several places, of one picture behind another in one buffer. */
    @EveryDevice
    void cutsFlipsAndTransposes(Device device) {
        for (int size : new int[] {1, 4, 5, 7}) {
            for (int channels : new int[] {1, 3}) {
                check(device, size, channels);
            }
        }
    }

    private static void check(Device device, int size, int channels) {
        SplittableRandom random = new SplittableRandom(size);
        byte[] pixels = new byte[2 * WIDTH * HEIGHT * channels];
        random.nextBytes(pixels);
        int n = 16;
        long[] plan = new long[4 * n];
        int stride = WIDTH * channels;
        for (int p = 0; p < n; p++) {
            long image = (p & 1) * (long) HEIGHT * stride;
            int top = random.nextInt(HEIGHT - size + 1);
            int left = random.nextInt(WIDTH - size + 1);
            plan[4 * p] = image + (long) top * stride + (long) left * channels;
            plan[4 * p + 1] = stride;
            plan[4 * p + 2] = p / 2;
        }
        GuardedDevice guarded = new GuardedDevice(device);
        try (Arena arena = Arena.poisoned(guarded);
                Tape tape = Tape.recording(arena)) {
            Buffer from = guarded.allocate(pixels.length);
            Buffer planned = guarded.allocate(plan.length * 8L);
            device.upload(MemorySegment.ofArray(pixels), from);
            device.upload(MemorySegment.ofArray(plan), planned);
            Tensor y = PatchCrop.apply(tape, from, planned, n, size, channels);
            float[] have = y.toArray();
            for (int p = 0; p < n; p++) {
                for (int c = 0; c < channels; c++) {
                    for (int i = 0; i < size; i++) {
                        for (int j = 0; j < size; j++) {
                            assertThat(have[Plain.at(y.shape(), p, c, i, j)])
                                    .as("size %d patch %d channel %d at %d, %d", size, p, c, i, j)
                                    .isEqualTo(plain(pixels, plan, p, size, channels, c, i, j));
                        }
                    }
                }
            }
            guarded.check();
        }
    }

    private static float plain(byte[] pixels, long[] plan, int p, int size, int channels, int c, int i, int j) {
        int flags = (int) plan[4 * p + 2];
        int row = (flags & 4) != 0 ? j : i;
        int column = (flags & 4) != 0 ? i : j;
        row = (flags & 2) != 0 ? size - 1 - row : row;
        column = (flags & 1) != 0 ? size - 1 - column : column;
        int at = (int) (plan[4 * p] + row * plan[4 * p + 1] + (long) column * channels + c);
        return (pixels[at] & 255) / 255f;
    }

    @EveryDevice
    void refusesAShortPlan(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Buffer pixels = device.allocate(100);
            Buffer plan = device.allocate(32);
            assertThatThrownBy(() -> PatchCrop.apply(tape, pixels, plan, 2, 4, 3))
                    .hasMessage("patch_crop plan: want 64 bytes, have 32");
        }
    }
}
