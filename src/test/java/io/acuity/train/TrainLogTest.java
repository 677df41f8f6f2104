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
import java.util.List;
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
            step(log, 1, 16, 0.5, 1e-4, 0);
            step(log, 2, 16, 0.25, 1e-4, 0);
            log.validation(2, 28.5);
            step(log, 3, 16, 0.125, 1e-4, 0);
            assertThat(folder.resolve("metrics.csv"))
                    .hasContent("step,loss,learning_rate,psnr,skipped\n2,0.375,1.0E-4,,0\n2,,,28.5,\n");
            step(log, 4, 16, 0.125, 5e-5, 0);
            assertThat(Files.readString(folder.resolve("metrics.csv"))).endsWith("2,,,28.5,\n4,0.125,5.0E-5,,0\n");
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
                step(log, step, 16, 1.0 / (step + 2), 1e-4 / step, 0);
                if (step % 7 == 0) {
                    log.validation(step, 20 + Math.sqrt(step));
                }
            }
            log.sync();
            return log.state();
        }
    }

    /** A step that learnt. */
    private static void step(TrainLog log, long step, int patches, double loss, double rate, long waited) {
        log.learnt(loss, Map.of());
        log.step(step, patches, rate, waited, 0);
    }

    private TrainLog log(Path run, boolean terminal, long total, long step, Map<String, Object> state) {
        TrainProgress progress =
                new TrainProgress(new PrintStream(screen, true, UTF_8), terminal, clock::get, step, total);
        TrainLog.Options options = new TrainLog.Options(total, total == 50 ? 3 : 2, List.of(), false);
        return new TrainLog(run, progress, options, step, state);
    }

    @Test
    void meansOfFurtherNumbersAreColumnsAndStepsThatWentWrongAreCounted() throws IOException {
        TrainProgress progress = new TrainProgress(new PrintStream(screen, true, UTF_8), false, clock::get, 0, 9);
        TrainLog.Options options = new TrainLog.Options(9, 2, List.of("l1", "l_cl"), false);
        try (TrainLog log = new TrainLog(folder, progress, options, 0, Map.of())) {
            log.learnt(0.5, Map.of("l1", 0.25, "l_cl", 1.5));
            log.step(1, 1, 1e-4, 0, 0);
            log.step(2, 1, 1e-4, 0, 1); // went wrong: not part of the means
            log.step(3, 1, 1e-4, 0, 2);
            log.step(4, 1, 1e-4, 0, 3);
        }
        assertThat(folder.resolve("metrics.csv")).hasContent("""
                        step,loss,learning_rate,psnr,l1,l_cl,skipped
                        2,0.5,1.0E-4,,0.25,1.5,1
                        4,,1.0E-4,,,,3
                        """);
    }

    /** The state must be JSON that reads back to the same sums. */
    @Test
    @SuppressWarnings("unchecked")
    void sumsOfFurtherNumbersAreResumed() throws IOException {
        TrainLog.Options options = new TrainLog.Options(4, 4, List.of("l1"), false);
        Map<String, Object> state;
        try (TrainLog log = TrainLog.open(folder, options, 0, Map.of())) {
            for (int i = 1; i <= 3; i++) {
                log.learnt(1.0 / i, Map.of("l1", 1.0 / (i + 7)));
                log.step(i, 1, 1e-4, 0, 0);
            }
            state = (Map<String, Object>) Json.parse(Json.write(log.state()));
        }
        try (TrainLog log = TrainLog.open(folder, options, 3, state)) {
            log.learnt(0.25, Map.of("l1", 0.5));
            log.step(4, 1, 1e-4, 0, 0);
        }
        double l1 = (1.0 / 8 + 1.0 / 9 + 1.0 / 10 + 0.5) / 4;
        double loss = (1 + 1.0 / 2 + 1.0 / 3 + 0.25) / 4;
        assertThat(Metrics.read(folder.resolve("metrics.csv"))).singleElement().satisfies(row -> {
            assertThat(row.loss()).hasValue(loss);
            assertThat(row.more("l1")).hasValue(l1);
            assertThat(row.more("skipped")).hasValue(0);
        });
    }

    @Test
    void aFileOfAnEarlierVersionGetsTheNewColumns() throws IOException {
        Path csv = folder.resolve("metrics.csv");
        Files.writeString(csv, "step,loss,learning_rate,psnr\n2,0.5,1.0E-4,\n2,,,28.5\n4,0.25,1.0E-4,\n");
        log(folder, false, 9, 2, Map.of()).close();
        assertThat(csv).hasContent("step,loss,learning_rate,psnr,skipped\n2,0.5,1.0E-4,,\n2,,,28.5,\n");
    }

    @Test
    void aForeignFileIsLeftAlone() throws IOException {
        Path csv = folder.resolve("metrics.csv");
        Files.writeString(csv, "epoch,loss\n1,2\n");
        assertThatThrownBy(() -> log(folder, false, 4, 0, Map.of()))
                .isInstanceOf(WriteException.class)
                .hasMessage("cannot write " + csv
                        + ": want a first line that begins with step,loss,learning_rate,psnr, have epoch,loss");
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
                step(log, 1000 + i, 16, 0.03125, 1e-4, 5_000_000);
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
                step(log, i, 8, 0.5, 1e-4, 0);
            }
            log.say("validation");
            clock.addAndGet(400_000_000);
            step(log, 4, 8, 0.25, 1e-4, 0);
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
                step(log, i, 16, 0.5, 1e-4, 0);
            }
            for (int i = 21; i <= 200; i++) {
                clock.addAndGet(1_000_000_000L);
                step(log, i, 16, 0.5, 1e-4, 0);
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
