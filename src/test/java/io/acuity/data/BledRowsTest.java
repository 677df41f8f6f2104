package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.tensor.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BledRowsTest {
    @Test
    void colourGoesOnRingAfterRing() {
        // a row: red, then 10 transparent black pixels, then one of half-visible green
        byte[] samples = new byte[12 * 4];
        samples[0] = (byte) 200;
        samples[3] = (byte) 255;
        samples[11 * 4 + 1] = 100;
        samples[11 * 4 + 3] = 1;

        Image bled = BledRows.of(RowReader.of(Image.of(12, 1, 4, samples))).read(1);

        for (int x = 0; x < 12; x++) {
            assertThat(bled.sample(x, 0, 0)).as("red of %d", x).isEqualTo(x < 6 ? 200 : 0);
            assertThat(bled.sample(x, 0, 1)).as("green of %d", x).isEqualTo(x < 6 ? 0 : 100);
            assertThat(bled.sample(x, 0, 3)).as("alpha of %d", x).isEqualTo(x == 0 ? 255 : x == 11 ? 1 : 0);
        }
    }

    @Test
    void aPixelBetweenTwoColoursTakesTheirMeanAndFarOnesStay() {
        short[] samples = new short[24 * 2];
        for (int x = 0; x < 24; x++) {
            samples[2 * x] = 7; // under no alpha
        }
        samples[0] = (short) 40000;
        samples[1] = (short) 65535;
        samples[4] = (short) 40003;
        samples[5] = 1;

        Image bled = BledRows.of(RowReader.of(Image.of(24, 1, 2, samples))).read(1);

        assertThat(bled.sample(1, 0, 0)).isEqualTo(40002);
        assertThat(bled.sample(2 + BledRows.RINGS, 0, 0)).isEqualTo(40003);
        assertThat(bled.sample(3 + BledRows.RINGS, 0, 0)).isEqualTo(7);
    }

    @Test
    void picturesWithoutAlphaAreHandedThrough() {
        RowReader rows = RowReader.of(Image.black(4, 4, 3, 8));
        assertThat(BledRows.of(rows)).isSameAs(rows);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 9, 17, 39})
    void theHeightOfBandsChangesNothing(int band) {
        Random random = Random.of(3, 1);
        Image image = Image.black(31, 40, 4, 8);
        for (int i = 0; i < image.bytes().length; i++) {
            boolean visible = random.nextInt(60) == 0;
            image.bytes()[i] = (byte) (i % 4 == 3 ? (visible ? 255 : 0) : random.nextInt(256));
        }
        Image whole = BledRows.of(RowReader.of(image)).read(40);
        assertThat(whole.bytes()).isNotEqualTo(image.bytes());

        RowReader rows = BledRows.of(RowReader.of(image));
        for (int y = 0; y < 40; y += band) {
            int count = Math.min(band, 40 - y);
            assertThat(rows.read(count).bytes())
                    .as("rows from %d", y)
                    .isEqualTo(whole.crop(0, y, 31, count).bytes());
        }
    }
}
