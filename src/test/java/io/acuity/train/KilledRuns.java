package io.acuity.train;

import io.acuity.cli.Acuity;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.tensor.Random;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A training run that is killed (SIGKILL) again and again and resumed: after each kill the newest checkpoint must be whole and no older than
 * the newest one seen before, and in the end the model must be, byte for byte, that of a run that nobody killed. Long form:
 *
 * <pre>./acuity java io.acuity.train.KilledRuns 300</pre>
 */
public final class KilledRuns {
    private final Path folder;
    private final Random random;

    KilledRuns(Path folder, long seed) {
        this.folder = folder;
        this.random = Random.of(seed, 0);
    }

    /** How far it came, and how many kills fell between two checkpoints of one process. */
    record Outcome(long steps, int killedWhileSaving) {}

    /** Kills as many runs as asked for. */
    public static void main(String... arguments) throws IOException, InterruptedException {
        int kills = arguments.length == 0 ? 300 : Integer.parseInt(arguments[0]);
        long seed = arguments.length < 2 ? System.nanoTime() : Long.parseLong(arguments[1]);
        Path folder = Files.createTempDirectory("killed-runs");
        System.out.println(kills + " kills, seed " + seed + ", in " + folder);
        Outcome outcome = new KilledRuns(folder, seed).run(kills);
        System.out.println("all checkpoints whole; " + outcome + "; the model is that of an undisturbed run");
    }

    Outcome run(int kills) throws IOException, InterruptedException {
        Image picture = Image.black(64, 64, 3, 8);
        for (int i = 0; i < picture.bytes().length; i++) {
            picture.bytes()[i] = (byte) random.nextInt(256);
        }
        ImageFile.write(
                picture, Files.createDirectories(folder.resolve("pictures")).resolve("a.png"));
        Path run = folder.resolve("killed/experiments/run");
        long newest = 0;
        int unfinished = 0;
        for (int kill = 0; kill < kills; kill++) {
            Process process = start("killed", 1_000_000, 1, "--resume");
            if (kill % 4 != 3) { // the fourth dies while it starts, or soon after
                awaitStepAfter(run, newest, process);
            } else {
                Thread.sleep(random.nextInt(500));
            }
            Thread.sleep(0, 1 + random.nextInt(999_999));
            Thread.sleep(random.nextInt(60));
            process.destroyForcibly().waitFor();
            unfinished += unfinished(run) ? 1 : 0;
            newest = checked(run, newest);
        }
        long steps = newest + 2;
        end(start("killed", steps, steps, "--resume"));
        end(start("undisturbed", steps, steps));
        Path model = Path.of("model.safetensors");
        if (Files.mismatch(
                        run.resolve(model),
                        folder.resolve("undisturbed/experiments/run").resolve(model))
                >= 0) {
            throw new AssertionError("after " + kills + " kills: want the model of an undisturbed run, have another");
        }
        return new Outcome(steps, unfinished);
    }

    private static boolean unfinished(Path run) throws IOException {
        Path checkpoints = run.resolve("checkpoints");
        if (!Files.isDirectory(checkpoints)) {
            return false;
        }
        try (var files = Files.list(checkpoints)) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith("."));
        }
    }

    /** The newest step, which must be whole. */
    private static long checked(Path run, long before) {
        List<String> warnings = new ArrayList<>();
        Optional<Checkpoint> newest;
        try (CheckpointStore store = CheckpointStore.open(run, 2, _ -> true, warnings::add)) {
            newest = store.newest();
        }
        long step = newest.map(Checkpoint::step).orElse(0L);
        if (!warnings.isEmpty() || step < before) {
            throw new AssertionError("want whole checkpoints and step %d or later, have step %d and %s"
                    .formatted(before, step, warnings));
        }
        return step;
    }

    private void awaitStepAfter(Path run, long step, Process process) throws IOException, InterruptedException {
        Path latest = run.resolve("checkpoints/latest");
        for (int i = 0; i < 6000; i++) {
            if (Files.exists(latest) && number(Files.readString(latest)) > step) {
                return;
            }
            if (!process.isAlive()) {
                throw new AssertionError("the run ended by itself: " + Files.readString(folder.resolve("err.txt")));
            }
            Thread.sleep(5);
        }
        throw new AssertionError("no step after " + step + " in 30 s");
    }

    private static long number(String name) {
        String digits = name.replaceAll("[^0-9]", "");
        return digits.isEmpty() ? 0 : Long.parseLong(digits);
    }

    private void end(Process process) throws IOException, InterruptedException {
        if (!process.waitFor(300, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError("want a run to its end, have: " + Files.readString(folder.resolve("err.txt")));
        }
    }

    /** A run of one name, which a model's notes tell, in a folder of its own. */
    private Process start(String where, long steps, long saveEvery, String... flags) throws IOException {
        Path home = Files.createDirectories(folder.resolve(where));
        Path config = Files.writeString(home.resolve("run.yml"), """
                name: run
                scale: 2
                network_g: {num_feat: 8, num_block: 1}
                datasets: {train: {dataroot_gt: ../pictures, gt_size: 16, batch_size_per_gpu: 1}}
                train: {total_iter: %d, scheduler: {type: constant}}
                logger: {print_freq: 1, save_checkpoint_freq: %d, keep_last: 2, plots: false}
                """.formatted(steps, saveEvery));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-Dacuity.library="
                        + Path.of(System.getProperty("acuity.library", "build/libacuity.so"))
                                .toAbsolutePath(),
                "-cp",
                absolute(System.getProperty("java.class.path")),
                Acuity.class.getName(),
                "train",
                "-c",
                config.toString()));
        command.addAll(List.of(flags));
        return new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectOutput(folder.resolve("out.txt").toFile())
                .redirectError(folder.resolve("err.txt").toFile())
                .start();
    }

    private static String absolute(String classPath) {
        List<String> places = new ArrayList<>();
        for (String place : classPath.split(java.io.File.pathSeparator, -1)) {
            places.add(Path.of(place).toAbsolutePath().toString());
        }
        return String.join(java.io.File.pathSeparator, places);
    }
}
