package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

class HaarTransformTest {
    private static final List<Shape> SHAPES = List.of(
            new Shape(1, 1, 2, 2),
            new Shape(1, 3, 2, 2),
            new Shape(2, 3, 6, 10),
            new Shape(1, 3, 4, 34),
            new Shape(2, 3, 4, 36),
            new Shape(1, 3, 6, 70),
            new Shape(1, 3, 4, 102),
            new Shape(1, 5, 4, 6));

    /** In double precision, channels of LH first, then of HL, then of HH; arrays are NCHW. */
    static double[] plain(double[] x, Shape s) {
        Shape ys = new Shape(s.n(), 3 * s.c(), s.h() / 2, s.w() / 2);
        double[] y = new double[Math.toIntExact(ys.elements())];
        for (int n = 0; n < s.n(); n++) {
            for (int c = 0; c < s.c(); c++) {
                for (int h = 0; h < ys.h(); h++) {
                    for (int w = 0; w < ys.w(); w++) {
                        double a = x[Plain.at(s, n, c, 2 * h, 2 * w)];
                        double b = x[Plain.at(s, n, c, 2 * h, 2 * w + 1)];
                        double low = x[Plain.at(s, n, c, 2 * h + 1, 2 * w)];
                        double d = x[Plain.at(s, n, c, 2 * h + 1, 2 * w + 1)];
                        y[Plain.at(ys, n, c, h, w)] = (a + b - low - d) / 2;
                        y[Plain.at(ys, n, s.c() + c, h, w)] = (a - b + low - d) / 2;
                        y[Plain.at(ys, n, 2 * s.c() + c, h, w)] = (a - b - low + d) / 2;
                    }
                }
            }
        }
        return y;
    }

    @EveryDevice
    void givesTheThreeBands(Device device) {
        for (Shape s : SHAPES) {
            OpCheck.of(
                            "haar_transform " + s,
                            (tape, x, _) -> HaarTransform.apply(tape, x.getFirst()),
                            v -> plain(v.getFirst(), s))
                    .input(s)
                    .on(device);
        }
    }

    @EveryPrecision
    void givesTheBandsOfPicturesAsFeatures(Device device) {
        for (Shape s : SHAPES) {
            if (s.c() == 3) {
                OpCheck.of(
                                "haar_transform of pictures " + s,
                                (tape, x, _) -> HaarTransform.features(tape, x.getFirst()),
                                v -> plain(v.getFirst(), s))
                        .fp32(s)
                        .on(device);
            }
        }
    }

    @EveryDevice
    void featuresWantPictures(Device device) {
        try (Tape tape = Tape.inference(device)) {
            assertThatThrownBy(() -> HaarTransform.features(tape, tape.input(new Shape(1, 4, 2, 2))))
                    .hasMessage("haar_transform: want pictures of 3 channels, have [1, 4, 2, 2]");
        }
    }

    /** [10 20; 30 50] has LL 55, LH -25, HL -15, HH 5. */
    @EveryDevice
    void knownBlock(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(1, 1, 2, 2));
            x.set(new float[] {10, 20, 30, 50});
            assertThat(HaarTransform.apply(tape, x).toArray()).containsExactly(-25, -15, 5);
        }
    }

    @EveryDevice
    void refusesOddSizes(Device device) {
        try (Tape tape = Tape.inference(device)) {
            assertThatThrownBy(() -> HaarTransform.apply(tape, tape.input(new Shape(1, 3, 4, 5))))
                    .hasMessage("haar_transform: want even height and width, have [1, 3, 4, 5]");
        }
    }
}
