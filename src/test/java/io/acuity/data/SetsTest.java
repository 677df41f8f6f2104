package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.TestData;
import io.acuity.data.Bicubic.Convention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders, benchmark sets, degrading, and what is said about files that are none. */
class SetsTest {
    @TempDir
    Path folder;

    @Test
    void aFolderListsItsPicturesByName() throws IOException {
        Files.createDirectories(folder.resolve("b"));
        for (String name :
                new String[] {"z.PNG", "a.jpeg", "b/c.tif", "b/notes.txt", ".hidden.png", "png", "b/.x.jpg"}) {
            Files.writeString(folder.resolve(name), "x");
        }
        assertThat(ImageFolder.list(folder, false)).containsExactly(folder.resolve("a.jpeg"), folder.resolve("z.PNG"));
        assertThat(ImageFolder.list(folder, true))
                .containsExactly(folder.resolve("a.jpeg"), folder.resolve("b/c.tif"), folder.resolve("z.PNG"));
        assertThat(ImageFolder.stem(Path.of("x/a.b.png"))).isEqualTo("a.b");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertThatThrownBy(() -> ImageFolder.list(empty, true)).isInstanceOf(ImageException.class);
        assertThatThrownBy(() -> ImageFolder.list(folder.resolve("nowhere"), true))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("nowhere");
    }

    @Test
    void degradedPicturesMakeABenchmarkSet() throws IOException {
        Path hr = Files.createDirectories(folder.resolve("set/HR"));
        Path lr = Files.createDirectories(folder.resolve("set/LR_bicubic/X4"));
        Image scene = Fixtures.scene(50, 43, 3, 8);
        ImageFile.write(scene, hr.resolve("one.png"));
        Degrade.file(
                hr.resolve("one.png"),
                Degrade.target(lr, Path.of("one.png"), 4),
                4,
                Convention.CLAMPED_U8,
                Limits.DEFAULT);

        BenchmarkSet set = BenchmarkSet.of(folder.resolve("set"), 4);

        assertThat(set.name()).isEqualTo("set");
        assertThat(set.pairs()).extracting(BenchmarkSet.Pair::name).containsExactly("one");
        BenchmarkSet.Images images = set.read(set.pairs().getFirst());
        assertThat(images.hr().bytes()).isEqualTo(scene.modcrop(4).bytes());
        assertThat(images.lr().bytes())
                .isEqualTo(Bicubic.shrink(scene.modcrop(4), 4, Convention.CLAMPED_U8)
                        .bytes());

        assertThatThrownBy(() -> BenchmarkSet.of(folder.resolve("set"), 3))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("onex3.png");
        ImageFile.write(Fixtures.scene(9, 9, 3, 8), lr.resolve("onex4.png"));
        assertThatThrownBy(() -> set.read(set.pairs().getFirst()))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("want 12x10 pixels")
                .hasMessageContaining("have 9x9");
        ImageFile.write(Fixtures.scene(3, 9, 3, 8), hr.resolve("small.png"));
        assertThatThrownBy(() -> Degrade.file(
                        hr.resolve("small.png"), lr.resolve("s.png"), 4, Convention.CLAMPED_U8, Limits.DEFAULT))
                .isInstanceOf(ImageException.class)
                .hasMessageEndingWith("want at least 4x4 pixels to divide by 4, have 3x9");
    }

    @Test
    void theBenchmarkSetsAreFound() {
        BenchmarkSet set = BenchmarkSet.of(TestData.of("eval/Set14"), 3);
        assertThat(set.pairs()).hasSize(14);
        for (BenchmarkSet.Pair pair : set.pairs()) {
            BenchmarkSet.Images images = set.read(pair);
            assertThat(images.hr().width()).isEqualTo(3 * images.lr().width());
        }
    }

    @Test
    void whatIsNoPictureIsSaidInASentence() throws IOException {
        Path text = Files.writeString(folder.resolve("text.png"), "this is no picture");
        assertThatThrownBy(() -> ImageFile.read(text))
                .isInstanceOf(ImageException.class)
                .hasMessage(text + ": want a PNG, JPEG, TIFF, WebP, BMP or GIF picture, have what looks like text");
        Path binary = Files.write(folder.resolve("binary.png"), new byte[] {0, 1, 2, 3});
        assertThatThrownBy(() -> ImageFile.read(binary)).hasMessageEndingWith("have a file of another kind");
        Path empty = Files.write(folder.resolve("empty.png"), new byte[0]);
        assertThatThrownBy(() -> ImageFile.read(empty))
                .isInstanceOf(ImageException.class)
                .hasMessage(empty + ": want a picture, have an empty file");
        Path missing = folder.resolve("missing.png");
        assertThatThrownBy(() -> ImageFile.read(missing))
                .isInstanceOf(ImageException.class)
                .hasMessage(missing + ": no such file");
        assertThatThrownBy(() -> ImageFile.read(folder)).hasMessage(folder + ": want a picture, have a folder");
        Image image = Fixtures.scene(4, 4, 3, 8);
        assertThatThrownBy(() -> ImageFile.write(image, folder.resolve("x.webp")))
                .isInstanceOf(ImageException.class)
                .hasMessageEndingWith("want png, jpg, tif or bmp to write, have webp, which is only read");
        assertThatThrownBy(() -> ImageFile.write(image, folder.resolve("x.xyz")))
                .isInstanceOf(ImageException.class);
        try (var left = Files.list(folder)) {
            assertThat(left).as("nothing half written stays").hasSize(3);
        }
    }

    @Test
    void theFormatIsKnownByTheBytesNotByTheName() throws IOException {
        Image image = Fixtures.scene(8, 8, 3, 8);
        Path file = folder.resolve("photo.jpg");
        Files.write(file, Fixtures.encode(image, ImageFormat.PNG));
        assertThat(ImageFile.header(file, Limits.DEFAULT).format()).isEqualTo(ImageFormat.PNG);
        assertThat(ImageFile.read(file).bytes()).isEqualTo(image.bytes());
    }
}
