package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.awt.Point;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TIFF, BMP, GIF and WebP. */
class ForeignFormatsTest {
    private static final byte[] WEBP_LOSSLESS =
            Base64.getDecoder().decode("UklGRi4AAABXRUJQVlA4TCEAAAAvBMAAEJkyRPQ/NhHR/4BAIAlsf7QZRmYWZitARCUQER0A");
    private static final byte[] WEBP_LOSSY = Base64.getDecoder()
            .decode("UklGRrIAAABXRUJQVlA4IKYAAACwBgCdASogACAAPi0KiUMhkIb8DAFiWw7gBjI0DhFGEcW/Eb8YKwr1AelVNN4pSg9S"
                    + "obgJxNdqP5i2YB+4AAD+/4vcsrBXj4Nkaa3X9zeP7mzn+HYJOcwGkOk7siwY/E3f/z4mX/B8zS1GCi0R9eGjXhPpKP5f"
                    + "5nW/4Le6sEUILrE80dACeSFtfZsG2hTdpGf6SLFrpfmjbljRhfRSBfwOME3KAAAA");

    @ParameterizedTest
    @CsvSource({"1, 8", "2, 8", "3, 8", "4, 8", "1, 16", "2, 16", "3, 16", "4, 16"})
    void tiffIsWrittenAndReadAsItIs(int channels, int depth) {
        for (byte[] exif : new byte[][] {Fixtures.exif(1, true), Fixtures.exif(1, false)}) {
            Image image = Fixtures.scene(301, 170, channels, depth)
                    .withMetadata(Metadata.of(Fixtures.noise(5001, 1), exif, Fixtures.noise(33, 2))
                            .withIptc(Fixtures.noise(77, 3)));
            byte[] file = Fixtures.encode(image, ImageFormat.TIFF);
            Image read = Fixtures.decode(file);
            assertThat(read.channels()).isEqualTo(channels);
            assertThat(read.samples()).isEqualTo(image.samples());
            assertThat(read.metadata().icc()).isEqualTo(image.metadata().icc());
            assertThat(read.metadata().xmp()).isEqualTo(image.metadata().xmp());
            assertThat(read.metadata().iptc()).isEqualTo(image.metadata().iptc());
            byte[] block = Objects.requireNonNull(read.metadata().exif());
            TiffDirectory first = TiffDirectory.first(block);
            assertThat(first.entries()).containsKeys(271, 0x8769, 0x8825);
            assertThat(Objects.requireNonNull(first.child(block, 0x8769)).entries())
                    .containsKey(0x9003);
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "3"})
    void ourTiffAndBmpAreReadByTheJdk(int channels) {
        Image image = Fixtures.scene(33, 20, channels, 8);
        for (ImageFormat format : List.of(ImageFormat.TIFF, ImageFormat.BMP)) {
            Raster raster = Fixtures.byJdk(Fixtures.encode(image, format)).getRaster();
            int[] samples = raster.getPixels(0, 0, 33, 20, (int[]) null);
            assertThat(samples).hasSize(33 * 20 * channels);
            for (int i = 0; i < samples.length; i++) {
                assertThat(samples[i]).isEqualTo(image.sample(i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"LZW", "Deflate", "ZLib", "PackBits"})
    void compressedTiffOf16Bits(String compression) throws IOException {
        Image image = Fixtures.scene(60, 41, 3, 16);
        byte[] file = tiffByJdk(buffered(image), compression);
        assertThat(Fixtures.decode(file).samples()).isEqualTo(image.samples());
        assertThat(ImageFile.header(file, "test", Limits.DEFAULT))
                .isEqualTo(new ImageHeader(ImageFormat.TIFF, 60, 41, 3, 16, 1));
    }

    @Test
    void aLinearGreyProfileChangesNoGrey() throws IOException {
        ComponentColorModel linear = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_GRAY), false, false, 1, DataBuffer.TYPE_USHORT);
        WritableRaster raster = linear.createCompatibleWritableRaster(64, 4);
        for (int x = 0; x < 64; x++) {
            for (int y = 0; y < 4; y++) {
                raster.setSample(x, y, 0, x * 1000 + y);
            }
        }
        BufferedImage image = new BufferedImage(linear, raster, false, null);
        for (byte[] file : List.of(tiffByJdk(image, "LZW"), Fixtures.byJdk(image, "png"))) {
            Image read = Fixtures.decode(file);
            assertThat(read.bitDepth()).isEqualTo(16);
            assertThat(read.channels()).isEqualTo(1);
            for (int x = 0; x < 64; x++) {
                assertThat(read.sample(x, 3, 0)).isEqualTo(x * 1000 + 3);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16})
    void whiteMayBeZero(int depth) {
        Image image = Fixtures.scene(19, 11, 1, depth);
        byte[] file = Fixtures.encode(image, ImageFormat.TIFF);
        int entry = 10;
        while (((file[entry] & 0xFF) | (file[entry + 1] & 0xFF) << 8) != 262) {
            entry += 12;
        }
        file[entry + 8] = 0;
        Image read = Fixtures.decode(file);
        assertThat(read.channels()).isEqualTo(1);
        assertThat(read.bitDepth()).isEqualTo(depth);
        for (int x = 0; x < 19; x++) {
            assertThat(read.sample(x, 7, 0)).isEqualTo(image.peak() - image.sample(x, 7, 0));
        }
    }

    @Test
    void alphaThatWasMultipliedInIsDividedOut() {
        Image image = Image.of(2, 1, 4, new byte[] {100, 50, 20, (byte) 128, 10, 20, 30, (byte) 255});
        byte[] file = Fixtures.encode(image, ImageFormat.TIFF);
        int entry = 10;
        while (((file[entry] & 0xFF) | (file[entry + 1] & 0xFF) << 8) != 338) {
            entry += 12;
        }
        file[entry + 8] = 1;
        Image read = Fixtures.decode(file);
        assertThat(read.sample(0, 0, 0)).isBetween(198, 200);
        assertThat(read.sample(0, 0, 3)).isEqualTo(128);
        assertThat(read.sample(1, 0, 2)).isEqualTo(30);
    }

    @Test
    void bilevelTiffIsGrey() throws IOException {
        BufferedImage image = new BufferedImage(17, 9, BufferedImage.TYPE_BYTE_BINARY);
        image.setRGB(3, 4, 0xFFFFFF);
        Image read = Fixtures.decode(tiffByJdk(image, "CCITT T.6"));
        assertThat(read.channels()).isEqualTo(1);
        assertThat(read.sample(3, 4, 0)).isEqualTo(255);
        assertThat(read.sample(4, 4, 0)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1, 8, 1", "2, 8, 4", "3, 8, 3", "4, 8, 4", "3, 16, 3"})
    void bmpIsWrittenAndRead(int channels, int depth, int read) {
        Image image =
                Fixtures.scene(31, 22, channels, depth).withMetadata(Metadata.of(Fixtures.noise(400, 1), null, null));
        byte[] file = Fixtures.encode(image, ImageFormat.BMP);
        Image back = Fixtures.decode(file);
        assertThat(back.bitDepth()).isEqualTo(8);
        assertThat(back.metadata().icc()).isEqualTo(image.metadata().icc());
        Image wanted = image.to8();
        if (channels == 2) {
            wanted = wanted.pick(0, 0, 0, 1);
        }
        assertThat(back.bytes()).isEqualTo(wanted.bytes());
        assertThat(back.channels()).isEqualTo(read);
    }

    @Test
    void aGifShowsItsFirstFrameOnItsScreen() {
        byte[] reds = {0, (byte) 200, 10, 20};
        byte[] greens = {0, 100, (byte) 250, 20};
        byte[] blues = {0, 50, 30, (byte) 220};
        IndexColorModel model = new IndexColorModel(2, 4, reds, greens, blues, 0);
        WritableRaster raster = Raster.createPackedRaster(DataBuffer.TYPE_BYTE, 12, 7, 1, 2, new Point());
        for (int x = 0; x < 12; x++) {
            for (int y = 0; y < 7; y++) {
                raster.setSample(x, y, 0, (x + y) % 4);
            }
        }
        byte[] file = Fixtures.byJdk(new BufferedImage(model, raster, false, null), "gif");
        Image read = Fixtures.decode(file);
        assertThat(read.channels()).isEqualTo(4);
        for (int x = 0; x < 12; x++) {
            int index = (x + 2) % 4;
            assertThat(read.sample(x, 2, 3)).isEqualTo(index == 0 ? 0 : 255);
            if (index > 0) {
                assertThat(read.sample(x, 2, 0)).isEqualTo(reds[index] & 0xFF);
                assertThat(read.sample(x, 2, 2)).isEqualTo(blues[index] & 0xFF);
            }
        }
        assertThat(ImageFile.header(file, "test", Limits.DEFAULT).frames()).isEqualTo(1);

        file[6] = 20; // a wider screen: the frame stays at the left, the rest is transparent
        Image wide = Fixtures.decode(file);
        assertThat(wide.width()).isEqualTo(20);
        assertThat(wide.sample(5, 0, 1)).isEqualTo(100);
        assertThat(wide.sample(15, 3, 3)).isZero();
    }

    @Test
    void webpIsRead() {
        Image lossless = Fixtures.decode(WEBP_LOSSLESS);
        assertThat(lossless.channels()).isEqualTo(4);
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 5; x++) {
                assertThat(lossless.sample(x, y, 0)).isEqualTo(x * 50);
                assertThat(lossless.sample(x, y, 1)).isEqualTo(y * 60);
                assertThat(lossless.sample(x, y, 2)).isEqualTo(x * y * 11 % 256);
                assertThat(lossless.sample(x, y, 3)).isEqualTo(x < 3 ? 255 : 90);
            }
        }
        Image lossy = Fixtures.decode(WEBP_LOSSY);
        assertThat(lossy.channels()).isEqualTo(3);
        assertThat(lossy.sample(20, 10, 0)).isBetween(152, 168);
        assertThat(lossy.sample(20, 10, 1)).isBetween(72, 88);
        assertThat(ImageFile.header(WEBP_LOSSY, "test", Limits.DEFAULT))
                .isEqualTo(new ImageHeader(ImageFormat.WEBP, 32, 32, 3, 8, 1));
    }

    static Stream<byte[]> files() throws IOException {
        BufferedImage image = buffered(Fixtures.scene(60, 41, 3, 8));
        return Stream.of(
                tiffByJdk(image, "LZW"),
                Fixtures.encode(Fixtures.scene(60, 41, 3, 8), ImageFormat.TIFF),
                Fixtures.byJdk(image, "bmp"),
                Fixtures.byJdk(image, "gif"),
                WEBP_LOSSLESS,
                WEBP_LOSSY);
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyCutIsFound(byte[] file) {
        Fixtures.decode(file);
        for (int length = 1; length < file.length; length += Math.max(1, file.length / 64)) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThat(catchThrowable(() -> Fixtures.decode(cut)))
                    .as("length %d of %d", length, file.length)
                    .isInstanceOf(ImageException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void damageGivesASentenceOrAPictureOfTheSizeItSays(byte[] file) {
        for (int seed = 0; seed < 60; seed++) {
            byte[] damaged = file.clone();
            byte[] noise = Fixtures.noise(3, seed);
            damaged[Math.floorMod(seed * 131, Math.min(file.length, 400))] ^= (byte) (noise[0] | 1);
            damaged[Math.floorMod(seed * 37, file.length)] ^= noise[1];
            try {
                ImageHeader header = ImageFile.header(damaged, "test", new Limits(1_000_000, 1_000_000));
                Image image = ImageFile.read(damaged, "test", new Limits(1_000_000, 1_000_000));
                assertThat((long) image.width() * image.height()).isEqualTo(header.pixels());
            } catch (ImageException e) {
                assertThat(e.getMessage()).startsWith("test: ").doesNotContain("\n");
            }
        }
    }

    @Test
    void hugeHeadersAreRefused() {
        byte[] bmp = Fixtures.encode(Fixtures.scene(6, 4, 3, 8), ImageFormat.BMP);
        bmp[20] = 1; // 65542 pixels wide
        bmp[24] = 0;
        bmp[25] = 0;
        bmp[22] = 0x60;
        bmp[23] = (byte) 0xEA;
        assertThatThrownBy(() -> Fixtures.decode(bmp)).isInstanceOf(ImageException.class);
        byte[] webp = WEBP_LOSSLESS.clone();
        webp[21] = (byte) 0xFF;
        webp[22] = (byte) 0xFF;
        webp[23] = (byte) 0xFF;
        webp[24] |= 0xF;
        assertThatThrownBy(() -> ImageFile.read(webp, "test", Limits.DEFAULT.withPixels(100_000_000)))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("16384x16384");
    }

    private static BufferedImage buffered(Image image) {
        int type = image.bitDepth() == 8 ? DataBuffer.TYPE_BYTE : DataBuffer.TYPE_USHORT;
        ComponentColorModel model =
                new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, 1, type);
        WritableRaster raster = model.createCompatibleWritableRaster(image.width(), image.height());
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                for (int c = 0; c < 3; c++) {
                    raster.setSample(x, y, c, image.sample(x, y, c));
                }
            }
        }
        return new BufferedImage(model, raster, false, null);
    }

    private static byte[] tiffByJdk(BufferedImage image, String compression) throws IOException {
        Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("tiff");
        ImageWriter writer = writers.next();
        while (!writer.getClass().getName().startsWith("com.sun.")) {
            writer = writers.next();
        }
        ImageWriteParam param = writer.getDefaultWriteParam();
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionType(compression);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream to = new MemoryCacheImageOutputStream(out)) {
            writer.setOutput(to);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
        return out.toByteArray();
    }
}
