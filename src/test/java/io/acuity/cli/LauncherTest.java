package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The script in a house of its own, whose jar points to the classes under test: nothing is built. Its folder has blanks in its
 * name.
 */
@Tag("slow")
final class LauncherTest {
    private static final Path SCRIPT = Path.of("acuity").toAbsolutePath();

    @TempDir
    Path folder = Path.of("");

    private Path house = Path.of("");

    @BeforeEach
    void build() throws IOException {
        String library = System.getProperty("acuity.library", "build/libacuity.so");
        assumeTrue(Files.exists(SCRIPT) && Files.exists(Path.of(library)), "want the launcher and libacuity.so");
        house = folder.resolve("a house with blanks");
        for (String below : new String[] {"src/main", "kernels", "native", "cmake", "build", "target"}) {
            Files.createDirectories(house.resolve(below));
        }
        Files.copy(SCRIPT, house.resolve("acuity"));
        Files.createFile(house.resolve("CMakeLists.txt"));
        Files.createFile(house.resolve("pom.xml"));
        Files.copy(Path.of(library), house.resolve("build/libacuity.so"));
        jar(house.resolve("target/acuity.jar"));
        // an empty cache of classes stands for "could not be made": tests need not wait for it
        Files.createFile(house.resolve("target/acuity-" + System.getProperty("java.version") + ".aot"));
        Path stamp = Files.createFile(house.resolve("target/acuity.stamp"));
        Files.setLastModifiedTime(stamp, FileTime.from(Instant.now().plusSeconds(5)));
    }

