package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script itself: where it may be called from, what it passes on, what it says. */
@Tag("slow")
final class LauncherTest {
    private static final Path SCRIPT = Path.of("acuity").toAbsolutePath();

    @TempDir
    Path folder = Path.of("");

    private House house = new House(folder);

    @BeforeEach
    void build() throws IOException {
        house = House.build(folder);
    }

    private ProcessBuilder command(Path script, Path where, String... arguments) {
        return house.command(script, where, arguments);
    }

    private House.Ended ended(Process process) throws IOException, InterruptedException {
        return house.ended(process);
    }

    @Test
    void runsFromAnywhereThroughLinksAndKeepsTheWorkingFolder() throws IOException, InterruptedException {
        Path elsewhere = Files.createDirectories(folder.resolve("else where"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), house.script());
        Path relative = Files.createSymbolicLink(elsewhere.resolve("second"), Path.of("../link"));
        Cli.picture(elsewhere.resolve("pi ct\u00fcre.png"), 32, 32, 1);

        for (Path script : List.of(house.script(), link, relative)) {
            Process process = command(script, elsewhere, "degrade", "-i", "pi ct\u00fcre.png", "-o", "small.png")
                    .start();
            assertThat(ended(process)).isEqualTo(new House.Ended(0, "", ""));
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
                command(house.script(), folder, "metrics", "-a", in.toString(), "-b", shifted.toString());
        builder.environment().keySet().removeIf(key -> key.startsWith("LC_"));
        builder.environment().put("LANG", locale);

        assertThat(ended(builder.start())).isEqualTo(new House.Ended(0, here.out(), ""));
    }

    @Test
    void exitCodesPassThrough() throws IOException, InterruptedException {
        assertThat(ended(command(house.script(), folder, "metrics", "--no").start())
                        .code())
                .isEqualTo(2);
        House.Ended missing = ended(command(house.script(), folder, "metrics", "-a", "x.png", "-b", "x.png")
                .start());
        assertThat(missing).isEqualTo(new House.Ended(3, "", "acuity: x.png: no such file or folder\n"));
    }

    @Test
    void namesTheJdkInUse() throws IOException, InterruptedException {
        ProcessBuilder builder = command(house.script(), folder, "jdk");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));

        assertThat(ended(builder.start())).isEqualTo(new House.Ended(0, System.getProperty("java.home") + "\n", ""));
    }

    @Test
    void standardOutputThatIsClosedIsCodeSix() throws IOException, InterruptedException {
        Path picture = Cli.picture(folder.resolve("a.png"), 400, 400, 1);
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 4);
        String line = "'%s' upscale -n '%s' -i '%s' -o - -q | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}"
                .formatted(house.script(), model, picture);
        ProcessBuilder builder = command(Path.of("bash"), folder, "-c", line);

        House.Ended run = ended(builder.start());

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
                        house.script(),
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

        House.Ended run = ended(process);
        assertThat(run.code()).isEqualTo(code);
        assertThat(run.err()).doesNotContain("cannot write");
        assertThat(isEmpty(out)).isTrue();
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
        Path changed = Files.writeString(house.script(), script);
        ProcessBuilder builder = command(changed, folder, "devices");
        builder.environment().putAll(Map.of("JAVA_HOME", "/nowhere", "HOME", "/nowhere", "PATH", bare("readlink")));

        House.Ended run = ended(builder.start());

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("acuity: JDK 25 or newer is missing")
                .contains("apt-get")
                .hasLineCount(1);
    }

    @Test
    void missingToolsAreOneSentence() throws IOException, InterruptedException {
        Files.delete(house.path("target/acuity.jar"));
        ProcessBuilder builder = command(house.script(), folder, "devices");
        builder.environment().remove("CXX");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("PATH", bare("sed", "readlink", "find"));

        House.Ended run = ended(builder.start());

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
