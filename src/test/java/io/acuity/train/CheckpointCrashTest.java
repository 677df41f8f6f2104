package io.acuity.train;

import static io.acuity.train.CheckpointStoreTest.checkpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.weights.AtomicFile;
import io.acuity.weights.Disk;
import io.acuity.weights.FaultyDisk;
import io.acuity.weights.PowerLossDisk;
import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A save broken off at each of its operations: a full disk, a killed process, a power loss. */
class CheckpointCrashTest {
    /** The real disk without waiting, for the many times a state is only looked at. */
    private static final Disk QUICK = new Disk() {
        @Override
        public void write(Path file, AtomicFile.Body body) throws IOException {
            try (var out = Files.newOutputStream(file)) {
                body.write(out);
            }
        }

        @Override
        public void syncFolder(Path folder) {}
    };

    @TempDir
    Path folder;

    @Test
    void aFullDiskKeepsTheLastGoodOne() throws IOException {
        boolean struck = true;
        for (int n = 0; struck; n++) {
            Path run = folder.resolve("run" + n);
            saveOneAndTwo(QUICK, run);
            FaultyDisk disk = FaultyDisk.fullAt(QUICK, n);
            List<String> warnings = new ArrayList<>();
            try (CheckpointStore store = CheckpointStore.open(disk, run, 1, warnings::add)) {
                store.save(checkpoint(3, 29));
                assertThat(store.newest()).contains(checkpoint(3, 29));
                assertThat(warnings.isEmpty() || disk.struck()).isTrue();
            } catch (WriteException e) {
                assertThat(e).hasMessageStartingWith("cannot write " + run).hasMessageEndingWith(": disk full");
                try (CheckpointStore store = open(run)) {
                    // only after the rename may the third one be there
                    assertThat(store.newest()).isIn(Optional.of(checkpoint(2, 31)), Optional.of(checkpoint(3, 29)));
                }
            }
            assertThat(names(run.resolve("checkpoints"))).noneMatch(name -> name.endsWith(".safetensors"));
            struck = disk.struck();
            assertThat(n).isLessThan(200);
        }
    }

    @Test
    void tooLittleRoomIsSaidBeforeAnythingIsWritten() throws IOException {
        saveOneAndTwo(QUICK, folder);
        List<Path> written = new ArrayList<>();
        Disk small = new Disk() {
            @Override
            public long usable(Path below) {
                return 300_000;
            }

            @Override
            public void write(Path file, AtomicFile.Body body) {
                written.add(file);
            }
        };
        try (CheckpointStore store = CheckpointStore.open(small, folder, 1, _ -> {})) {
            assertThatThrownBy(() -> store.save(checkpoint(3, 29)))
                    .isInstanceOf(WriteException.class)
                    .hasMessageMatching(
                            "cannot write .*step_00000003: want 1\\.\\d MB of free space for a checkpoint, have 0\\.3");
            assertThat(written).isEmpty();
            assertThat(store.newest()).contains(checkpoint(2, 31));
        }
    }

    @Test
    void aKilledProcessKeepsTheLastGoodOne() throws IOException {
        boolean struck = true;
        for (int n = 0; struck; n++) {
            Path run = folder.resolve("run" + n);
            saveOneAndTwo(QUICK, run);
            FaultyDisk disk = FaultyDisk.killedAt(QUICK, n);
            try (CheckpointStore store = CheckpointStore.open(disk, run, 1, _ -> {})) {
                store.save(checkpoint(3, 29));
                store.save(checkpoint(3, 33));
            } catch (FaultyDisk.Killed _) {
                assertThat(disk.struck()).isTrue();
            }
            check(run, 2);
            struck = disk.struck();
            assertThat(n).isLessThan(400);
        }
    }

    @Test
    void aPowerLossAtAnyMomentKeepsTheLastSaved() throws IOException {
        Path live = Files.createDirectory(folder.resolve("live"));
        PowerLossDisk disk = new PowerLossDisk(live);
        List<Integer> saved = new ArrayList<>(); // how many changes there were when the n-th save was done
        try (CheckpointStore store = CheckpointStore.open(disk, live.resolve("run"), 1, _ -> {})) {
            for (Checkpoint checkpoint : List.of(
                    checkpoint(1, 30), checkpoint(2, 31), checkpoint(3, 29), checkpoint(3, 33), checkpoint(4, 32))) {
                store.save(checkpoint);
                saved.add(disk.size());
            }
        }
        long[] stepAfter = {0, 1, 2, 3, 3, 4};
        for (int n = 0; n <= disk.size(); n++) {
            int changes = n;
            long least = stepAfter[
                    (int) saved.stream().filter(done -> done <= changes).count()];
            Path states = Files.createDirectory(folder.resolve("lost" + n));
            for (Path state : disk.statesAfter(n, states)) {
                if (least > 0 || Files.isDirectory(state.resolve("run"))) {
                    check(state.resolve("run"), least);
                }
            }
        }
    }

    /** At least the checkpoint of step {@code least} is there, whole, and the run can go on. */
    private static void check(Path run, long least) {
        try (CheckpointStore store = open(run)) {
            Optional<Checkpoint> newest = store.newest();
            assertThat(newest.map(Checkpoint::step).orElse(0L))
                    .as(run.toString())
                    .isGreaterThanOrEqualTo(least);
            newest.ifPresent(checkpoint -> assertThat(checkpoint)
                    .isEqualTo(checkpoint(checkpoint.step(), checkpoint.psnr().getAsDouble())));
            assertThat(names(run.resolve("checkpoints"))).allMatch(name -> name.matches("step_[0-9]{8}|latest|best"));
            store.save(checkpoint(5, 34));
            assertThat(store.newest()).contains(checkpoint(5, 34));
            assertThat(store.steps()).containsExactly(5L);
        }
    }

    private static void saveOneAndTwo(Disk disk, Path run) {
        try (CheckpointStore store = CheckpointStore.open(disk, run, 1, _ -> {})) {
            store.save(checkpoint(1, 30));
            store.save(checkpoint(2, 31));
        }
    }

    private static CheckpointStore open(Path run) {
        return CheckpointStore.open(QUICK, run, 1, warning -> {
            throw new AssertionError(warning);
        });
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
