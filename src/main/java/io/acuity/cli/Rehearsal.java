package io.acuity.cli;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Runs the quick verbs once on a tiny picture, so that the launcher can keep the classes they load for later starts. */
final class Rehearsal {
    private static final int SIDE = 48;

    private Rehearsal() {}

    /** The argument is a folder, to which files are written. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        byte[] samples = new byte[SIDE * SIDE * 3];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (byte) (i * 7);
        }
        Image picture = Image.of(SIDE, SIDE, 3, samples);
        for (String end : new String[] {"png", "jpg"}) {
            Path file = folder.resolve("picture." + end);
            ImageFile.write(picture, file);
            String name = file.toString();
            run("metrics", "-a", name, "-b", name, "--json");
            run("degrade", "-i", name, "-o", folder.resolve("small.png").toString());
            Preload.start(); // as the process does
            run("upscale", "-i", name, "-o", folder.resolve("large.png").toString());
        }
        run("devices");
        run("upscale", "-o", folder.resolve("sample.png").toString());
        run("upscale", "--help");
        run("upscale", "--no-such-option");
    }

    private static void run(String... arguments) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        Acuity.run(new Streams(InputStream.nullInputStream(), nowhere, nowhere, false), arguments);
    }
}
