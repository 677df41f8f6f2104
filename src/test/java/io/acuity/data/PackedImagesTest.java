package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.acuity.data.Bicubic.Convention;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackedImagesTest {
    @TempDir
    Path folder;

    private final List<String> log = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void pictures() throws IOException {
        Files.createDirectories(photos());
        ImageFile.write(noise(83, 64, 3, 1), photos().resolve("b.png"));
        ImageFile.write(noise(64, 90, 1, 2), photos().resolve("grey.png"));
        Files.writeString(photos().resolve("notes.txt"), "not a picture");
    }

    @Test
    void packsPicturesAndTheirPartners() {
        PackedImages set = open(new PackedImages.Source(List.of(photos()), false, 4, Convention.CLAMPED_U8));
        assertThat(set.entries())
                .extracting(PackedImages.Entry::name, PackedImages.Entry::width, PackedImages.Entry::height)
                .containsExactly(tuple("b.png", 80, 64), tuple("grey.png", 64, 88));
        Image hr = ImageFile.read(photos().resolve("b.png")).modcrop(4);
        assertThat(hr(set, 0)).isEqualTo(hr.bytes());
        assertThat(lr(set, 0))
                .isEqualTo(Bicubic.shrink(hr, 4, Convention.CLAMPED_U8).bytes());
        assertThat(hr(set, 1))
                .isEqualTo(ImageFile.read(photos().resolve("grey.png"))
                        .modcrop(4)
                        .rgb()
                        .bytes());
    }

    @Test
    void halvesFirst() {
        PackedImages set = open(new PackedImages.Source(List.of(photos()), true, 2, Convention.MIRRORED_U8));
        assertThat(set.entries().getFirst().width()).isEqualTo(40);
        Image half =
                Bicubic.shrink(ImageFile.read(photos().resolve("b.png")).modcrop(2), 2, Convention.MIRRORED_DOUBLE);
        assertThat(hr(set, 0)).isEqualTo(half.modcrop(2).bytes());
    }

    @Test
    void packsAgainOnlyWhenSomethingChanged() throws IOException {
        PackedImages.Source source = new PackedImages.Source(List.of(photos()), false, 4, Convention.CLAMPED_U8);
        open(source);
        assertThat(log).isNotEmpty();
        log.clear();
        assertThat(hr(open(source), 0)).hasSize(80 * 64 * 3);
        assertThat(log).isEmpty();

        FileTime before = Files.getLastModifiedTime(photos().resolve("b.png"));
        long size = Files.size(photos().resolve("b.png"));
        ImageFile.write(noise(83, 64, 3, 9), photos().resolve("b.png"));
        Files.setLastModifiedTime(photos().resolve("b.png"), before);
        assertThat(Files.size(photos().resolve("b.png")))
                .as("noise does not shrink")
                .isEqualTo(size);
        assertThat(hr(open(source), 0)).isEqualTo(noise(83, 64, 3, 9).modcrop(4).bytes());
        assertThat(log.getFirst()).contains("it is made anew");
    }

    @Test
    void packsAgainWhenThePackIsDamaged() throws IOException {
        PackedImages.Source source = new PackedImages.Source(List.of(photos()), false, 4, Convention.CLAMPED_U8);
        open(source);
        byte[] bytes = Files.readAllBytes(cache());
        for (int length : new int[] {0, 30, 70, 5000, bytes.length - 1}) {
            Files.write(cache(), Arrays.copyOf(bytes, length));
            open(source);
            assertThat(Files.readAllBytes(cache())).isEqualTo(bytes);
        }
        byte[] wild = bytes.clone();
        Arrays.fill(wild, 40, 120, (byte) 0x7F);
        Files.write(cache(), wild);
        open(source);
        assertThat(Files.readAllBytes(cache())).isEqualTo(bytes);
    }

    @Test
    void patchesLieInsideAndCorrespond() {
        PackedImages set = open(new PackedImages.Source(List.of(photos()), false, 4, Convention.CLAMPED_U8));
        PatchSampler sampler = new PatchSampler(set, 48, 7, true, true);
        int[] chosen = new int[2];
        boolean[] flags = new boolean[8];
        for (long step = 0; step < 500; step++) {
            long[] lr = new long[8 * PatchSampler.PLAN];
            long[] hr = new long[8 * PatchSampler.PLAN];
            sampler.plan(step, lr, hr);
            for (int i = 0; i < lr.length; i += PatchSampler.PLAN) {
                int image = lr[i] < set.entries().get(1).lrOffset() ? 0 : 1;
                PackedImages.Entry entry = set.entries().get(image);
                long lrWidth = entry.width() / 4;
                long pixel = (lr[i] - entry.lrOffset()) / 3;
                long top = pixel / lrWidth;
                long left = pixel % lrWidth;
                assertThat(top).isBetween(0L, entry.height() / 4 - 12L);
                assertThat(left).isBetween(0L, lrWidth - 12L);
                assertThat(hr[i]).isEqualTo(entry.hrOffset() + 3 * (4 * top * entry.width() + 4 * left));
                assertThat(lr[i + 1]).isEqualTo(3 * lrWidth);
                assertThat(hr[i + 1]).isEqualTo(3L * entry.width());
                assertThat(hr[i + 2]).isEqualTo(lr[i + 2]).isBetween(0L, 7L);
                chosen[image]++;
                flags[(int) lr[i + 2]] = true;
            }
        }
        // 9 x 5 positions in one picture, 5 x 11 in the other
        assertThat(chosen[0] / 4000.0).isBetween(0.41, 0.49);
        assertThat(flags).containsOnly(true);
    }

    @Test
    void aPlanIsAFunctionOfSeedAndStep() {
        PackedImages set = open(new PackedImages.Source(List.of(photos()), false, 4, Convention.CLAMPED_U8));
        long[] first = plan(set, 7, 1234);
        assertThat(plan(set, 7, 1234)).isEqualTo(first);
        assertThat(plan(set, 8, 1234)).isNotEqualTo(first);
        assertThat(plan(set, 7, 1235)).isNotEqualTo(first);
    }

    @Test
    void tellsWhatIsWrongInOneSentence() throws IOException {
        PackedImages set = open(new PackedImages.Source(List.of(photos()), false, 4, Convention.CLAMPED_U8));
        assertThatThrownBy(() -> new PatchSampler(set, 68, 7, true, true))
                .isInstanceOf(ImageException.class)
                .hasMessage("b.png: want at least 68x68 pixels for a training patch, have 80x64");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertThatThrownBy(() -> open(new PackedImages.Source(List.of(empty), false, 4, Convention.CLAMPED_U8)))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("want a folder with pictures");
        Files.writeString(photos().resolve("text.png"), "hello");
        byte[] before = Files.readAllBytes(cache());
        assertThatThrownBy(() -> open(new PackedImages.Source(List.of(photos()), false, 4, Convention.CLAMPED_U8)))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("text.png: want a PNG, JPEG")
                .hasMessageContaining("have what looks like text");
        assertThat(Files.readAllBytes(cache())).isEqualTo(before);
    }

    private static long[] plan(PackedImages set, long seed, long step) {
        long[] lr = new long[8 * PatchSampler.PLAN];
        new PatchSampler(set, 48, seed, true, true).plan(step, lr, new long[lr.length]);
        return lr;
    }

    private Path photos() {
        return folder.resolve("photos");
    }

    private Path cache() {
        return folder.resolve("cache.pack");
    }

    private PackedImages open(PackedImages.Source source) {
        return PackedImages.of(source, Optional.of(cache()), log::add);
    }

    private static byte[] hr(PackedImages set, int number) {
        PackedImages.Entry entry = set.entries().get(number);
        long bytes = 3L * entry.width() * entry.height();
        return set.hr().asSlice(entry.hrOffset(), bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] lr(PackedImages set, int number) {
        PackedImages.Entry entry = set.entries().get(number);
        long bytes = 3L * entry.width() * entry.height() / set.scale() / set.scale();
        return set.lr().asSlice(entry.lrOffset(), bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    private static Image noise(int width, int height, int channels, long seed) {
        byte[] samples = new byte[width * height * channels];
        new Random(seed).nextBytes(samples);
        return Image.of(width, height, channels, samples);
    }
}
