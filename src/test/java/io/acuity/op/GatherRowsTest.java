package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import java.lang.foreign.MemorySegment;

class GatherRowsTest {
    private static final int GROUPS = 3;
    private static final int LENGTH = 7;

    private static int[] index(long rows) {
        int[] index = new int[GROUPS * LENGTH];
        for (int i = 0; i < index.length; i++) {
            index[i] = (int) (i * 5L % rows);
        }
        return index;
    }

    private static Buffer upload(Tape tape, int[] index) {
        Buffer buffer = tape.take((long) index.length * Integer.BYTES);
        tape.device().upload(MemorySegment.ofArray(index), buffer);
        return buffer;
    }

    /** Pixels named never, once and often. */
    @EveryDevice
    void takesRowsAsOftenAsNamed(Device device) {
        for (Shape s : OddShapes.ALL) {
            int[] index = index(s.pixels());
            int plane = s.h() * s.w();
            OpCheck.of(
                            "gather_rows " + s,
                            (tape, x, _) -> GatherRows.apply(tape, x.getFirst(), upload(tape, index), GROUPS, LENGTH),
                            v -> {
                                double[] y = new double[s.c() * index.length];
                                for (int i = 0; i < y.length; i++) {
                                    int row = index[i % index.length];
                                    y[i] = v.getFirst()[(row / plane * s.c() + i / index.length) * plane + row % plane];
                                }
                                return y;
                            })
                    .input(s)
                    .on(device);
        }
    }

    @EveryDevice
    void refusesAShortIndex(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Buffer few = device.allocate(64);
            assertThatThrownBy(() -> GatherRows.apply(tape, tape.input(new Shape(1, 2, 3, 4)), few, 2, 9))
                    .hasMessage("gather_rows index: want 18 numbers, have 16");
        }
    }
}
