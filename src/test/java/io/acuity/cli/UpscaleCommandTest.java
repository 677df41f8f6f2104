package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.ImageHeader;
import io.acuity.data.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UpscaleCommandTest {
    @TempDir
    Path folder = Path.of("");

    private Path model = Path.of("");
    private Path picture = Path.of("");

    @BeforeEach
    void files() throws IOException {
        model = TinyModel.write(folder.resolve("model/tiny.safetensors"), 4);
        picture = Cli.picture(folder.resolve("in/a.png"), 24, 18, 1);
    }

    private Cli upscale(Object... arguments) {
        Object[] all = Arrays.copyOf(new Object[] {"upscale", "-n", model}, 3 + arguments.length);
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        return Cli.run(all);
    }

    private static ImageHeader header(Path file) {
        return ImageFile.header(file, Limits.DEFAULT);
    }

    @Test
    void oneFile() throws IOException {
        Path result = folder.resolve("out.png");

        Cli run = upscale("-i", picture, "-o", result);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(header(result).width()).isEqualTo(96);
        assertThat(header(result).height()).isEqualTo(72);
        assertThat(run.bytes()).isEmpty();
    }

    @Test
    void withoutOutputTheResultLiesBesideTheInput() throws IOException {
        assertThat(upscale("-i", picture).code()).isZero();
        assertThat(Cli.tree(folder.resolve("in"))).containsExactly("a.png", "a_x4.png");
    }

    @Test
    void jsonTellsWhatWasMade() {
        Cli run = upscale("-i", picture, "-o", folder.resolve("out.png"), "--json");

        assertThat(run.objects().getFirst())
                .containsEntry("input", picture.toString())
                .containsEntry("output", folder.resolve("out.png").toString())
                .containsEntry("status", "done")
                .containsEntry("width", 96L)
                .containsEntry("height", 72L)
                .containsKey("ms");
    }

    @Test
    void tilesDoNotChangeTheResult() throws IOException {
        Path large = Cli.picture(folder.resolve("large.png"), 61, 45, 3);
        upscale("-i", large, "-o", folder.resolve("whole.png"));

        for (int tile : new int[] {8, 17, 32}) {
            upscale("-i", large, "-o", folder.resolve("tiled.png"), "-t", tile);
            assertThat(folder.resolve("tiled.png")).hasSameBinaryContentAs(folder.resolve("whole.png"));
        }
    }

    /** A network that averages over the picture: whole unless tiles are allowed by name, and then it says so. */
    @Test
    void tilesThatChangeTheResultAreAskedForByName() throws IOException {
        Path attentive = TinyModel.writeWithAttention(folder.resolve("model/attentive.safetensors"), 2);
        Path large = Cli.picture(folder.resolve("large.png"), 150, 40, 3);
        Path whole = folder.resolve("whole.png");
        Path tiled = folder.resolve("tiled.png");

        Cli exact = Cli.run("upscale", "-n", attentive, "-i", large, "-o", whole, "-q");
        assertThat(exact.code()).isZero();
        assertThat(exact.err()).isEmpty();

        Cli refused = Cli.run("upscale", "-n", attentive, "-i", large, "-o", tiled, "-t", 16);
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err())
                .contains("tiles of 16 pixels would change the result")
                .hasLineCount(1);
        assertThat(tiled).doesNotExist();

        Cli allowed =
                Cli.run("upscale", "-n", attentive, "-i", large, "-o", tiled, "-t", 16, "--approximate-tiles", "-q");
        assertThat(allowed.code()).as(allowed.err()).isZero();
        assertThat(allowed.err()).contains("come out a little different than whole");
        assertThat(ImageFile.read(tiled).bytes())
                .isNotEqualTo(ImageFile.read(whole).bytes());
    }

    @Test
    void standardInputToStandardOutput() throws IOException {
        upscale("-i", picture, "-o", folder.resolve("file.png"));

        Cli run = Cli.feed(Files.readAllBytes(picture), "upscale", "-n", model, "-i", "-", "-o", "-");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.bytes()).isEqualTo(Files.readAllBytes(folder.resolve("file.png")));
    }

    @Test
    void fileToStandardOutputAsJpeg() {
        Cli run = upscale("-i", picture, "-o", "-", "-f", "jpg");

        assertThat(ImageFile.header(run.bytes(), "out", Limits.DEFAULT).format())
                .isEqualTo(ImageFormat.JPEG);
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "tif", "bmp", "png"})
    void formatComesFromTheNameOrTheFlag(String end) {
        ImageFormat format = ImageFormat.ofName(end).orElseThrow();
        Path named = folder.resolve("named." + end);
        upscale("-i", picture, "-o", named);
        assertThat(header(named).format()).isEqualTo(format);

        Path flagged = folder.resolve("flagged.dat");
        upscale("-i", picture, "-o", flagged, "-f", end);
        assertThat(header(flagged).format()).isEqualTo(format);
    }

    @Test
    void smallerFactorIsShrunkFromTheNetworksResult() {
        Path full = folder.resolve("full.png");
        Path part = folder.resolve("part.png");
        upscale("-i", picture, "-o", full);

        assertThat(upscale("-i", picture, "-o", part, "-s", "2.5").code()).isZero();

        Image want = Bicubic.resize(ImageFile.read(full), 60, 45, Bicubic.Convention.MIRRORED_DOUBLE);
        assertThat(ImageFile.read(part).bytes()).isEqualTo(want.bytes());
    }

    @Test
    void folderIsResumedWhereItEnded() throws IOException {
        Cli.picture(folder.resolve("in/sub/b.jpg"), 20, 20, 2);
        Path out = folder.resolve("out");

        assertThat(upscale("-i", folder.resolve("in"), "-o", out, "--recursive").code())
                .isZero();
        assertThat(Cli.tree(out)).containsExactly("a_x4.png", "sub/b_x4.png");
        Files.delete(out.resolve("a_x4.png"));

        Cli again = upscale("-i", folder.resolve("in"), "-o", out, "--recursive", "--json");
        assertThat(again.objects().stream().map(o -> o.get("status")).toList()).containsExactly("done", "skipped");
    }

    @Test
    void resultsBelowTheInputFolderAreNoInputs() throws IOException {
        Path out = folder.resolve("in/out");
        upscale("-i", folder.resolve("in"), "-o", out, "--recursive");
        upscale("-i", folder.resolve("in"), "-o", out, "--recursive", "--overwrite");

        assertThat(Cli.tree(folder.resolve("in"))).containsExactly("a.png", "out/a_x4.png");
    }

    @Test
    void manyFilesSomeBad() throws IOException {
        Path in = folder.resolve("many");
        for (int i = 0; i < 12; i++) {
            Cli.picture(in.resolve("good" + i + ".png"), 12, 12, i);
        }
        byte[] whole = Files.readAllBytes(picture);
        Files.write(in.resolve("cut.png"), Arrays.copyOf(whole, whole.length / 2));
        Files.write(in.resolve("empty.png"), new byte[0]);
        Files.writeString(in.resolve("text.png"), "no picture");
        Files.createDirectory(in.resolve("folder.png"));

        Cli run = upscale("-i", in, "-o", folder.resolve("out"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(Cli.tree(folder.resolve("out"))).hasSize(12);
        assertThat(run.err()).contains("3 of 15 pictures failed:", "cut.png", "empty.png", "text.png");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "missing.png | no such file",
                "cut.png     | cut",
                "cut.jpg     | cut",
                "empty.png   | empty",
                "huge.png    | 60000x60000",
                "text.png    | text",
                "none        | want a folder with pictures"
            })
    void badInputIsOneSentenceAndCodeThreeAndLeavesNothing(String name, String sentence) throws IOException {
        Path bad = Files.createDirectories(folder.resolve("bad"));
        byte[] png = Files.readAllBytes(picture);
        Path jpg = Cli.picture(folder.resolve("a.jpg"), 64, 64, 1);
        byte[] jpeg = Files.readAllBytes(jpg);
        Files.write(bad.resolve("cut.png"), Arrays.copyOf(png, png.length * 2 / 3));
        Files.write(bad.resolve("cut.jpg"), Arrays.copyOf(jpeg, jpeg.length * 2 / 3));
        Files.write(bad.resolve("empty.png"), new byte[0]);
        Files.write(bad.resolve("huge.png"), enormous(png));
        Files.writeString(bad.resolve("text.png"), "this is a text\n");
        Files.createDirectories(bad.resolve("none"));

        Cli run = upscale("-i", bad.resolve(name), "-o", folder.resolve("out.png"));

        assertThat(run.code()).as(run.err()).isEqualTo(3);
        assertThat(run.err()).startsWith("acuity: ").contains(sentence).hasLineCount(1);
        assertThat(folder.resolve("out.png")).doesNotExist();
        assertThat(run.bytes()).isEmpty();
    }

    /** The same file with a header that promises 60,000 x 60,000 pixels. */
    private static byte[] enormous(byte[] png) {
        byte[] changed = png.clone();
        ByteBuffer header = ByteBuffer.wrap(changed);
        header.putInt(16, 60_000).putInt(20, 60_000);
        CRC32 sum = new CRC32();
        sum.update(changed, 12, 17);
        header.putInt(29, (int) sum.getValue());
        return changed;
    }

    @Test
    void badStandardInputWritesNothing() {
        Cli run = Cli.feed("text".getBytes(StandardCharsets.UTF_8), "upscale", "-n", model, "-i", "-", "-o", "-");

        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("standard input").hasLineCount(1);
        assertThat(run.bytes()).isEmpty();
    }

    @Test
    void wrongModelIsCodeFour() throws IOException {
        Path text = Files.writeString(folder.resolve("text.safetensors"), "this is no model");
        Path jpeg = Cli.picture(folder.resolve("a.jpg"), 20, 20, 1);

        for (Object wrong : new Object[] {text, jpeg, folder, folder.resolve("missing.safetensors"), "no-such-model"}) {
            Cli run = Cli.run("upscale", "-n", wrong, "-i", picture, "-o", folder.resolve("out.png"));
            assertThat(run.code()).as(wrong + ": " + run.err()).isEqualTo(4);
            assertThat(run.err()).startsWith("acuity: ").hasLineCount(1);
        }
        assertThat(folder.resolve("out.png")).doesNotExist();
    }

    @Test
    void unknownDeviceIsCodeFive() {
        Cli run = upscale("-i", picture, "-o", folder.resolve("out.png"), "-g", "tpu");

        assertThat(run.code()).isEqualTo(5);
        assertThat(run.err()).contains("tpu").hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/proc/out.png", "in/a.png/out.png", "none/out.png"})
    void outputThatCannotBeWrittenIsCodeSix(String place) throws IOException {
        Cli run = upscale("-i", picture, "-o", folder.resolve(place));

        assertThat(run.code()).as(run.err()).isEqualTo(6);
        assertThat(run.err()).contains("cannot write").hasLineCount(1);
        assertThat(Cli.tree(folder.resolve("in"))).containsExactly("a.png");
    }

    @Test
    void fullDiskBehindStandardOutputIsCodeSix() throws IOException {
        try (OutputStream full = Files.newOutputStream(Path.of("/dev/full"));
                PrintStream err = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8)) {
            Streams streams = new Streams(InputStream.nullInputStream(), full, err, false);

            ExitCode code = Acuity.run(streams, "upscale", "-n", model.toString(), "-i", picture.toString(), "-o", "-");

            assertThat(code).isEqualTo(ExitCode.OUTPUT);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-o out.txt            | want a name ending with .png, .jpg, .tif or .bmp",
                "-o out.webp           | webp, which is only read",
                "-o out.png -s 5       | want 1 to 4 with the model",
                "-o out.png -s 0       | want 1 to 4 with the model",
                "-o out.png -t -1      | --tile: want 0 or more",
                "-o out.png -c 101     | --quality: want 1 to 100, have 101",
                "-o out.png -f xyz     | --format: want png, jpg, tif or bmp",
                "-o out.png --precision half| --precision: want fp32 or bf16, have half",
                "-o out.png --threads 0| --threads: want 1 to 1024, have 0",
                "-o out.png --background red | want white, black or #RRGGBB",
                "-o out.png --metadata some  | --metadata",
                "-o out.png --sharpen  | Unknown option: '--sharpen'",
                "-o out.png --suffix a/b     | --suffix"
            })
    void wrongUsageIsCodeTwo(String line, String sentence) {
        Object[] words = (line.strip() + " -i " + picture).split(" +");

        Cli run = upscale(words);

        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.err()).startsWith("acuity: ").contains(sentence).hasLineCount(1);
    }

    @Test
    void inputIsNeverOverwritten() throws IOException {
        byte[] before = Files.readAllBytes(picture);

        assertThat(upscale("-i", picture, "-o", picture).code()).isEqualTo(2);
        assertThat(upscale("-i", picture, "-o", folder.resolve("in"), "--suffix", "")
                        .code())
                .isEqualTo(2);
        assertThat(picture).hasBinaryContent(before);
    }

    @Test
    void withoutInputTheBuiltInPictureIsTaken() {
        Cli run = upscale("-o", folder.resolve("s.png"));

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(header(folder.resolve("s.png")).width()).isEqualTo(768);
        assertThat(run.err()).contains("768x512 from the built-in picture");
        assertThat(upscale("--dry-run").out()).isEqualTo("the built-in picture -> sample_x4.png\n");
    }

    @Test
    void jsonAndThePictureCannotShareStandardOutput() {
        assertThat(upscale("-i", picture, "-o", "-", "--json").code()).isEqualTo(2);
    }

    @Test
    void selfEnsembleRuns() {
        assertThat(upscale("-i", picture, "-o", folder.resolve("x8.png"), "--self_ensemble")
                        .code())
                .isZero();
        assertThat(header(folder.resolve("x8.png")).width()).isEqualTo(96);
    }
}
