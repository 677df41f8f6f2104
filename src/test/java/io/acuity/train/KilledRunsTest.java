package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
final class KilledRunsTest {
    @TempDir
    Path folder = Path.of("");

    @Test
    void aRunKilledAtAnyMomentGoesOnFromItsNewestCheckpoint() throws IOException, InterruptedException {
        assertThat(new KilledRuns(folder, 5).run(6).steps()).isGreaterThan(6);
    }
}
