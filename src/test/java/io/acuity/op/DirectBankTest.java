package io.acuity.op;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.EveryPrecision;
import io.acuity.device.GuardedDevice;
import io.acuity.op.DirectBank.Filter;
import io.acuity.op.DirectBank.Row;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DirectBankTest {
    private static final Shape SMALL = new Shape(2, 3, 4, 5);

    private static final List<Shape> SHAPES = List.of(
            new Shape(2, 3, 6, 6),
            new Shape(2, 3, 16, 20),
            new Shape(2, 3, 18, 34),
            new Shape(2, 3, 34, 66),
            new Shape(2, 3, 7, 13));

    /** Each kind, every number of taps, both images; factors below 1, at 1 and above. */
    private static List<Row> rows() {
        List<Row> rows = new ArrayList<>(List.of(
                new Row(0, new Filter.Copy()),
                new Row(1, new Filter.Sharpen(0.5f)),
                new Row(0, new Filter.Enlarge()),
                new Row(1, new Filter.Sharpen(1f)),
                new Row(0, new Filter.Sharpen(2.75f)),
                new Row(1, new Filter.Enlarge())));
        int[] taps = {1, 3, 5, 7, 9, 11};
        for (int k = 0; k < taps.length; k++) {
            rows.add(new Row(
                    k % 2,
                    new Filter.Blur(new Gaussian(taps[k], taps[taps.length - 1 - k], 0.3 + 0.3 * k, 2 - 0.35 * k))));
        }
        return rows;
    }

    /** Mostly in 0 .. 1, sharp enough that sharpening leaves it. */
    private static float[] picture(Shape s, long seed) {
        float[] values = uniform(s.elements(), seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(127.5f * (values[i] + 1)) / 255f;
        }
        return values;
    }

    private static Tensor input(Tape tape, Shape s, long seed) {
        Tensor x = tape.plain(s);
        x.set(picture(s, seed));
        return x;
    }

    private static boolean isRounded(Filter filter) {
        return filter instanceof Filter.Sharpen || filter instanceof Filter.Blur;
    }

    /** Half a level for what is rounded, as the truth is not; and then it is a level exactly. */
    @EveryDevice
    void filtersAsTheDefinitionsSay(Device device) {
        for (Shape s : SHAPES) {
            GuardedDevice guarded = new GuardedDevice(device);
            try (Arena arena = Arena.poisoned(guarded);
                    Tape tape = Tape.recording(arena)) {
                Tensor hr = input(tape, s, 1);
                Tensor lr = input(tape, SMALL, 2);
                List<Row> rows = rows();
                float[] y = DirectBank.apply(tape, hr, lr, rows).toArray();
                double[] want = PlainFilters.apply(doubles(hr.toArray()), s, doubles(lr.toArray()), SMALL, rows);
                int image = 3 * s.h() * s.w();
                for (int i = 0; i < y.length; i++) {
                    Row row = rows.get(i / image);
                    double truth = row.filter() instanceof Filter.Copy ? want[i] : Math.clamp(want[i], 0.0, 1.0);
                    double allowed = isRounded(row.filter()) ? 0.5 / 255 + 1e-6 : 1e-6;
                    assertThat(Math.abs(y[i] - truth))
                            .as("%s %s at %d: want %s, have %s", s, row, i % image, truth, y[i])
                            .isLessThanOrEqualTo(allowed);
                    if (isRounded(row.filter())) {
                        assertThat(y[i]).isEqualTo(Math.round(y[i] * 255) / 255f);
                    }
                }
                guarded.check();
            }
        }
    }

    /** A factor of 1 changes nothing. */
    @EveryDevice
    void factorOneCopies(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor hr = input(tape, new Shape(1, 3, 12, 14), 5);
            float[] y = DirectBank.apply(tape, hr, null, List.of(new Row(0, new Filter.Sharpen(1))))
                    .toArray();
            assertThat(y).isEqualTo(hr.toArray());
        }
    }

    /** The fused form writes what the transform makes of the images. */
    @EveryPrecision
    void bandsAreThoseOfTheImages(Device device) {
        for (Shape s : SHAPES.subList(0, 4)) {
            try (Tape tape = Tape.inference(device)) {
                Tensor hr = input(tape, s, 3);
                Tensor lr = input(tape, SMALL, 4);
                float[] images = HaarTransform.features(tape, DirectBank.apply(tape, hr, lr, rows()))
                        .toArray();
                assertThat(DirectBank.haar(tape, hr, lr, rows()).toArray()).isEqualTo(images);
            }
        }
    }

    @Test
    void devicesGiveTheSameBits() {
        Shape s = new Shape(2, 3, 34, 66);
        List<float[]> results = new ArrayList<>();
        for (String name : List.of("cpu", "emu")) {
            try (Device device = Device.open(name);
                    Tape tape = Tape.inference(device)) {
                results.add(DirectBank.apply(tape, input(tape, s, 3), input(tape, SMALL, 4), rows())
                        .toArray());
            }
        }
        assertThat(results.get(0)).isEqualTo(results.get(1));
    }

    /** A corner of LR is a corner of the result; a constant stays one. */
    @EveryDevice
    void enlargementAlignsCorners(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor hr = input(tape, new Shape(1, 3, 16, 20), 1);
            Tensor lr = input(tape, new Shape(1, 3, 4, 5), 2);
            float[] y = DirectBank.apply(tape, hr, lr, List.of(new Row(0, new Filter.Enlarge())))
                    .toArray();
            float[] x = lr.toArray();
            assertNear(
                    "corners",
                    new float[] {y[0], y[19], y[15 * 20], y[15 * 20 + 19]},
                    new double[] {x[0], x[4], x[15], x[19]},
                    1e-6);
        }
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor hr = input(tape, new Shape(1, 3, 4, 4), 1);
            assertThatThrownBy(() -> DirectBank.apply(tape, hr, null, List.of(new Row(1, new Filter.Copy()))))
                    .hasMessage("direct_bank source: want 0 to 0, have 1");
            assertThatThrownBy(() -> DirectBank.apply(tape, hr, null, List.of(new Row(0, new Filter.Enlarge()))))
                    .hasMessage("direct_bank lr: want [1, 3, h, w], have none");
            Filter blur = new Filter.Blur(new Gaussian(9, 3, 1, 1));
            assertThatThrownBy(() -> DirectBank.apply(tape, hr, null, List.of(new Row(0, blur))))
                    .hasMessage("direct_bank blur of 9 x 3 taps: want images larger than half of it, have"
                            + " [1, 3, 4, 4]");
            assertThatThrownBy(() -> new Gaussian(4, 3, 1, 1))
                    .hasMessage("gaussian taps y: want an odd number from 1 to 11, have 4");
        }
    }
}
