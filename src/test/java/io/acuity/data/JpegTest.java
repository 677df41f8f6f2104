package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JpegTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void coloursAreThoseOfTheJdk(boolean progressive) throws IOException {
        BufferedImage image = buffered(Fixtures.scene(123, 77, 3, 8));
        byte[] file = byJdk(new IIOImage(image, null, null), progressive);
        BufferedImage wanted = Fixtures.byJdk(file);
        Image read = Fixtures.decode(file);
        for (int y = 0; y < 77; y++) {
            for (int x = 0; x < 123; x++) {
                int rgb = wanted.getRGB(x, y);
                for (int c = 0; c < 3; c++) {
                    assertThat(read.sample(x, y, c)).isEqualTo(rgb >> (16 - 8 * c) & 0xFF);
                }
            }
        }
    }

    @Test
    void greyStaysGrey() throws IOException {
        Image scene = Fixtures.scene(64, 40, 1, 8);
        BufferedImage image = new BufferedImage(64, 40, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, 64, 40, scene.bytes());
        Image read = Fixtures.decode(byJdk(new IIOImage(image, null, null), false));
        assertThat(read.channels()).isEqualTo(1);
        assertThat(psnr(scene, read)).isGreaterThan(38);
    }

    @ParameterizedTest
    @CsvSource({"1, 95, 40", "3, 95, 40", "3, 75, 32", "1, 30, 30", "3, 100, 46"})
    void whatIsWrittenIsReadByTheJdkAndByUs(int channels, int quality, int least) {
        for (int[] size : new int[][] {{1, 1}, {8, 8}, {123, 77}, {16, 33}, {640, 481}}) {
            Image image = Fixtures.scene(size[0], size[1], channels, 8);
            byte[] file = Fixtures.encode(image, ImageFormat.JPEG, WriteOptions.DEFAULT.withQuality(quality));
            Image read = Fixtures.decode(file);
            assertThat(read.channels()).isEqualTo(channels);
            assertThat(psnr(image, read)).as("%dx%d", size[0], size[1]).isGreaterThan(least);
            BufferedImage jdk = Fixtures.byJdk(file);
            assertThat(jdk.getWidth()).isEqualTo(size[0]);
            assertThat(jdk.getRaster().getNumBands()).isEqualTo(channels);
        }
    }

    @Test
    void alphaIsLaidOnTheBackgroundAndDepthRounded() {
        Image image = Image.of(16, 16, 4, new short[16 * 16 * 4]); // transparent black
        byte[] file = Fixtures.encode(image, ImageFormat.JPEG, WriteOptions.DEFAULT.withBackground(0x20C040));
        Image read = Fixtures.decode(file);
        assertThat(read.sample(5, 5, 0)).isBetween(0x1E, 0x22);
        assertThat(read.sample(5, 5, 1)).isBetween(0xBE, 0xC2);
        assertThat(read.sample(5, 5, 2)).isBetween(0x3E, 0x42);
    }

    @Test
    void longProfilesAndMetadataStayByteForByte() {
        Metadata metadata = Metadata.of(Fixtures.noise(200_000, 1), Fixtures.exif(1, true), Fixtures.noise(900, 2))
                .withIptc(Fixtures.noise(501, 3));
        Image image = Fixtures.scene(30, 20, 3, 8).withMetadata(metadata);
        Metadata read =
                Fixtures.decode(Fixtures.encode(image, ImageFormat.JPEG)).metadata();
        assertThat(read.icc()).isEqualTo(metadata.icc());
        assertThat(read.exif()).isEqualTo(metadata.exif());
        assertThat(read.xmp()).isEqualTo(metadata.xmp());
        assertThat(read.iptc()).isEqualTo(metadata.iptc());
    }

    @Test
    void iptcIsFoundBehindOtherResources() {
        byte[] thumbnail = ImageResource.of(1036, new byte[33]);
        byte[] iptc = ImageResource.of(ImageResource.IPTC, new byte[] {0x1C, 2, 5});
        byte[] blocks = Arrays.copyOf(thumbnail, thumbnail.length + iptc.length + 2);
        // the second block has a name of one letter, which with its length byte is even already
        System.arraycopy(iptc, 0, blocks, thumbnail.length, 6);
        blocks[thumbnail.length + 6] = 1;
        blocks[thumbnail.length + 7] = 'n';
        System.arraycopy(iptc, 8, blocks, thumbnail.length + 8, iptc.length - 8);

        assertThat(ImageResource.find(blocks, ImageResource.IPTC)).containsExactly(0x1C, 2, 5);
        for (int length = 0; length < thumbnail.length + iptc.length - 1; length++) {
            assertThat(ImageResource.find(Arrays.copyOf(blocks, length), ImageResource.IPTC))
                    .as("cut at %d", length)
                    .isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, true", "3, false", "4, true", "5, false", "6, true", "7, false", "8, true"})
    void exifOrientationIsAppliedAndReset(int orientation, boolean little) {
        // one bright corner, at the top left once upright
        Image upright = Image.black(32, 16, 3, 8);
        for (int y = 0; y < 8; y++) {
            for (int x = 0; x < 8; x++) {
                Arrays.fill(upright.bytes(), (y * 32 + x) * 3, (y * 32 + x) * 3 + 3, (byte) 240);
            }
        }
        for (int y = 0; y < 16; y++) {
            Arrays.fill(upright.bytes(), (y * 32 + 24) * 3, (y * 32 + 32) * 3, (byte) 120);
        }
        int[] inverse = {0, 1, 2, 3, 4, 5, 8, 7, 6};
        byte[] xmp = "<x tiff:Orientation=\"%d\"/>".formatted(orientation).getBytes(StandardCharsets.UTF_8);
        Image held = Orientation.turn(upright, inverse[orientation])
                .withMetadata(Metadata.of(null, Fixtures.exif(orientation, little), xmp));

        Image read = Fixtures.decode(Fixtures.encode(held, ImageFormat.JPEG));

        assertThat(read.width()).isEqualTo(32);
        assertThat(read.height()).isEqualTo(16);
        assertThat(psnr(upright, read)).isGreaterThan(40);
        assertThat(read.metadata().exif()).isEqualTo(Fixtures.exif(1, little));
        assertThat(read.metadata().xmp()).asString(StandardCharsets.UTF_8).isEqualTo("<x tiff:Orientation=\"1\"/>");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 2})
    void inksBecomeRgb(int transform) throws IOException {
        int[] inks = {255, 0, 128, 64}; // full cyan, half yellow, a quarter black
        byte[] stored = new byte[32 * 32 * 4];
        double light = 1 - 64 / 255.0;
        for (int i = 0; i < 32 * 32; i++) {
            for (int c = 0; c < 4; c++) {
                stored[4 * i + c] = (byte) (transform < 0 ? inks[c] : 255 - inks[c]);
            }
            if (transform == 2) { // luma and chroma of the inks' inverse's inverse
                double r = inks[0];
                double g = inks[1];
                double b = inks[2];
                stored[4 * i] = (byte) Math.round(0.299 * r + 0.587 * g + 0.114 * b);
                stored[4 * i + 1] = (byte) Math.round(128 - 0.168736 * r - 0.331264 * g + 0.5 * b);
                stored[4 * i + 2] = (byte) Math.round(128 + 0.5 * r - 0.418688 * g - 0.081312 * b);
            }
        }
        Raster raster = Raster.createInterleavedRaster(
                new DataBufferByte(stored, stored.length), 32, 32, 128, 4, new int[] {0, 1, 2, 3}, null);
        byte[] plain = byJdk(new IIOImage(raster, null, null), false);
        byte[] file = transform < 0 ? withoutAdobe(plain) : withAdobe(withoutAdobe(plain), transform);

        Image read = Fixtures.decode(file);

        assertThat(read.channels()).isEqualTo(3);
        int[] wanted = {0, (int) Math.round(255 * light), (int) Math.round((255 - 128) * light)};
        for (int c = 0; c < 3; c++) {
            assertThat(read.sample(9, 9, c)).as("channel %d", c).isBetween(wanted[c] - 3, wanted[c] + 3);
        }
    }

    @Test
    void everyCutIsFound() throws IOException {
        for (boolean progressive : new boolean[] {false, true}) {
            byte[] file = byJdk(new IIOImage(buffered(Fixtures.scene(123, 77, 3, 8)), null, null), progressive);
            for (int length = 1; length < file.length; length += Math.max(1, file.length / 150)) {
                byte[] cut = Arrays.copyOf(file, length);
                assertThat(catchThrowable(() -> Fixtures.decode(cut)))
                        .as("length %d", length)
                        .isInstanceOf(ImageException.class);
            }
            byte[] joined = Arrays.copyOf(file, file.length / 2 + 2);
            joined[joined.length - 2] = (byte) 0xFF;
            joined[joined.length - 1] = (byte) 0xD9; // the end marker, but half of the data
            assertThatThrownBy(() -> Fixtures.decode(joined)).isInstanceOf(ImageException.class);
        }
    }

    @Test
    void unusualKindsAreRefusedInASentence() {
        byte[] file = Fixtures.encode(Fixtures.scene(16, 16, 1, 8), ImageFormat.JPEG);
        int frame = 0;
        while ((file[frame] & 0xFF) != 0xFF || (file[frame + 1] & 0xFF) != 0xC0) {
            frame++;
        }
        file[frame + 1] = (byte) 0xC3;
        assertThatThrownBy(() -> Fixtures.decode(file))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("want a baseline or progressive JPEG");
    }

    private static byte[] byJdk(IIOImage image, boolean progressive) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ImageWriteParam param = writer.getDefaultWriteParam();
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionQuality(0.95f);
        param.setProgressiveMode(progressive ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream to = new MemoryCacheImageOutputStream(out)) {
            writer.setOutput(to);
            writer.write(null, image, param);
        } finally {
            writer.dispose();
        }
        return out.toByteArray();
    }

    private static byte[] withoutAdobe(byte[] file) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(file, 0, 2);
        int at = 2;
        while ((file[at + 1] & 0xFF) != 0xDA) {
            int length = 2 + ((file[at + 2] & 0xFF) << 8 | (file[at + 3] & 0xFF));
            if ((file[at + 1] & 0xF0) != 0xE0) {
                out.write(file, at, length);
            }
            at += length;
        }
        out.write(file, at, file.length - at);
        return out.toByteArray();
    }

    private static byte[] withAdobe(byte[] file, int transform) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(file, 0, 2);
        out.writeBytes(new byte[] {
            (byte) 0xFF, (byte) 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, (byte) transform
        });
        out.write(file, 2, file.length - 2);
        return out.toByteArray();
    }

    private static BufferedImage buffered(Image image) {
        BufferedImage buffered = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                buffered.setRGB(x, y, image.sample(x, y, 0) << 16 | image.sample(x, y, 1) << 8 | image.sample(x, y, 2));
            }
        }
        return buffered;
    }

    private static double psnr(Image a, Image b) {
        double sum = 0;
        for (int i = 0; i < a.bytes().length; i++) {
            double d = a.sample(i) - b.sample(i);
            sum += d * d;
        }
        return 10 * Math.log10(255.0 * 255 * a.bytes().length / Math.max(sum, 1));
    }
}
