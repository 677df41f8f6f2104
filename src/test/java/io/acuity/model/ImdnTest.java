package io.acuity.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.acuity.TestData;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.infer.Upscaler;
import io.acuity.model.Imdn.Options;
import io.acuity.model.PlainTape.Num;
import io.acuity.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImdnTest {
    /** The block as the authors' code writes it. */
    private static PlainNetworks.Plain plain(Options o) {
        return (tape, weights, lr) -> {
            Num head = conv(tape, weights, "model.0", lr);
            Num x = head;
            for (int b = 0; b < o.blocks(); b++) {
                String name = "model.1.sub." + b + ".";
                List<Num> parts = new ArrayList<>();
                Num rest = x;
                for (int k = 1; k <= 3; k++) {
                    Num y = leaky(tape, conv(tape, weights, name + "conv" + k + ".0", rest));
                    parts.add(slice(tape, y, 0, o.distilled()));
                    rest = slice(tape, y, o.distilled(), o.features() - o.distilled());
                }
                parts.add(conv(tape, weights, name + "conv4", rest));
                x = tape.add(x, conv(tape, weights, name + "conv1x1", tape.concat(parts)), 1);
            }
            x = tape.add(head, conv(tape, weights, "model.1.sub." + o.blocks(), x), 1);
            return tape.shuffle(conv(tape, weights, "model.2", x), o.scale());
        };
    }

    private static Num weight(Map<String, Num> weights, String name) {
        Num found = weights.get(name);
        if (found == null) {
            throw new AssertionError("no parameter " + name + " in " + weights.keySet());
        }
        return found;
    }

    private static Num conv(PlainTape tape, Map<String, Num> weights, String name, Num x) {
        Num bias = weight(weights, name + ".bias");
        return tape.convolution(x, weight(weights, name + ".weight"), bias, name.endsWith("1x1") ? 1 : 3);
    }

    /** 0.95 relu(x) + 0.05 x. */
    private static Num leaky(PlainTape tape, Num x) {
        return tape.add(tape.scale(tape.relu(x), 1 - (double) 0.05f), x, 0.05f);
    }

    private static Num slice(PlainTape tape, Num x, int first, int count) {
        Shape s = x.shape;
        int plane = s.h() * s.w();
        int[] from = new int[s.n() * count * plane];
        for (int i = 0; i < from.length; i++) {
            int n = i / (count * plane);
            from[i] = n * s.c() * plane + first * plane + i % (count * plane);
        }
        return tape.pick(x, new Shape(s.n(), count, s.h(), s.w()), from);
    }

    private static NetworkCheck check(Options options) {
        return NetworkCheck.of("imdn " + options, device -> Imdn.create(device, options, 3), plain(options));
    }

    @EveryDevice
    void computesWhatThePaperSays(Device device) {
        for (int scale = 2; scale <= 4; scale++) {
            check(new Options(2, 8, 2, scale)).values(device, new Shape(2, 3, 5, 6));
        }
        check(new Options(1, 7, 3, 2)).values(device, new Shape(1, 3, 1, 1));
    }

    @EveryDevice
    void differentiatesEveryParameter(Device device) {
        check(new Options(2, 8, 2, 2)).gradients(device, new Shape(2, 3, 4, 5));
    }

    @Test
    void trainsAsInDoublePrecision() {
        try (Device device = Device.open("cpu")) {
            check(new Options(2, 8, 2, 2)).tenSteps(device, new Shape(2, 3, 8, 8));
        }
    }

    @Test
    void hasAsManyParametersAsThePublishedFile() {
        try (Device device = Device.open("cpu")) {
            assertThat(Imdn.create(device, Options.published(4), 0).parameters().count())
                    .isEqualTo(893_936);
            assertThatThrownBy(() -> new Options(1, 16, 16, 4))
                    .hasMessageContaining("more features than are set aside");
        }
    }

    /** Pictures that PyTorch made with the published weights, to one level of 8 bits. */
    @ParameterizedTest
    @ValueSource(strings = {"bird", "butterfly"})
    void givesThePublishedNetworksPictures(String name) {
        Image want = ImageFile.read(TestData.of("weights/sr/imdn_baseline_" + name + "_x4.png"));
        Image lr = ImageFile.read(TestData.of("eval/Set5/LR_bicubic/X4/" + name + "x4.png"));
        try (Upscaler upscaler =
                Upscaler.open(TestData.of("weights/imdn_baseline.pth").toString())) {
            byte[] have = upscaler.upscale(lr.rgb()).bytes();
            byte[] theirs = want.rgb().bytes();
            assertThat(have).hasSameSizeAs(theirs);
            for (int i = 0; i < have.length; i++) {
                assertThat(have[i] & 0xff).as("sample %d", i).isCloseTo(theirs[i] & 0xff, within(1));
            }
        }
    }
}
