package io.acuity.op;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SumPartsTest {
    private static final float SCALE = 0.5f;

    @EveryDevice
    void addsWhatWasFormedInParts(Device device) {
        for (int parts : new int[] {1, 2, 7}) {
            for (int count : new int[] {1, 255, 257}) {
                check(device, parts, count, 3, 0);
                check(device, parts, count, 0, 1);
                check(device, parts, count, 5, 1);
            }
        }
    }

    private static void check(Device device, int parts, int count, int rest, int accumulate) {
        float[] partial = uniform((long) parts * (count + rest), parts);
        float[] before = uniform(count + rest, 3);
        double[] want = new double[count + rest];
        for (int i = 0; i < want.length; i++) {
            double sum = 0;
            for (int part = 0; part < parts; part++) {
                sum += partial[part * want.length + i];
            }
            want[i] = SCALE * sum + (accumulate == 1 ? before[i] : 0);
        }
        try (Tape tape = Tape.inference(device)) {
            Tensor all = tape.plain(new Shape(1, 1, 1, want.length));
            all.set(before);
            Buffer first = all.data().slice(0, (long) count * Float.BYTES);
            @Nullable
            Buffer second = rest == 0 ? null : all.data().slice((long) count * Float.BYTES, (long) rest * Float.BYTES);
            SumParts.apply(
                    tape,
                    parts,
                    (to, formed) -> device.upload(
                            MemorySegment.ofArray(partial), to.slice(0, (long) partial.length * Float.BYTES)),
                    first,
                    count,
                    second,
                    rest,
                    SCALE,
                    accumulate);
            assertNear(parts + " parts of " + count + " and " + rest, all.toArray(), want, 1e-6);
        }
    }

    /** As many as keep a large GPU busy, but none of less than four steps. */
    @Test
    void dividesByShapeAlone() {
        assertThat(SumParts.parts(1, 1)).isEqualTo(1);
        assertThat(SumParts.parts(9, 1)).isEqualTo(3);
        assertThat(SumParts.parts(288, 4)).isEqualTo(64);
        assertThat(SumParts.parts(100_000, 4)).isEqualTo(64);
        assertThat(SumParts.parts(100_000, 300)).isEqualTo(1);
    }

    @EveryDevice
    void refusesNoParts(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.plain(new Shape(1, 1, 1, 1));
            assertThatThrownBy(() -> SumParts.apply(tape, 0, (to, parts) -> {}, x.data(), 1, null, 0, 1f, 0))
                    .hasMessage("sum_parts: want at least 1 part of no negative length, have 0 of 1 and 0");
        }
    }
}
