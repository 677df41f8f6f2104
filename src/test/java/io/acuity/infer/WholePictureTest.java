package io.acuity.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.data.Image;
import io.acuity.device.Device;
import io.acuity.model.Network;
import io.acuity.model.Rcan;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Networks that average over the whole picture: whole, or refused, or tiled where that is allowed; never in silence. */
class WholePictureTest {
    private static final long MEMORY = 1L << 30;
    private static final int WIDTH = 70;
    private static final int HEIGHT = 50;

    private final Device device = Device.open("cpu");
    private final Network network = Rcan.create(device, new Rcan.Options(2, 2, 16, 4, 1f, 2), 7);
    private Image lr = Image.black(WIDTH, HEIGHT, 3, 8);

    /** Left half dark, right half light: tiles see other means than the picture has. */
    @BeforeEach
    void paint() {
        lr = Image.black(WIDTH, HEIGHT, 3, 8);
        Random random = Random.of(3, 1);
        for (int i = 0; i < lr.bytes().length; i++) {
            lr.bytes()[i] = (byte) (random.nextInt(100) + (i / 3 % WIDTH < WIDTH / 2 ? 0 : 150));
        }
    }

    @AfterEach
    void close() {
        device.close();
    }

    private Image upscaled(int tile, boolean ensemble, long memory, boolean approximate) {
        Upscaler.Options options = new Upscaler.Options(tile, ensemble, memory, approximate);
        try (Upscaler upscaler = new Upscaler(network, options)) {
            return upscaler.upscale(lr);
        }
    }

    @Test
    void takesThePictureWhole() {
        byte[] want = new byte[WIDTH * HEIGHT * 4 * 3];
        try (Tape tape = Tape.inference(device)) {
            Shape shape = new Shape(1, 3, HEIGHT, WIDTH);
            float[] nchw = new float[Math.toIntExact(shape.elements())];
            for (int i = 0; i < nchw.length; i++) {
                nchw[i % 3 * WIDTH * HEIGHT + i / 3] = (lr.bytes()[i] & 255) * (1 / 255f);
            }
            Tensor x = tape.input(shape);
            x.set(nchw);
            float[] sr = network.forward(tape, x).toArray();
            for (int i = 0; i < sr.length; i++) {
                float value = sr[i % 3 * WIDTH * HEIGHT * 4 + i / 3];
                want[i] = (byte) Math.clamp((int) Math.floor(value * 255 + 0.5f), 0, 255);
            }
        }
        assertThat(upscaled(0, false, MEMORY, false).bytes()).isEqualTo(want);
        assertThat(upscaled(0, false, MEMORY, true).bytes())
                .as("tiles allowed, not needed")
                .isEqualTo(want);
        assertThat(upscaled(72, false, MEMORY, false).bytes())
                .as("one tile holds it")
                .isEqualTo(want);
    }

    @Test
    void refusesTilesThatNobodyAllowed() {
        assertThatThrownBy(() -> upscaled(32, false, MEMORY, false))
                .isInstanceOf(TilingException.class)
                .hasMessage("rcan looks at the whole picture at once: tiles of 32 pixels would change the result;"
                        + " --approximate-tiles allows tiles that give nearly the same")
                .matches(e -> ((TilingException) e).asked());
        assertThatThrownBy(() -> upscaled(0, false, 100_000, false))
                .isInstanceOf(TilingException.class)
                .hasMessageStartingWith("rcan looks at the whole picture at once: for 70x50 it wants 0.0 GB of memory")
                .matches(e -> !((TilingException) e).asked());
    }

    /** What the allowed tiles give is near, and is not the same: so the exact way is worth its memory. */
    @Test
    void tilesAreNearWhereAllowed() {
        byte[] whole = upscaled(0, false, MEMORY, false).bytes();
        byte[] tiled = upscaled(8, false, MEMORY, true).bytes();
        assertThat(tiled).isNotEqualTo(whole);
        double squares = 0;
        for (int i = 0; i < whole.length; i++) {
            squares += Math.pow((whole[i] & 255) - (tiled[i] & 255), 2);
        }
        assertThat(10 * Math.log10(255 * 255 / (squares / whole.length))).isGreaterThan(30);
        try (Upscaler upscaler = new Upscaler(network, new Upscaler.Options(8, false, MEMORY, true))) {
            assertThat(upscaler.approximates(WIDTH, HEIGHT)).isTrue();
            assertThat(upscaler.approximates(8, 8)).isFalse();
        }
    }

    @Test
    void scarceMemoryMakesSmallerTiles() {
        assertThat(Arrays.equals(
                        upscaled(0, false, 100_000, true).bytes(),
                        upscaled(0, false, MEMORY, true).bytes()))
                .isFalse();
    }

    @Test
    void turnsTheWholePicture() {
        assertThat(upscaled(0, true, MEMORY, false).bytes())
                .isNotEqualTo(upscaled(0, false, MEMORY, false).bytes());
    }
}
