package io.acuity.benchmark.visit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A visit to a GPU without one: packed here, unpacked in a folder that has the scripts and little else, gone through on the CPU and the
 * emulator, broken off and gone on with elsewhere.
 */
@Tag("slow")
class RehearsalTest {
    private static final List<String> CARRIED = List.of(
            "benchmarks/gpu",
            "benchmarks/gpu-carried",
            "benchmarks/gpu-pack",
            "benchmarks/gpu-train",
            "docs/images/sample.png",
            "docs/recipes/edsr_s_x4.yml",
            "docs/recipes/pcl_gain.yml");

    @TempDir
    static Path folder = Path.of("");

    private static String packed = "";

    private record Ended(int code, String said) {}

    /** A folder with what is carried, as on the machine with the GPU. */
    private static Path place(String name) throws IOException {
        Path place = folder.resolve(name);
        for (String file : CARRIED) {
            Files.createDirectories(place.resolve(file).getParent());
            Files.copy(Path.of(file), place.resolve(file));
        }
        if (!name.equals("here")) {
            Files.createDirectories(place.resolve("target"));
            for (String file : List.of("target/gpu.tar.gz", "target/gpu.sum")) {
                Files.copy(folder.resolve("here").resolve(file), place.resolve(file));
            }
        }
        return place;
    }

    private static Process start(Path place, Path log, Map<String, String> environment, String... command)
            throws IOException {
        List<String> words = new ArrayList<>(List.of("bash"));
        words.addAll(List.of(command));
        ProcessBuilder builder =
                new ProcessBuilder(words).directory(place.toFile()).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().remove("OUT");
        builder.environment().remove("ACUITY_PEER");
        builder.environment().putAll(environment);
        return builder.redirectOutput(log.toFile()).start();
    }

    private static Ended ended(Process process, Path log) throws IOException, InterruptedException {
        assertThat(process.waitFor(300, TimeUnit.SECONDS)).as("it ends").isTrue();
        return new Ended(process.exitValue(), Files.readString(log));
    }

    private static Ended run(Path place, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        Path log = Files.createTempFile(folder, "log", ".txt");
        return ended(start(place, log, environment, command), log);
    }

    @BeforeAll
    static void pack() throws IOException, InterruptedException {
        Path here = place("here");
        Path classes = Files.writeString(folder.resolve("classpath"), System.getProperty("java.class.path"));
        String library = Path.of(System.getProperty("acuity.library", "build/libacuity.so"))
                .toAbsolutePath()
                .toString();
        Map<String, String> environment = Map.of("ACUITY_LIBRARY", library);
        Ended pack = run(here, environment, "benchmarks/gpu", "pack", "--dry", "--classpath", classes.toString());
        assertThat(pack.code()).as(pack.said()).isZero();
        packed = pack.said();
        Ended tight = run(
                here, environment, "benchmarks/gpu", "pack", "--dry", "--most", "1", "--classpath", classes.toString());
        assertThat(tight.code()).isEqualTo(1);
        assertThat(tight.said()).contains("benchmarks/gpu pack: want at most 1 MiB to carry, have ");
    }

    @Test
    void goesThroughAllPartsAndOnFromWhatCameHome() throws IOException, InterruptedException {
        assertThat(packed).contains("GPU code: ", "target/gpu.tar.gz: ");
        Path there = place("there");
        Path home = folder.resolve("home");

        Ended first = run(there, Map.of("OUT", home.toString()), "benchmarks/gpu", "--dry");

        assertThat(first.code()).as(first.said()).isZero();
        for (String part :
                List.of("check", "micro", "tests", "repeat", "quality", "jobs", "kernels", "memcheck", "rest")) {
            assertThat(there.resolve("target/gpu-visit-dry").resolve(part + ".done"))
                    .as(first.said())
                    .exists();
        }
        assertThat(first.said())
                .contains(
                        "two trainings of 2 steps by l1 have the same bits",
                        "two trainings of 2 steps by pcl have the same bits",
                        "0 tests failed",
                        "dB, ",
                        "no peer: name PyTorch's program by --peer or ACUITY_PEER",
                        "ceilings of this visit: copy not measured",
                        "dry: nothing above is a result")
                .containsPattern("jobs +Add +pass=forward; shape=16x64x48x48");
        assertThat(there.resolve("target/gpu-visit-dry/peer.done")).doesNotExist();

        Path elsewhere = place("elsewhere");
        Ended second =
                run(elsewhere, Map.of(), "benchmarks/gpu", "--dry", "--from", home.toString(), "--only", "tests,table");
        assertThat(second.said())
                .contains("== tests: done before")
                .containsPattern("jobs +Add +pass=forward; shape=16x64x48x48");
        assertThat(second.code()).isZero();
    }

    @Test
    void trainsInPieces() throws IOException, InterruptedException {
        Path there = place("train");
        Path home = folder.resolve("home of training");
        Path run = there.resolve("target/gpu-train-dry/experiments/edsr_s_x4");
        Path log = folder.resolve("piece.txt");
        String[] command = {"benchmarks/gpu-train", "--dry", "--steps", "400"};

        Process piece = start(there, log, Map.of("OUT", home.toString()), command);
        while (piece.isAlive() && checkpoints(run) < 2) {
            Thread.sleep(20);
        }
        piece.destroy(); // SIGTERM
        Ended first = ended(piece, log);
        assertThat(first.said()).contains("--resume goes on from there", "the piece is over; the same command goes on");
        assertThat(first.code()).isZero();
        assertThat(run.resolve("model.safetensors")).doesNotExist();
        long reached = newest(run);

        // elsewhere, from what came home; a run whose length is another goes on all the same
        Path elsewhere = place("train elsewhere");
        String[] rest = {
            "benchmarks/gpu-train", "--dry", "--steps", String.valueOf(reached + 2), "--from", home.toString()
        };
        Ended second = run(elsewhere, Map.of("OUT", folder.resolve("home 2").toString()), rest);
        assertThat(second.code()).as(second.said()).isZero();
        assertThat(second.said()).contains("done: weights and tables are in ");
        Path experiments = elsewhere.resolve("target/gpu-train-dry/experiments");
        List<String> steps = Files.readAllLines(experiments.resolve("edsr_s_x4/metrics.csv"));
        assertThat(steps).anySatisfy(line -> assertThat(line).startsWith(reached + 2 + ","));
        assertThat(newest(experiments.resolve("edsr_s_x4"))).isEqualTo(reached + 2);
        assertThat(experiments.resolve("pcl_gain/gains.csv")).exists();

        // a third place has all that is done, without training again
        Path third = place("train again");
        rest[5] = folder.resolve("home 2").toString();
        Ended again = run(third, Map.of(), rest);
        assertThat(again.code()).as(again.said()).isZero();
        assertThat(again.said()).doesNotContain("run 1 of").contains("done: weights and tables are in ");
    }

    private static long checkpoints(Path run) throws IOException {
        return Files.exists(run.resolve("checkpoints/latest")) ? newest(run) : 0;
    }

    private static long newest(Path run) throws IOException {
        try (Stream<Path> all = Files.list(run.resolve("checkpoints"))) {
            return all.map(f -> f.getFileName().toString())
                    .filter(name -> name.matches("step_\\d+"))
                    .mapToLong(name -> Long.parseLong(name.substring(5)))
                    .max()
                    .orElse(0);
        }
    }
}
