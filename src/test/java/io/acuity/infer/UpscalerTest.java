package io.acuity.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.acuity.data.Image;
import io.acuity.device.Device;
import io.acuity.model.Edsr;
import io.acuity.model.Imdn;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.model.Vdsr;
import io.acuity.tensor.Random;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UpscalerTest {
    private static final long MEMORY = 1L << 30;

    private final Device device = Device.open("cpu");

    @AfterEach
    void close() {
        device.close();
    }

    private Network network(int scale) {
        return Edsr.create(device, new Edsr.Options(2, 16, 1f, scale), 7);
    }

    private static Image noise(int width, int height, int channels, int bitDepth) {
        Image image = Image.black(width, height, channels, bitDepth);
        Random random = Random.of(3, (long) width * height * channels + bitDepth);
        for (int i = 0; i < width * height * channels; i++) {
            if (bitDepth == 8) {
                image.bytes()[i] = (byte) random.nextInt();
            } else {
                image.shorts()[i] = (short) random.nextInt();
            }
        }
        return image;
    }

    private static Image upscaled(Network network, Image lr, int tile, boolean ensemble) {
        try (Upscaler upscaler = new Upscaler(network, new Upscaler.Options(tile, ensemble, MEMORY))) {
            return upscaler.upscale(lr);
        }
    }

    private static void assertSame(Image a, Image b) {
        assertThat(a.width()).isEqualTo(b.width());
        assertThat(a.height()).isEqualTo(b.height());
        if (a.bitDepth() == 8) {
            assertThat(a.bytes()).isEqualTo(b.bytes());
        } else {
            assertThat(a.shorts()).isEqualTo(b.shorts());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 5, 8, 12, 17, 20, 24, 28, 32, 36, 40, 48, 52, 60, 64, 72, 80, 100, 200})
    void tilesGiveTheWholeBitForBit(int tile) {
        Image lr = noise(90, 71, 3, 8);
        Network network = network(4);
        assertSame(upscaled(network, lr, tile, false), upscaled(network, lr, 4096, false));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void tilesGiveTheWholeAtEveryScaleAndTail(int scale) {
        Image lr = noise(61, 83, 3, 16);
        for (boolean collapsed : List.of(true, false)) {
            Network network =
                    Edsr.create(device, new Edsr.Options(1, 16, 1f, scale), 2).collapse(collapsed);
            assertSame(upscaled(network, lr, 24, false), upscaled(network, lr, 4096, false));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void tilesGiveTheWholeOfDistillingBlocks(int scale) {
        Image lr = noise(87, 79, 3, 16);
        Network network = Imdn.create(device, new Imdn.Options(1, 16, 4, scale), 2);
        assertSame(upscaled(network, lr, 12, false), upscaled(network, lr, 4096, false));
    }

    /** VDSR's convolutions see the enlarged picture. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void tilesGiveTheWholeBehindABicubic(int scale) {
        Image lr = noise(53, 47, 3, 16);
        Network network = Vdsr.create(device, new Vdsr.Options(5, 8, scale), 2);
        assertSame(upscaled(network, lr, 12, false), upscaled(network, lr, 4096, false));
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 32, 44})
    void tilesGiveTheWholeWithSelfEnsemble(int tile) {
        Image lr = noise(67, 45, 3, 8);
        Network network = network(2);
        assertSame(upscaled(network, lr, tile, true), upscaled(network, lr, 4096, true));
    }

    @Test
    void selfEnsembleOfATurnedPictureIsTheTurnedEnsemble() {
        Image lr = noise(20, 28, 3, 16);
        Network network = network(2);
        Image upright = upscaled(network, lr, 0, true);
        Image turned = upscaled(network, transposed(lr), 0, true);
        Image back = transposed(turned);
        int worst = 0;
        for (int i = 0; i < upright.shorts().length; i++) {
            worst = Math.max(worst, Math.abs((upright.shorts()[i] & 0xffff) - (back.shorts()[i] & 0xffff)));
        }
        // the eight results are the same ones, added in another order
        assertThat(worst).isLessThanOrEqualTo(1);
    }

    private static Image transposed(Image image) {
        Image turned = Image.black(image.height(), image.width(), image.channels(), image.bitDepth());
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                for (int c = 0; c < image.channels(); c++) {
                    turned.shorts()[(x * image.height() + y) * image.channels() + c] = (short) image.sample(x, y, c);
                }
            }
        }
        return turned;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void everyKindOfPictureKeepsItsChannels(int channels) {
        Image lr = noise(13, 9, channels, 8);
        Network network = network(3);
        Image sr = upscaled(network, lr, 0, false);
        assertThat(sr.channels()).isEqualTo(channels);
        assertThat(sr.width()).isEqualTo(39);
        assertThat(sr.height()).isEqualTo(27);
        if (channels == 4) {
            Image colours = upscaled(network, lr.rgb(), 0, false);
            assertSame(sr.rgb(), colours);
        }
    }

    @Test
    void tinyPicturesWork() {
        Network network = network(4);
        for (int side : new int[] {1, 2, 3, 4, 5}) {
            assertThat(upscaled(network, noise(side, 1, 3, 8), 0, false).width())
                    .isEqualTo(4 * side);
            assertThat(upscaled(network, noise(2, side, 3, 8), 0, true).height())
                    .isEqualTo(4 * side);
        }
    }

    @Test
    void scarceMemoryMakesSmallTilesAndTheSamePicture() {
        Image lr = noise(120, 100, 3, 8);
        Network network = network(2);
        try (Upscaler scarce = new Upscaler(network, new Upscaler.Options(0, false, 1 << 20))) {
            assertSame(scarce.upscale(lr), upscaled(network, lr, 4096, false));
        }
    }

    @Test
    void coloursUnderNoAlphaDoNotShowAtTheEdge() {
        Image black = Image.black(24, 20, 4, 8);
        Image disc = Image.black(24, 20, 4, 8);
        for (int i = 0; i < 24 * 20; i++) {
            boolean inside = Math.hypot(i % 24 - 11.5, Math.floorDiv(i, 24) - 9.5) < 7;
            for (int c = 0; c < 3; c++) {
                byte colour = (byte) (200 - 50 * c);
                disc.bytes()[4 * i + c] = colour;
                black.bytes()[4 * i + c] = inside ? colour : 0;
            }
            disc.bytes()[4 * i + 3] = (byte) (inside ? 255 : 0);
            black.bytes()[4 * i + 3] = (byte) (inside ? 255 : 0);
        }
        Network network = Models.open(Models.DEFAULT, device);
        Image want = upscaled(network, disc, 0, false);
        Image have = upscaled(network, black, 0, false);
        for (int y = 0; y < have.height(); y++) {
            for (int x = 0; x < have.width(); x++) {
                assertThat(have.sample(x, y, 3)).isEqualTo(want.sample(x, y, 3));
                for (int c = 0; c < 3 && have.sample(x, y, 3) > 0; c++) {
                    assertThat(have.sample(x, y, c)).as("%d, %d", x, y).isCloseTo(want.sample(x, y, c), within(1));
                }
            }
        }
    }
}