    /** A jar of a manifest alone. */
    private static void jar(Path file) throws IOException {
        List<String> places = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            places.add(Path.of(entry).toUri().toString());
        }
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, Acuity.class.getName());
        attributes.put(Attributes.Name.CLASS_PATH, String.join(" ", places));
        try (OutputStream out = Files.newOutputStream(file)) {
            new JarOutputStream(out, manifest).close();
        }
    }

    private record Ended(int code, String out, String err) {}

    private ProcessBuilder command(Path script, Path where, String... arguments) {
        List<String> words = new ArrayList<>(List.of(script.toString()));
        words.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(words).directory(where.toFile());
        builder.redirectOutput(folder.resolve("out.txt").toFile());
        builder.redirectError(folder.resolve("err.txt").toFile());
        return builder;
    }

    private Ended ended(Process process) throws IOException, InterruptedException {
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new Ended(
                process.exitValue(),
                Files.readString(folder.resolve("out.txt")),
                Files.readString(folder.resolve("err.txt")));
    }

    @Test
    void runsFromAnywhereThroughLinksAndKeepsTheWorkingFolder() throws IOException, InterruptedException {
        Path elsewhere = Files.createDirectories(folder.resolve("else where"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), house.resolve("acuity"));
        Path relative = Files.createSymbolicLink(elsewhere.resolve("second"), Path.of("../link"));
        Cli.picture(elsewhere.resolve("pi ct\u00fcre.png"), 32, 32, 1);

        for (Path script : List.of(house.resolve("acuity"), link, relative)) {
            Process process = command(script, elsewhere, "degrade", "-i", "pi ct\u00fcre.png", "-o", "small.png")
                    .start();
            assertThat(ended(process)).isEqualTo(new Ended(0, "", ""));
            Files.delete(elsewhere.resolve("small.png"));
        }
    }

    @ParameterizedTest
    @CsvSource({"C", "POSIX", "tr_TR.UTF-8", "ar_EG.UTF-8", "th_TH.UTF-8"})
    void localeChangesNothing(String locale) throws IOException, InterruptedException {
        Path in = folder.resolve("in");
        Cli.picture(in.resolve("\u0130\u0131 \u0639 \ud83d\ude00.png"), 32, 32, 1);
        Cli.picture(in.resolve("two.png"), 32, 32, 2);
        Path shifted = folder.resolve("shifted");
        Cli.picture(shifted.resolve("\u0130\u0131 \u0639 \ud83d\ude00.png"), 32, 32, 3);
        Cli.picture(shifted.resolve("two.png"), 32, 32, 4);
        Cli here = Cli.run("metrics", "-a", in, "-b", shifted);

        ProcessBuilder builder =
                command(house.resolve("acuity"), folder, "metrics", "-a", in.toString(), "-b", shifted.toString());
        builder.environment().keySet().removeIf(key -> key.startsWith("LC_"));
        builder.environment().put("LANG", locale);

        assertThat(ended(builder.start())).isEqualTo(new Ended(0, here.out(), ""));
    }

    @Test
    void exitCodesPassThrough() throws IOException, InterruptedException {
        assertThat(ended(command(house.resolve("acuity"), folder, "metrics", "--no")
                                .start())
                        .code())
                .isEqualTo(2);
        Ended missing = ended(command(house.resolve("acuity"), folder, "metrics", "-a", "x.png", "-b", "x.png")
                .start());
        assertThat(missing).isEqualTo(new Ended(3, "", "acuity: x.png: no such file or folder\n"));
    }

    @Test
    void standardOutputThatIsClosedIsCodeSix() throws IOException, InterruptedException {
        Path picture = Cli.picture(folder.resolve("a.png"), 400, 400, 1);
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 4);
        String line = "'%s' upscale -n '%s' -i '%s' -o - -q | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}"
                .formatted(house.resolve("acuity"), model, picture);
        ProcessBuilder builder = command(Path.of("bash"), folder, "-c", line);

        Ended run = ended(builder.start());

        assertThat(run.code()).isEqualTo(6);
        assertThat(run.err()).contains("cannot write to standard output");
    }

    @ParameterizedTest
    @CsvSource({"TERM, 143", "INT, 130"})
    void signalsLeaveNothingBehind(String signal, int code) throws IOException, InterruptedException {
        Path picture = Cli.picture(folder.resolve("large.png"), 2000, 2000, 1);
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 4);
        Path out = Files.createDirectories(folder.resolve("out"));
        Process process = command(
                        house.resolve("acuity"),
                        folder,
                        "upscale",
                        "-n",
                        model.toString(),
                        "-i",
                        picture.toString(),
                        "-o",
                        out.resolve("r.png").toString())
                .start();
        for (int i = 0; i < 600 && isEmpty(out); i++) {
            Thread.sleep(50);
        }
        assertThat(isEmpty(out)).isFalse();

        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();

        Ended run = ended(process);
        assertThat(run.code()).isEqualTo(code);
        assertThat(run.err()).doesNotContain("cannot write");
        assertThat(isEmpty(out)).isTrue();
    }

    @Test
    void trainingThatIsStoppedSavesACheckpoint() throws IOException, InterruptedException {
        Cli.picture(folder.resolve("pictures/a.png"), 64, 64, 1);
        Path config = Files.writeString(folder.resolve("endless.yml"), """
                name: endless
                scale: 2
                network_g: {num_feat: 8, num_block: 1}
                datasets: {train: {dataroot_gt: pictures, gt_size: 16, batch_size_per_gpu: 1}}
                train: {total_iter: 100000000}
                logger: {print_freq: 1, save_checkpoint_freq: 100000000, plots: false}
                """);
        Process process = command(house.resolve("acuity"), folder, "train", "-c", config.toString())
                .start();
        Path metrics = folder.resolve("experiments/endless/metrics.csv");
        for (int i = 0; i < 600 && !(Files.exists(metrics) && Files.size(metrics) > 200); i++) {
            Thread.sleep(50);
        }

        process.destroy();

        Ended run = ended(process);
        assertThat(run.code()).as(run.err()).isEqualTo(143);
        assertThat(run.err()).contains("--resume goes on from there");
        assertThat(isEmpty(folder.resolve("experiments/endless/checkpoints"))).isFalse();
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    @Test
    void missingJdkIsOneSentence() throws IOException, InterruptedException {
        String script =
                Files.readString(SCRIPT).replace("/usr/lib/jvm/*", "/nowhere/*").replace("/opt/java/*", "/nowhere/*");
        Path changed = Files.writeString(house.resolve("acuity"), script);
        ProcessBuilder builder = command(changed, folder, "devices");
        builder.environment().putAll(Map.of("JAVA_HOME", "/nowhere", "HOME", "/nowhere", "PATH", bare("readlink")));

        Ended run = ended(builder.start());

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("acuity: JDK 25 or newer is missing")
                .contains("apt-get")
                .hasLineCount(1);
    }

    @Test
    void missingToolsAreOneSentence() throws IOException, InterruptedException {
        Files.delete(house.resolve("target/acuity.jar"));
        ProcessBuilder builder = command(house.resolve("acuity"), folder, "devices");
        builder.environment().remove("CXX");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("PATH", bare("sed", "readlink", "find"));

        Ended run = ended(builder.start());

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .startsWith(
                        "acuity: a build needs g++ 12 or newer (have none), cmake 3.22 or newer (have none), make, mvn")
                .endsWith("apt-get install g++ cmake make maven\n")
                .hasLineCount(1);
    }

    /** A folder with these programs, bash and env alone. */
    private String bare(String... programs) throws IOException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        for (String program :
                Stream.concat(Stream.of("bash", "env"), Stream.of(programs)).toList()) {
            Path script =
                    Files.writeString(bin.resolve(program), "#!/bin/bash\nexec /usr/bin/" + program + " \"$@\"\n");
            assertThat(script.toFile().setExecutable(true)).isTrue();
        }
        return bin.toString();
    }
}
