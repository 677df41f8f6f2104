package io.acuity.model;

import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.acuity.TestData;
import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.model.PlainTape.Num;
import io.acuity.model.Vdsr.Options;
import io.acuity.op.BicubicTaps;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VdsrTest {
    /** The paper's network: RGB to YCbCr, luma through the chain, back to RGB by the inverse matrix. */
    private static PlainNetworks.Plain plain(Options o) {
        return (tape, weights, lr) -> {
            Num up = enlarged(lr, o.scale());
            Num toLuma = new Num(new Shape(1, 3, 1, 1), new double[] {65.481 / 255, 128.553 / 255, 24.966 / 255});
            Num black = new Num(new Shape(1, 1, 1, 1), new double[] {16.0 / 255});
            Num now = tape.relu(conv(tape, weights, "input", tape.convolution(up, toLuma, black, 1), o.features()));
            for (int i = 0; i < o.layers() - 2; i++) {
                now = tape.relu(conv(tape, weights, "residual_layer." + i + ".conv", now, o.features()));
            }
            Num lacking = conv(tape, weights, "output", now, 1);
            // d RGB / d Y of the inverse of MATLAB's matrix: 255 / 219 for each colour
            double gain = 255 / (65.481 + 128.553 + 24.966);
            Num ones = new Num(new Shape(3, 1, 1, 1), new double[] {gain, gain, gain});
            Num none = new Num(new Shape(1, 3, 1, 1), new double[3]);
            return tape.add(up, tape.convolution(lacking, ones, none, 1), 1);
        };
    }

    private static Num conv(PlainTape tape, Map<String, Num> weights, String name, Num x, int out) {
        Num none = new Num(new Shape(1, out, 1, 1), new double[out]);
        return tape.convolution(x, requireNonNull(weights.get(name + ".weight")), none, 3);
    }

    private static Num enlarged(Num lr, int scale) {
        Shape s = lr.shape;
        Shape shape = new Shape(s.n(), s.c(), s.h() * scale, s.w() * scale);
        double[] up = new double[(int) shape.elements()];
        BicubicTaps down = BicubicTaps.of(s.h(), s.h() * scale, BicubicTaps.Border.MIRRORED);
        BicubicTaps across = BicubicTaps.of(s.w(), s.w() * scale, BicubicTaps.Border.MIRRORED);
        int plane = s.h() * s.w();
        for (int i = 0; i < s.n() * s.c(); i++) {
            double[] one = Arrays.copyOfRange(lr.data, i * plane, (i + 1) * plane);
            double[] large = Bicubic.resize(one, 1, down, across);
            System.arraycopy(large, 0, up, i * large.length, large.length);
        }
        return new Num(shape, up);
    }

    @EveryDevice
    void computesWhatThePaperSays(Device device) {
        for (int scale = 2; scale <= 4; scale++) {
            Options options = new Options(4, 8, scale);
            NetworkCheck.of("vdsr " + options, d -> Vdsr.create(d, options, 3), plain(options))
                    .values(device, new Shape(2, 3, 5, 6));
        }
    }

    @EveryDevice
    void differentiatesEveryParameter(Device device) {
        Options options = new Options(3, 6, 2);
        NetworkCheck.of("vdsr", d -> Vdsr.create(d, options, 3), plain(options))
                .gradients(device, new Shape(2, 3, 4, 5));
    }

    @Test
    void trainsAsInDoublePrecision() {
        Options options = new Options(3, 6, 3);
        try (Device device = Device.open("cpu")) {
            NetworkCheck.of("vdsr", d -> Vdsr.create(d, options, 3), plain(options))
                    .tenSteps(device, new Shape(2, 3, 6, 6));
        }
    }

    /** Weights at a place of the picture are, to the last bit, those at every other place. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void enlargesAlikeEverywhere(int scale) {
        for (int length : new int[] {1, 2, 3, 7, 100}) {
            BicubicTaps taps = Vdsr.taps(length, scale);
            BicubicTaps matlab = BicubicTaps.of(length, length * scale, BicubicTaps.Border.MIRRORED);
            for (int r = 0; r < taps.out(); r++) {
                double[] ours = new double[length];
                double[] theirs = new double[length];
                for (int k = 0; k < taps.taps(); k++) {
                    ours[taps.index()[r * taps.taps() + k]] += taps.weight()[r * taps.taps() + k];
                    assertThat(taps.weight()[r * taps.taps() + k])
                            .isEqualTo(taps.weight()[r % scale * taps.taps() + k]);
                }
                for (int k = 0; k < matlab.taps(); k++) {
                    theirs[matlab.index()[r * matlab.taps() + k]] += matlab.weight()[r * matlab.taps() + k];
                }
                for (int i = 0; i < length; i++) {
                    assertThat(ours[i]).as("length %d, row %d", length, r).isCloseTo(theirs[i], within(1e-13));
                }
            }
        }
    }

    @Test
    void hasAsManyParametersAsThePublishedFile() {
        try (Device device = Device.open("cpu")) {
            assertThat(Vdsr.create(device, Options.published(2), 0).parameters().count())
                    .isEqualTo(664_704);
            assertThatThrownBy(() -> new Options(1, 64, 2))
                    .hasMessage("vdsr: want at least 2 layers and 1 feature, have 1 and 64");
            assertThatThrownBy(() -> new Options(20, 64, 5)).hasMessage("scale: want 2, 3 or 4, have 5");
        }
    }

    /** A luma that another implementation made of the published weights, to one level of 8 bits. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void givesThePublishedNetworksPicture(int scale) {
        Image want = ImageFile.read(TestData.of("weights/sr/vdsr_butterfly_x" + scale + "_Y.png"));
        Image hr = ImageFile.read(TestData.of("eval/Set5/HR/butterfly.png"));
        int w = hr.width() / scale * scale;
        int h = hr.height() / scale * scale;
        double[] luma = new double[w * h];
        for (int i = 0; i < luma.length; i++) {
            int x = i % w;
            int y = i / w;
            double sum = 65.481 * hr.sample(x, y, 0) + 128.553 * hr.sample(x, y, 1) + 24.966 * hr.sample(x, y, 2);
            luma[i] = 16 + sum / 255;
        }
        BicubicTaps.Border mirrored = BicubicTaps.Border.MIRRORED;
        double[] low =
                Bicubic.resize(luma, 1, BicubicTaps.of(h, h / scale, mirrored), BicubicTaps.of(w, w / scale, mirrored));
        double[] up =
                Bicubic.resize(low, 1, BicubicTaps.of(h / scale, h, mirrored), BicubicTaps.of(w / scale, w, mirrored));
        try (Device device = Device.open("cpu");
                Tape tape = Tape.inference(device)) {
            Network network = Models.open(TestData.of("weights/vdsr.pth").toString(), device, scale);
            Tensor y = tape.input(new Shape(1, 1, h, w));
            float[] values = new float[up.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (up[i] / 255);
            }
            y.set(values);
            float[] have = ((Vdsr) network).luma(tape, y).toArray();
            for (int i = 0; i < have.length; i++) {
                assertThat(Math.round(Math.clamp(have[i] * 255f, 0f, 255f)))
                        .isCloseTo(want.sample(i % w, i / w, 0), within(1));
            }
            network.parameters().close();
        }
    }

    /** Cb and Cr of the result are the bicubic's, and luma is that of the chain alone. */
    @Test
    void improvesLumaOnly() {
        try (Device device = Device.open("cpu");
                Tape tape = Tape.inference(device)) {
            Vdsr network = Vdsr.create(device, new Options(3, 8, 2), 9);
            Shape s = new Shape(1, 3, 6, 7);
            float[] image = uniform(s.elements(), 4);
            Tensor lr = tape.input(s);
            lr.set(image);
            double[] numbers = new double[image.length];
            for (int i = 0; i < image.length; i++) {
                numbers[i] = image[i];
            }
            float[] sr = network.forward(tape, lr).toArray();
            double[] up = enlarged(new Num(s, numbers), 2).data;
            int plane = up.length / 3;
            for (int i = 0; i < plane; i++) {
                double red = sr[i] - up[i];
                assertThat(sr[plane + i] - up[plane + i]).isCloseTo(red, within(1e-5));
                assertThat(sr[2 * plane + i] - up[2 * plane + i]).isCloseTo(red, within(1e-5));
            }
        }
    }
}
