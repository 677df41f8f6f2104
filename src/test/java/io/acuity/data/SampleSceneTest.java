package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SampleSceneTest {
    @Test
    void theShippedPicturesAreTheDrawnOnes() throws IOException {
        Image drawn = SampleScene.hr();
        Image shipped = resource("sample_hr.png");
        assertThat(shipped.width()).isEqualTo(SampleScene.WIDTH);
        assertThat(shipped.height()).isEqualTo(SampleScene.HEIGHT);
        double sum = 0;
        for (int i = 0; i < drawn.bytes().length; i++) {
            double error = drawn.sample(i) - shipped.sample(i);
            sum += error * error;
        }
        // another Java may round an edge otherwise, no more than that
        assertThat(sum / drawn.bytes().length).isLessThan(0.1);
    }

    @Test
    void theSmallOneIsMadeFromTheLargeOne() throws IOException {
        Image made = Degrade.apply(resource("sample_hr.png"), SampleScene.SCALE, Bicubic.Convention.CLAMPED_U8);
        assertThat(resource("sample_lr.png").bytes()).isEqualTo(made.bytes());
    }

    private static Image resource(String name) throws IOException {
        try (InputStream in =
                Objects.requireNonNull(SampleScene.class.getResourceAsStream("/io/acuity/sample/" + name))) {
            return ImageFile.read(in, name, Limits.DEFAULT);
        }
    }
}
