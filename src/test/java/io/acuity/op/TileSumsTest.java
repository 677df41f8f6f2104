package io.acuity.op;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class TileSumsTest {
    private static final int ROWS = 8;
    private static final int COLUMNS = 16;

    @Test
    void hasRoomForTheTilesOfAllForms() {
        assertThat(TileSums.most(1, 1)).isEqualTo(1);
        assertThat(TileSums.most(48, 48)).as("of 8 x 16").isEqualTo(6 * 3);
        assertThat(TileSums.most(18, 24)).as("of 8 x 16").isEqualTo(3 * 2);
        assertThat(TileSums.most(18, 16)).as("3 of 6 x 24, 3 of 8 x 16").isEqualTo(3);
        assertThat(TileSums.most(12, 16)).isEqualTo(2);
        assertThat(TileSums.most(36, 16)).as("of 6 x 24").isEqualTo(6);
    }

    static float[] read(Buffer buffer, int count) {
        float[] values = new float[count];
        buffer.device().download(buffer.slice(0, 4L * count), MemorySegment.ofArray(values));
        return values;
    }

    /** Of the values as they are stored, so that means are those of the result; pixels outside the image count nothing. */
    @Test
    void areThoseOfWhatIsStored() {
        for (Shape s : List.of(new Shape(1, 8, 1, 1), new Shape(2, 5, 9, 17), new Shape(1, 70, 7, 33))) {
            ParameterSet set = new ParameterSet();
            Parameter weight = set.declare("w", List.of(s.c(), s.c(), 3, 3), Numbers.uniform(9L * s.c() * s.c(), 1));
            Parameter bias = set.declare("b", List.of(s.c()), Numbers.uniform(s.c(), 2));
            try (Device device = Device.open("emu", Precision.BF16);
                    Tape tape = Tape.recording(Arena.poisoned(device))) {
                set.allocate(device);
                Tensor x = tape.input(s);
                x.set(Numbers.uniform(s.elements(), 3));
                Conv3x3.Summed summed = Conv3x3.summed(tape, x, weight, bias);
                assertThat(summed.y().toArray())
                        .as("the convolution's result, with or without sums")
                        .isEqualTo(Conv3x3.apply(tape, x, weight, bias, Conv3x3.Epilogue.NONE)
                                .toArray());
                check(s, summed.y().toArray(), requireNonNull(summed.sums()));
                set.close();
            }
        }
    }

    private static void check(Shape s, float[] y, Buffer sums) {
        int across = (s.w() + COLUMNS - 1) / COLUMNS;
        int down = (s.h() + ROWS - 1) / ROWS;
        float[] have = read(sums, s.c() * (1 + s.n() * across * down));
        assertThat(Float.floatToRawIntBits(have[0])).as("tiles of an image").isEqualTo(across * down);
        double[] want = new double[have.length];
        double[] sizes = new double[have.length];
        for (int n = 0; n < s.n(); n++) {
            for (int c = 0; c < s.c(); c++) {
                for (int h = 0; h < s.h(); h++) {
                    for (int w = 0; w < s.w(); w++) {
                        int tile = n * across * down + h / ROWS * across + w / COLUMNS;
                        float value = y[((n * s.c() + c) * s.h() + h) * s.w() + w];
                        want[(1 + tile) * s.c() + c] += value;
                        sizes[(1 + tile) * s.c() + c] += Math.abs(value);
                    }
                }
            }
        }
        for (int i = s.c(); i < have.length; i++) {
            assertThat((double) have[i]).as("%s, number %d", s, i).isCloseTo(want[i], within(1e-6 * sizes[i]));
        }
    }
}
