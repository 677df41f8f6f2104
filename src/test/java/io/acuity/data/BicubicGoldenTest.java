package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.acuity.TestData;
import io.acuity.data.Bicubic.Convention;
import io.acuity.op.BicubicTaps;
import io.acuity.op.BicubicTaps.Border;
import io.acuity.weights.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bicubic against what MATLAB itself wrote. */
class BicubicGoldenTest {
    @ParameterizedTest
    @CsvSource({"Set5, 2, 5", "Set5, 3, 5", "Set5, 4, 5", "Set14, 2, 14", "Set14, 3, 14", "Set14, 4, 14"})
    void olderMatlabLowResolutionPicturesBitForBit(String set, int scale, int count) throws IOException {
        Path folder = TestData.of("eval/" + set);
        int seen = 0;
        for (Path file : pngs(folder.resolve("HR"))) {
            String name = file.getFileName().toString().replace(".png", "");
            Image wanted = ImageFile.read(folder.resolve("LR_bicubic/X%d/%sx%d.png".formatted(scale, name, scale)));
            Image made = Bicubic.shrink(ImageFile.read(file).modcrop(scale), scale, Convention.CLAMPED_U8);
            assertThat(made.bytes()).as(name).isEqualTo(wanted.bytes());
            seen++;
        }
        assertThat(seen).isEqualTo(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void laterMatlabDownAndUpAgainBitForBit(int scale) throws IOException {
        Path folder = TestData.of("golden/imresize/down_up_u8_symmetric/X" + scale);
        for (Path file : pngs(folder)) {
            String name = file.getFileName().toString().replace("x%d_up.png".formatted(scale), "");
            Image reference =
                    ImageFile.read(TestData.of("eval/Set5/HR/" + name + ".png")).modcrop(scale);
            Image down = Bicubic.shrink(reference, scale, Convention.MIRRORED_U8);
            Image up = Bicubic.enlarge(down, scale, Convention.MIRRORED_U8);
            assertThat(up.bytes()).as(name).isEqualTo(ImageFile.read(file).bytes());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"baboon", "comic"})
    void laterMatlabOnDoublesBitForBit(String name) {
        Path folder = TestData.of("golden/imresize/down_double_symmetric_x4");
        Image reference = ImageFile.read(folder.resolve(name + "_gt.png"));
        Image wanted = ImageFile.read(folder.resolve(name + "_lq.png"));
        Image made = Bicubic.resize(reference, wanted.width(), wanted.height(), Convention.MIRRORED_DOUBLE);
        assertThat(made.bytes()).isEqualTo(wanted.bytes());
    }

    @Test
    void laterMatlabOnSmallMatrices() throws IOException {
        String text = Files.readString(TestData.of("golden/imresize/matlab_double_cases.json"));
        List<?> cases = (List<?>) Json.parse(text);
        assertThat(cases).hasSize(10);
        for (Object item : cases) {
            Map<?, ?> one = (Map<?, ?>) item;
            double[][] input = matrix(one.get("input"));
            double[][] output = matrix(one.get("output"));
            boolean antialias = Boolean.TRUE.equals(one.get("antialiasing"));
            BicubicTaps down = BicubicTaps.of(input.length, output.length, Border.MIRRORED, antialias);
            BicubicTaps across = BicubicTaps.of(input[0].length, output[0].length, Border.MIRRORED, antialias);
            double[] made = Bicubic.resize(flat(input), 1, down, across);
            double[] wanted = flat(output);
            for (int i = 0; i < wanted.length; i++) {
                assertThat(made[i]).as("%s %d", one.get("name"), i).isCloseTo(wanted[i], within(1e-13));
            }
        }
    }

    private static List<Path> pngs(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (var stream = Files.newDirectoryStream(folder, "*.png")) {
            stream.forEach(files::add);
        }
        return files;
    }

    private static double[][] matrix(@Nullable Object value) {
        return ((List<?>) Objects.requireNonNull(value))
                .stream()
                        .map(row -> ((List<?>) row)
                                .stream()
                                        .mapToDouble(v -> ((Number) v).doubleValue())
                                        .toArray())
                        .toArray(double[][]::new);
    }

    private static double[] flat(double[][] matrix) {
        return List.of(matrix).stream().flatMapToDouble(Arrays::stream).toArray();
    }
}
