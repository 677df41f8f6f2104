package io.acuity.op;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.GuardedDevice;
import io.acuity.op.BicubicTaps.Border;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

class BicubicTest {
    private record Case(Shape x, int h, int w) {}

    private static final List<Case> CASES = List.of(
            new Case(new Shape(1, 1, 1, 1), 4, 4),
            new Case(new Shape(1, 3, 5, 7), 20, 28),
            new Case(new Shape(2, 3, 24, 20), 6, 5),
            new Case(new Shape(1, 16, 13, 11), 5, 17),
            new Case(new Shape(1, 3, 9, 12), 9, 4),
            new Case(new Shape(1, 1, 3, 64), 6, 16));

    @EveryDevice
    void resizesAsTheTapsSay(Device device) {
        for (Case c : CASES) {
            for (Border border : Border.values()) {
                check(device, c, border);
            }
        }
    }

    private static void check(Device device, Case c, Border border) {
        Shape s = c.x();
        BicubicTaps rows = BicubicTaps.of(s.h(), c.h(), border);
        BicubicTaps columns = BicubicTaps.of(s.w(), c.w(), border);
        float[] values = uniform(s.elements(), 3);
        GuardedDevice guarded = new GuardedDevice(device);
        try (Arena arena = Arena.poisoned(guarded);
                Tape tape = Tape.recording(arena);
                Bicubic bicubic = Bicubic.on(guarded, rows, columns)) {
            Tensor x = tape.input(s);
            x.set(values);
            Tensor y = bicubic.apply(tape, x);
            assertThat(y.shape()).isEqualTo(new Shape(s.n(), s.c(), c.h(), c.w()));
            assertNear(c + " " + border, y.toArray(), plain(doubles(values), s, rows, columns), 1e-6);
            guarded.check();
        }
    }

    private static double[] plain(double[] x, Shape s, BicubicTaps rows, BicubicTaps columns) {
        Shape ys = new Shape(s.n(), s.c(), rows.out(), columns.out());
        double[] y = new double[Math.toIntExact(ys.elements())];
        for (int i = 0; i < s.n() * s.c(); i++) {
            int n = i / s.c();
            int c = i % s.c();
            for (int r = 0; r < rows.out(); r++) {
                for (int q = 0; q < columns.out(); q++) {
                    double sum = 0;
                    for (int k = r * rows.taps(); k < (r + 1) * rows.taps(); k++) {
                        for (int l = q * columns.taps(); l < (q + 1) * columns.taps(); l++) {
                            sum += rows.weight()[k]
                                    * columns.weight()[l]
                                    * x[Plain.at(s, n, c, rows.index()[k], columns.index()[l])];
                        }
                    }
                    y[Plain.at(ys, n, c, r, q)] = sum;
                }
            }
        }
        return y;
    }

    /** Weights sum to one, so a picture of one colour stays one. */
    @EveryDevice
    void keepsAConstant(Device device) {
        try (Tape tape = Tape.inference(device);
                Bicubic bicubic = Bicubic.on(
                        device, BicubicTaps.of(20, 7, Border.MIRRORED), BicubicTaps.of(16, 48, Border.MIRRORED))) {
            Tensor x = tape.input(new Shape(1, 3, 20, 16));
            float[] half = new float[3 * 20 * 16];
            Arrays.fill(half, 0.5f);
            x.set(half);
            double[] want = new double[3 * 7 * 48];
            Arrays.fill(want, 0.5);
            assertNear("constant", bicubic.apply(tape, x).toArray(), want, 1e-6);
        }
    }

    @EveryDevice
    void refusesAnotherSize(Device device) {
        BicubicTaps taps = BicubicTaps.of(4, 8, Border.CLAMPED);
        try (Tape tape = Tape.inference(device);
                Bicubic bicubic = Bicubic.on(device, taps, taps)) {
            assertThatThrownBy(() -> bicubic.apply(tape, tape.input(new Shape(1, 1, 4, 5))))
                    .hasMessage("bicubic: want height 4 and width 4, have [1, 1, 4, 5]");
        }
    }
}
