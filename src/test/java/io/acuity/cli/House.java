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
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * The launcher in a folder of its own, whose jar points to the classes under test: nothing is built. The folder has blanks in
 * its name.
 */
record House(Path folder) {
    private static final Path SCRIPT = Path.of("acuity").toAbsolutePath();

    /** How a process ended. */
    record Ended(int code, String out, String err) {}

    /** Makes the house below {@code folder}; output of processes goes to files beside it. */
    static House build(Path folder) throws IOException {
        String library = System.getProperty("acuity.library", "build/libacuity.so");
        assumeTrue(Files.exists(SCRIPT) && Files.exists(Path.of(library)), "want the launcher and libacuity.so");
        House house = new House(folder);
        for (String below : new String[] {"src/main", "kernels", "native", "cmake", "build", "target"}) {
            Files.createDirectories(house.path(below));
        }
        Files.copy(SCRIPT, house.script());
        Files.createFile(house.path("CMakeLists.txt"));
        Files.createFile(house.path("pom.xml"));
        Files.copy(Path.of(library), house.path("build/libacuity.so"));
        jar(house.path("target/acuity.jar"));
        // an empty cache of classes stands for "could not be made": tests need not wait for it
        Files.createFile(house.path("target/acuity-" + System.getProperty("java.version") + ".aot"));
        Path stamp = Files.createFile(house.path("target/acuity.stamp"));
        Files.setLastModifiedTime(stamp, FileTime.from(Instant.now().plusSeconds(5)));
        return house;
    }

    Path path(String below) {
        return folder.resolve("a house with blanks").resolve(below);
    }

    Path script() {
        return path("acuity");
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

    ProcessBuilder command(Path program, Path where, String... arguments) {
        List<String> words = new ArrayList<>(List.of(program.toString()));
        words.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(words).directory(where.toFile());
        builder.redirectOutput(folder.resolve("out.txt").toFile());
        builder.redirectError(folder.resolve("err.txt").toFile());
        return builder;
    }

    /** Starts the launcher with these arguments in {@code folder}. */
    Process start(String... arguments) throws IOException {
        return command(script(), folder, arguments).start();
    }

    Ended ended(Process process) throws IOException, InterruptedException {
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new Ended(
                process.exitValue(),
                Files.readString(folder.resolve("out.txt")),
                Files.readString(folder.resolve("err.txt")));
    }
}
