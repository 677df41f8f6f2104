package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainPlotTest {
    private static final int BLUE = 0x1f66a8;
    private static final int RED = 0xc43c2e;

    @TempDir
    Path folder;

    @Test
    void drawsBothPanels() throws IOException {
        StringBuilder rows = new StringBuilder("step,loss,learning_rate,psnr\n");
        Random random = new Random(1);
        for (int step = 100; step <= 12_000; step += 100) {
            double loss = 0.018 + 0.09 / (1 + step / 250.0) + 0.002 * random.nextGaussian();
            rows.append(step).append(',').append(loss).append(",2.0E-4,\n");
            if (step % 1000 == 0) {
                rows.append(step)
                        .append(",,,")
                        .append(30.2 - 3 * Math.exp(-step / 3000.0) + 0.03 * random.nextGaussian())
                        .append('\n');
            }
        }
        BufferedImage image = draw(rows.toString());
        assertThat(image.getWidth()).isEqualTo(1200);
        assertThat(image.getHeight()).isEqualTo(900);
        assertThat(count(image, BLUE, 50, 475)).as("the smoothed loss").isGreaterThan(300);
        assertThat(count(image, BLUE, 475, 900)).as("the PSNR").isGreaterThan(300);
        assertThat(count(image, RED, 475, 900)).as("the best PSNR").isGreaterThan(20);
    }

    @Test
    void aContrastiveRunHasTwoPanelsMore() throws IOException {
        StringBuilder rows =
                new StringBuilder("step,loss,learning_rate,psnr,l1,l_cl,l_cld,pos_sim,neg_sim,grad_ratio,skipped\n");
        for (int step = 100; step <= 5000; step += 100) {
            double x = step / 5000.0;
            rows.append("%d,0.02,1.0E-4,,0.018,%f,%f,%f,%f,%f,0\n"
                    .formatted(step, 1.7 - x / 10, 8.4 - x, -0.2 + x / 2, 0.6 - x / 3, 0.2 + x / 5));
        }
        BufferedImage image = draw(rows.toString());
        assertThat(image.getHeight()).isEqualTo(1750);
        assertThat(count(image, BLUE, 900, 1325)).as("the contrastive loss").isGreaterThan(300);
        assertThat(count(image, RED, 900, 1325)).as("the ratio of gradients").isGreaterThan(300);
        assertThat(count(image, BLUE, 1325, 1750)).as("similarity to positives").isGreaterThan(300);
        assertThat(count(image, RED, 1325, 1750)).as("similarity to negatives").isGreaterThan(300);
    }

    @Test
    void drawsWhatThereIs() throws IOException {
        assertThat(count(draw("step,loss,learning_rate,psnr\n"), BLUE, 0, 900)).isZero();
        assertThat(count(draw("step,loss,learning_rate,psnr\n1,0.5,1.0E-4,\n"), RED, 0, 900))
                .isZero();
        draw("step,loss,learning_rate,psnr\n1,NaN,1.0E-4,\n2,Infinity,1.0E-4,\n2,,,Infinity\n");
        draw("step,loss,learning_rate,psnr\n1,,,25.0\n");
    }

    @Test
    void saysWhyThereIsNoPlot() throws IOException {
        Path csv = folder.resolve("metrics.csv");
        Files.writeString(csv, "a,b\n");
        Path png = folder.resolve("plots/training.png");
        assertThatThrownBy(() -> TrainPlot.draw(csv, png, "t"))
                .isInstanceOf(TrainPlot.PlotException.class)
                .hasMessage("want a first line that begins with step,loss,learning_rate,psnr, have a,b");
        Files.writeString(csv, "step,loss,learning_rate,psnr\n");
        Files.writeString(folder.resolve("plots"), "a file");
        assertThatThrownBy(() -> TrainPlot.draw(csv, png, "t")).isInstanceOf(TrainPlot.PlotException.class);
    }

    private BufferedImage draw(String rows) throws IOException {
        Path csv = folder.resolve("metrics.csv");
        Path png = folder.resolve("plots/training.png");
        Files.writeString(csv, rows);
        TrainPlot.draw(csv, png, "edsr_s_x4: EDSR, 16 blocks of 64 features, \u00d74");
        return ImageIO.read(png.toFile());
    }

    private static long count(BufferedImage image, int colour, int top, int bottom) {
        long count = 0;
        for (int y = top; y < bottom; y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                count += (image.getRGB(x, y) & 0xffffff) == colour ? 1 : 0;
            }
        }
        return count;
    }
}
