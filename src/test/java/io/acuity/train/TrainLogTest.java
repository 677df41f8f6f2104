package io.acuity.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.weights.Json;
import io.acuity.weights.WriteException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainLogTest {
    @TempDir
    Path folder;

    final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    final AtomicLong clock = new AtomicLong();

    @Test
    void writesRowsAtOnce() throws IOException {
        try (TrainLog log = log(folder, false, 4, 0, Map.of())) {
            log.step(1, 16, 0.5, 1e-4, 0);
            log.step(2, 16, 0.25, 1e-4, 0);
            log.validation(2, 28.5);
            log.step(3, 16, 0.125, 1e-4, 0);
            assertThat(folder.resolve("metrics.csv"))
                    .hasContent("step,loss,learning_rate,psnr\n2,0.375,1.0E-4,\n2,,,28.5\n");
            log.step(4, 16, 0.125, 5e-5, 0);
            assertThat(Files.readString(folder.resolve("metrics.csv"))).endsWith("2,,,28.5\n4,0.125,5.0E-5,\n");
        }
    }

    /** Stopped at each step, killed a little later, and resumed: the same bytes as never stopped. */
    @Test
    @SuppressWarnings("unchecked")
    void aResumedRunWritesTheSameFile() throws IOException {
        Path whole = Files.createDirectory(folder.resolve("whole"));
        run(whole, 0, 50, Map.of());
        String want = Files.readString(whole.resolve("metrics.csv"));
        for (int stop = 1; stop < 50; stop++) {
            Path run = Files.createDirectory(folder.resolve("run" + stop));
            Map<String, Object> state = run(run, 0, stop, Map.of());
            Map<String, Object> stored = (Map<String, Object>) Json.parse(Json.write(state));
            run(run, stop, Math.min(50, stop + 13), stored); // lost work
            Files.writeString(run.resolve("metrics.csv"), "44,0.12", StandardOpenOption.APPEND); // and a torn line
            run(run, stop, 50, stored);
            assertThat(run.resolve("metrics.csv")).hasContent(want);
        }
    }

    private Map<String, Object> run(Path run, int from, int to, Map<String, Object> state) {
        try (TrainLog log = log(run, false, 50, from, state)) {
            for (int step = from + 1; step <= to; step++) {
                log.step(step, 16, 1.0 / (step + 2), 1e-4 / step, 0);
                if (step % 7 == 0) {
                    log.validation(step, 20 + Math.sqrt(step));
                }
            }
            log.sync();
            return log.state();
        }
    }

    private TrainLog log(Path run, boolean terminal, long total, long step, Map<String, Object> state) {
        TrainProgress progress =
                new TrainProgress(new PrintStream(screen, true, UTF_8), terminal, clock::get, step, total);
        return new TrainLog(run, progress, total == 50 ? 3 : 2, step, state);
    }

    @Test
    void aForeignFileIsLeftAlone() throws IOException {
        Path csv = folder.resolve("metrics.csv");
        Files.writeString(csv, "epoch,loss\n1,2\n");
        assertThatThrownBy(() -> log(folder, false, 4, 0, Map.of()))
                .isInstanceOf(WriteException.class)
                .hasMessage(
                        "cannot write " + csv + ": want the first line step,loss,learning_rate,psnr, have epoch,loss");
        assertThat(csv).hasContent("epoch,loss\n1,2\n");
        Files.writeString(csv, "step,loss,learning_rate,psnr\n1,x,1.0,\n");
        assertThatThrownBy(() -> log(folder, false, 4, 0, Map.of()))
                .hasMessage("cannot write " + csv + ": want numbers in line 2, have 1,x,1.0,");
    }

    @Test
    void withoutATerminalThereIsALineEveryTenSeconds() {
        try (TrainLog log = log(folder, false, 100_000, 1000, Map.of())) {
            for (int i = 1; i <= 41; i++) {
                clock.addAndGet(500_000_000);
                log.step(1000 + i, 16, 0.03125, 1e-4, 5_000_000);
                if (i == 20) {
                    log.validation(1020, 29.876);
                }
            }
            log.say("a checkpoint was saved");
        }
        assertThat(screen.toString(UTF_8)).isEqualTo("""
                        step 1020/100000  loss 0.0313  32.0 patches/s  waiting 1.0 %  13 h 44 min left
                        step 1040/100000  loss 0.0313  29.88 dB  32.0 patches/s  waiting 1.0 %  13 h 44 min left
                        a checkpoint was saved
                        """);
    }

    @Test
    void onATerminalOneLineIsRewritten() {
        try (TrainLog log = log(folder, true, 10, 0, Map.of())) {
            for (int i = 1; i <= 3; i++) {
                clock.addAndGet(400_000_000);
                log.step(i, 8, 0.5, 1e-4, 0);
            }
            log.say("validation");
            clock.addAndGet(400_000_000);
            log.step(4, 8, 0.25, 1e-4, 0);
        }
        assertThat(screen.toString(UTF_8))
                .isEqualTo("\r\u001b[Kstep 2/10  loss 0.5000  20.0 patches/s  waiting 0.0 %  3 s left"
                        + "\r\u001b[Kvalidation\n"
                        + "\r\u001b[Kstep 4/10  loss 0.3750  20.0 patches/s  waiting 0.0 %  2 s left\n");
    }

    @Test
    void speedIsThatOfTheLastMinute() {
        try (TrainLog log = log(folder, false, 100_000, 0, Map.of())) {
            for (int i = 1; i <= 20; i++) {
                clock.addAndGet(10_000_000_000L); // slow at first
                log.step(i, 16, 0.5, 1e-4, 0);
            }
            for (int i = 21; i <= 200; i++) {
                clock.addAndGet(1_000_000_000L);
                log.step(i, 16, 0.5, 1e-4, 0);
            }
        }
        assertThat(screen.toString(UTF_8))
                .contains("step 20/100000  loss 0.5000  1.6 patches/s")
                .contains("step 200/100000  loss 0.5000  16.0 patches/s");
    }

    @Test
    void durationsAreShort() {
        assertThat(TrainProgress.duration(59.4)).isEqualTo("59 s");
        assertThat(TrainProgress.duration(61)).isEqualTo("1 min 1 s");
        assertThat(TrainProgress.duration(3600 * 3.5)).isEqualTo("3 h 30 min");
        assertThat(TrainProgress.duration(86400 * 2 + 3600)).isEqualTo("2 d 1 h");
    }

    @Test
    void aPlotThatFailsIsReportedOnce() throws IOException {
        try (TrainLog log = log(folder, false, 4, 0, Map.of())) {
            log.plot("edsr");
            assertThat(folder.resolve("plots/training.png")).isNotEmptyFile();
            Files.delete(folder.resolve("plots/training.png"));
            Files.createDirectory(folder.resolve("plots/training.png"));
            log.plot("edsr");
            log.plot("edsr");
        }
        assertThat(screen.toString(UTF_8))
                .isEqualTo("no plot: cannot write " + folder.resolve("plots/training.png") + ": it is a folder\n");
    }
}
