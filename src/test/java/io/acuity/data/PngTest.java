package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PngTest {
    private static final int[][] PASSES = {
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };

    static List<Arguments> kinds() {
        List<Arguments> kinds = new ArrayList<>();
        for (int[] size : new int[][] {{1, 1}, {3, 2}, {13, 17}, {40, 9}}) {
            for (boolean interlaced : new boolean[] {false, true}) {
                for (int colourType : new int[] {0, 2, 3, 4, 6}) {
                    for (int depth : new int[] {1, 2, 4, 8, 16}) {
                        boolean small = depth < 8 && (colourType == 0 || colourType == 3);
                        if (small || depth == 8 || (depth == 16 && colourType != 3)) {
                            kinds.add(Arguments.of(size[0], size[1], colourType, depth, interlaced));
                        }
                    }
                }
            }
        }
        return kinds;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyKindOfPngIsReadAsItIsStored(int w, int h, int colourType, int depth, boolean interlaced) {
        int channels = new int[] {1, 0, 3, 1, 2, 0, 4}[colourType];
        int[] stored = new int[w * h * channels];
        for (int i = 0; i < stored.length; i++) {
            stored[i] = (i * 7919 + 31 * (i / 5)) & ((1 << depth) - 1);
        }
        byte[] palette = Fixtures.noise(3 << Math.min(depth, 8), 5);
        byte[] rows = rows(stored, w, h, channels, depth, interlaced);
        byte[] file = Fixtures.png(w, h, depth, colourType, interlaced, rows, Fixtures.chunk("PLTE", palette));

        Image image = Fixtures.decode(file);

        assertThat(image.bitDepth()).isEqualTo(depth == 16 ? 16 : 8);
        assertThat(image.channels()).isEqualTo(colourType == 3 ? 3 : channels);
        for (int i = 0; i < w * h; i++) {
            for (int c = 0; c < image.channels(); c++) {
                int wanted = colourType == 3
                        ? palette[3 * stored[i] + c] & 0xFF
                        : depth >= 8 ? stored[i * channels + c] : stored[i * channels + c] * 255 / ((1 << depth) - 1);
                assertThat(image.sample(i % w, i / w, c)).isEqualTo(wanted);
            }
        }
        ImageHeader header = ImageFile.header(file, "test", Limits.DEFAULT);
        assertThat(header).isEqualTo(new ImageHeader(ImageFormat.PNG, w, h, channels, depth, 1));
    }

    @Test
    void transparencyOfPalettesAndColoursBecomesAlpha() {
        byte[] palette = {10, 20, 30, 40, 50, 60, 70, 80, 90};
        byte[] indexed = Fixtures.png(
                3,
                1,
                8,
                3,
                false,
                new byte[] {0, 0, 1, 2},
                Fixtures.chunk("PLTE", palette),
                Fixtures.chunk("tRNS", new byte[] {0, (byte) 128}));
        assertThat(Fixtures.decode(indexed).bytes()).containsExactly(10, 20, 30, 0, 40, 50, 60, 128, 70, 80, 90, 255);
        byte[] grey = Fixtures.png(2, 1, 8, 0, false, new byte[] {0, 7, 8}, Fixtures.chunk("tRNS", new byte[] {0, 7}));
        assertThat(Fixtures.decode(grey).bytes()).containsExactly(7, 0, 8, 255);
        byte[] rgb = Fixtures.png(
                2,
                1,
                16,
                2,
                false,
                new byte[] {0, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7},
                Fixtures.chunk("tRNS", new byte[] {1, 2, 3, 4, 5, 6}));
        assertThat(Fixtures.decode(rgb).shorts()).containsExactly(0x102, 0x304, 0x506, 0, 0x102, 0x304, 0x507, 0xFFFF);
    }

    @ParameterizedTest
    @CsvSource({"1, 8", "2, 8", "3, 8", "4, 8", "1, 16", "2, 16", "3, 16", "4, 16"})
    void whatIsWrittenIsReadByTheJdkAndByUs(int channels, int depth) {
        for (int[] size : new int[][] {{1, 1}, {61, 47}, {1501, 403}}) {
            Image image = Fixtures.scene(size[0], size[1], channels, depth);
            byte[] file = Fixtures.encode(image, ImageFormat.PNG);
            assertThat(Fixtures.decode(file).samples()).isEqualTo(image.samples());
            Raster raster = Fixtures.byJdk(file).getRaster();
            assertThat(raster.getNumBands()).isEqualTo(channels);
            int[] samples = raster.getPixels(0, 0, size[0], size[1], (int[]) null);
            for (int i = 0; i < samples.length; i++) {
                if (samples[i] != image.sample(i)) {
                    assertThat(samples[i]).as("sample %d", i).isEqualTo(image.sample(i));
                }
            }
        }
    }

    @Test
    void filtersOfOtherWritersAreUndone() {
        BufferedImage image = new BufferedImage(211, 97, BufferedImage.TYPE_3BYTE_BGR);
        for (int y = 0; y < 97; y++) {
            for (int x = 0; x < 211; x++) {
                image.setRGB(x, y, (x * x + y) << 8 | (x * y / 9 & 0xFF) | y << 16);
            }
        }
        Image read = Fixtures.decode(Fixtures.byJdk(image, "png"));
        for (int y = 0; y < 97; y++) {
            for (int x = 0; x < 211; x++) {
                int rgb = read.sample(x, y, 0) << 16 | read.sample(x, y, 1) << 8 | read.sample(x, y, 2);
                assertThat(rgb).isEqualTo(image.getRGB(x, y) & 0xFFFFFF);
            }
        }
    }

    @Test
    void bandsReadAndWrittenAreTheWhole() {
        Image image = Fixtures.scene(700, 531, 4, 16);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] whole = Fixtures.encode(image, ImageFormat.PNG);
        try (RowReader reader = RowReader.open(whole, "test", Limits.DEFAULT);
                RowWriter writer = RowWriter.open(
                        out, "test", ImageFormat.PNG, RowWriter.Layout.of(image), WriteOptions.DEFAULT)) {
            assertThat(reader.streams()).isTrue();
            for (int y = 0; y < 531; y += 59) {
                writer.write(reader.read(59));
            }
        }
        assertThat(out.toByteArray()).isEqualTo(whole);
    }

    @Test
    void profileExifXmpAndColourChunksStayByteForByte() {
        byte[] icc = Fixtures.noise(70_000, 1);
        byte[] exif = Fixtures.exif(1, true);
        byte[] xmp = Fixtures.noise(3000, 3);
        List<Metadata.PngChunk> chunks = List.of(
                new Metadata.PngChunk("gAMA", new byte[] {0, 1, 2, 3}), new Metadata.PngChunk("pHYs", new byte[9]));
        Image image = Fixtures.scene(20, 10, 1, 16)
                .withMetadata(Metadata.of(icc, exif, xmp).withChunks(chunks));

        Metadata read = Fixtures.decode(Fixtures.encode(image, ImageFormat.PNG)).metadata();

        assertThat(read.icc()).isEqualTo(icc);
        assertThat(read.exif()).isEqualTo(exif);
        assertThat(read.xmp()).isEqualTo(xmp);
        assertThat(read.chunks()).extracting(Metadata.PngChunk::type).containsExactly("gAMA", "pHYs");
        assertThat(read.chunks().getFirst().data()).containsExactly(0, 1, 2, 3);
        assertThat(Fixtures.decode(Fixtures.encode(image, ImageFormat.PNG)).samples())
                .as("a profile changes no sample")
                .isEqualTo(image.samples());
    }

    @Test
    void textsStayByteForByteBesideXmp() {
        byte[] title = "Title\0A title".getBytes(StandardCharsets.ISO_8859_1);
        byte[] author = "Author\0\0\0de\0Autor\0\u00dcml".getBytes(StandardCharsets.UTF_8);
        byte[] xmp = Fixtures.noise(300, 3);
        List<Metadata.PngChunk> chunks = List.of(
                new Metadata.PngChunk("tEXt", title),
                new Metadata.PngChunk("iTXt", author),
                new Metadata.PngChunk("zTXt", Fixtures.noise(50, 2)));
        Image image = Fixtures.scene(20, 10, 3, 8)
                .withMetadata(Metadata.of(null, null, xmp).withChunks(chunks));

        Metadata read = Fixtures.decode(Fixtures.encode(image, ImageFormat.PNG)).metadata();

        assertThat(read.xmp()).isEqualTo(xmp);
        assertThat(read.chunks()).extracting(Metadata.PngChunk::type).containsExactly("tEXt", "iTXt", "zTXt");
        assertThat(read.chunks().get(0).data()).isEqualTo(title);
        assertThat(read.chunks().get(1).data()).isEqualTo(author);
    }

    @Test
    void textsWithoutEndAreRefused() {
        Metadata.PngChunk megabyte = new Metadata.PngChunk("tEXt", new byte[1 << 20]);
        Image image =
                Fixtures.scene(20, 10, 3, 8).withMetadata(Metadata.NONE.withChunks(Collections.nCopies(17, megabyte)));
        byte[] file = Fixtures.encode(image, ImageFormat.PNG);
        assertThatThrownBy(() -> Fixtures.decode(file))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("at most 16 MB of texts");
    }

    @Test
    void policiesLeaveOutWhatTheySay() {
        Metadata all = Metadata.of(new byte[] {1}, Fixtures.exif(1, false), new byte[] {3})
                .withIptc(new byte[] {4})
                .withChunks(List.of(
                        new Metadata.PngChunk("sRGB", new byte[1]),
                        new Metadata.PngChunk("pHYs", new byte[9]),
                        new Metadata.PngChunk("tEXt", new byte[9])));
        assertThat(all.under(Metadata.Policy.KEEP)).isSameAs(all);
        assertThat(all.withIcc(null).chunks())
                .extracting(Metadata.PngChunk::type)
                .containsExactly("pHYs", "tEXt");
        Metadata strip = all.under(Metadata.Policy.STRIP);
        assertThat(strip.icc()).containsExactly(1);
        assertThat(strip.exif()).isNull();
        assertThat(strip.xmp()).isNull();
        assertThat(strip.iptc()).isNull();
        assertThat(strip.chunks()).extracting(Metadata.PngChunk::type).containsExactly("sRGB");
        Metadata safe = all.under(Metadata.Policy.SAFE);
        assertThat(safe.iptc()).isNull();
        assertThat(safe.chunks()).extracting(Metadata.PngChunk::type).containsExactly("sRGB", "pHYs");
        byte[] exif = Objects.requireNonNull(safe.exif());
        TiffDirectory first = TiffDirectory.first(exif);
        assertThat(first.entries()).containsKeys(271, 274, 0x8769).doesNotContainKey(0x8825);
        TiffDirectory second = Objects.requireNonNull(first.child(exif, 0x8769));
        TiffDirectory.Entry date = Objects.requireNonNull(second.entries().get(0x9003));
        assertThat(new String(date.value(), StandardCharsets.ISO_8859_1)).isEqualTo("2024:05:06 07:08:09\0");
    }

    @Test
    void everyCutAndEveryFlippedBitOfTheDataIsFound() {
        Image image = Fixtures.scene(90, 70, 3, 8);
        byte[] file = Fixtures.encode(image, ImageFormat.PNG);
        for (int length = 1; length < file.length; length += Math.max(1, file.length / 200)) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThatThrownBy(() -> Fixtures.decode(cut)).isInstanceOf(ImageException.class);
        }
        for (int at = 0; at < file.length; at += 37) {
            byte[] flipped = file.clone();
            flipped[at] ^= 4;
            assertThat(catchThrowable(() -> Fixtures.decode(flipped)))
                    .as("byte %d of %d", at, file.length)
                    .isInstanceOf(ImageException.class);
        }
    }

    @Test
    void trailingBytesAreIgnored() {
        Image image = Fixtures.scene(9, 7, 3, 8);
        byte[] file = Fixtures.encode(image, ImageFormat.PNG);
        assertThat(Fixtures.decode(Arrays.copyOf(file, file.length + 1000)).bytes())
                .isEqualTo(image.bytes());
    }

    @Test
    void aHugeHeaderIsRefusedAtOnce() {
        byte[] file = Fixtures.png(60_000, 60_000, 8, 2, false, new byte[100]);
        long before = System.nanoTime();
        assertThatThrownBy(() -> Fixtures.decode(file))
                .isInstanceOf(ImageException.class)
                .hasMessage("test: want at most 400 megapixels, the header says 60000x60000");
        assertThat(System.nanoTime() - before).isLessThan(50_000_000L);
        assertThatThrownBy(() -> RowReader.open(file, "test", Limits.DEFAULT)).isInstanceOf(ImageException.class);
    }

    @Test
    void aProfileThatInflatesWithoutEndIsRefused() {
        byte[] bomb = Fixtures.deflate(new byte[64 << 20]);
        byte[] icc = ByteBuffer.allocate(5 + bomb.length)
                .put(new byte[] {'i', 'c', 'c', 0, 0})
                .put(bomb)
                .array();
        byte[] file = Fixtures.png(1, 1, 8, 0, false, new byte[2], Fixtures.chunk("iCCP", icc));
        assertThatThrownBy(() -> Fixtures.decode(file))
                .isInstanceOf(ImageException.class)
                .hasMessage("test: want at most 4 MB of colour profile, have more");
    }

    /** Rows as PNG stores them, of all passes when interlaced, without filters. */
    private static byte[] rows(int[] samples, int w, int h, int channels, int depth, boolean interlaced) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int[] pass : interlaced ? PASSES : new int[][] {{0, 0, 1, 1}}) {
            for (int y = pass[1]; y < h && pass[0] < w; y += pass[3]) {
                out.write(0);
                long bits = 0;
                int held = 0;
                for (int x = pass[0]; x < w; x += pass[2]) {
                    for (int c = 0; c < channels; c++) {
                        bits = bits << depth | samples[(y * w + x) * channels + c];
                        held += depth;
                        for (; held >= 8; held -= 8) {
                            out.write((int) (bits >> (held - 8)));
                        }
                    }
                }
                if (held > 0) {
                    out.write((int) (bits << (8 - held)));
                }
            }
        }
        return out.toByteArray();
    }
}
