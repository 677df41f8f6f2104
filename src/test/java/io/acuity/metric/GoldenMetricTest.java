package io.acuity.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.acuity.TestData;
import io.acuity.data.Bicubic;
import io.acuity.data.Bicubic.Convention;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.op.BicubicTaps;
import io.acuity.op.BicubicTaps.Border;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The metrics against figures of MATLAB evaluators and of the published tables. */
class GoldenMetricTest {
    @Test
    void rcanOutputsOnSet5() {
        List<String[]> rows = TestData.table("golden/sr_rcan_set5/expected.tsv");
        assertThat(rows).hasSize(20);
        for (String[] row : rows) {
            int scale = Integer.parseInt(row[0]);
            Pixels reference = pixels(ImageFile.read(TestData.of("eval/Set5/HR/" + row[1] + ".png")));
            Pixels result = pixels(ImageFile.read(TestData.of("golden/sr_rcan_set5/" + row[4])));
            Score score = Protocol.RCAN.score(reference, result, scale);
            assertThat(score.psnrY()).as(row[4]).isCloseTo(Double.parseDouble(row[2]), within(1e-6));
            assertThat(score.ssimY()).as(row[4]).isCloseTo(Double.parseDouble(row[3]), within(1e-6));
        }
    }

    @Test
    void bicubicOnSet5AndSet14UnderFourProtocols() {
        List<String[]> rows = TestData.table("golden/tables/bicubic_set5_set14.tsv");
        int images = 0;
        for (String[] row : rows) {
            if (row[2].equals("MEAN")) {
                continue;
            }
            images++;
            int scale = Integer.parseInt(row[1]);
            String folder = "eval/" + row[0];
            Image hr = ImageFile.read(TestData.of(folder + "/HR/" + row[2] + ".png"))
                    .modcrop(scale);
            Image lr =
                    ImageFile.read(TestData.of("%s/LR_bicubic/X%d/%sx%d.png".formatted(folder, scale, row[2], scale)));
            Pixels reference = pixels(hr);
            Pixels older = pixels(Bicubic.enlarge(lr, scale, Convention.CLAMPED_U8));
            Pixels later = pixels(Bicubic.enlarge(lr, scale, Convention.MIRRORED_DOUBLE));
            Protocol notRounded = Protocol.RCAN.withRepeatGrey(false);
            check(row, 3, Protocol.SELFEXSR.score(reference, older, scale));
            check(row, 5, notRounded.score(reference, older, scale));
            check(row, 7, notRounded.score(reference, later, scale));
            check(row, 9, paper(reference, scale));
        }
        assertThat(images).isEqualTo(57);
    }

    /** Papers' protocol: rounded luma goes down and up in doubles and is rounded at the end. */
    private static Score paper(Pixels reference, int scale) {
        Plane luma = Luma.of(reference, false, true);
        int w = luma.width();
        int h = luma.height();
        double[] low = Bicubic.resize(
                luma.values(),
                1,
                BicubicTaps.of(h, h / scale, Border.MIRRORED),
                BicubicTaps.of(w, w / scale, Border.MIRRORED));
        double[] up = Bicubic.resize(
                low, 1, BicubicTaps.of(h / scale, h, Border.MIRRORED), BicubicTaps.of(w / scale, w, Border.MIRRORED));
        byte[] rounded = new byte[up.length];
        byte[] wanted = new byte[up.length];
        for (int i = 0; i < up.length; i++) {
            rounded[i] = (byte) Math.round(Math.clamp(up[i], 0, 255));
            wanted[i] = (byte) luma.values()[i];
        }
        return Protocol.PAPER.score(Pixels.of(w, h, 1, wanted), Pixels.of(w, h, 1, rounded), scale);
    }

    private static void check(String[] row, int column, Score score) {
        String what = String.join(" ", row[0], row[1], row[2]) + " column " + column;
        assertThat(score.psnrY()).as(what).isCloseTo(Double.parseDouble(row[column]), within(1e-5));
        assertThat(score.ssimY()).as(what).isCloseTo(Double.parseDouble(row[column + 1]), within(1e-5));
    }

    private static Pixels pixels(Image image) {
        return Pixels.of(image.width(), image.height(), image.channels(), image.bytes());
    }
}
