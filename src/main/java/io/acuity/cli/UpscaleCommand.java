package io.acuity.cli;

import io.acuity.data.ImageFormat;
import io.acuity.data.Metadata;
import io.acuity.data.WriteOptions;
import io.acuity.device.Device;
import io.acuity.infer.Upscaler;
import io.acuity.model.Network;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code acuity upscale}: one picture, a folder of pictures, or standard input to standard output. */
@Command(
        name = "acuity upscale",
        sortOptions = false,
        description =
                "Enlarges pictures. Alpha, 16 bits, colour profile and orientation are kept. Without -i it takes a "
                        + "built-in picture. In a folder, results that are there are not made again: just start it anew.",
        footer = {
            "",
            "Examples:",
            "  acuity upscale -i photo.jpg -o large.png",
            "  acuity upscale -i photos -o large --recursive -f jpg -c 90",
            "  acuity upscale -i - -o - < small.png > large.png"
        })
final class UpscaleCommand implements Verb {
    private static final String STREAM = "-";
    private static final String SAMPLE = "/io/acuity/sample/sample_lr.png";

    @Option(
            names = {"-i", "--input"},
            paramLabel = "FILE|DIR|-",
            description = "picture, folder of pictures, or standard input")
    @Nullable
    Path input;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE|DIR|-",
            description = "where results go (default: beside the input)")
    @Nullable
    Path output;

    @Option(
            names = {"-s", "--scale"},
            paramLabel = "FACTOR",
            description = "1 to the model's; below it a bicubic shrinks the result")
    @Nullable
    Double scale;

    @Mixin
    ModelOptions model = new ModelOptions();

    @Mixin
    DeviceOptions device = new DeviceOptions();

    @Option(
            names = {"-t", "--tile"},
            defaultValue = "0",
            paramLabel = "PIXELS",
            description = "side of a tile, for the same result (0: automatic)")
    int tile;

    @Option(
            names = "--approximate-tiles",
            description =
                    "let networks that look at the whole picture work tile by tile: a little other result, less memory")
    boolean approximateTiles;

    @Option(
            names = {"-x", "--self-ensemble"},
            description = "mean of eight turned results: a bit better, 8 times slower")
    boolean selfEnsemble;

    @Option(
            names = {"-f", "--format"},
            paramLabel = "END",
            description = "png, jpg, tif or bmp (default: as -o ends, else png)")
    @Nullable
    String format;

    @Option(
            names = {"-c", "--quality"},
            paramLabel = "1..100",
            description = "quality of JPEG (default 95)")
    @Nullable
    Integer quality;

    @Option(
            names = "--background",
            paramLabel = "COLOUR",
            description = "what JPEG shows below alpha, #RRGGBB (default white)")
    @Nullable
    String background;

    @Option(
            names = "--metadata",
            paramLabel = "HOW",
            description = "keep (default), strip, or safe: no place, no thumbnail")
    Metadata.@Nullable Policy metadata;

    @Mixin
    BatchOptions batch = new BatchOptions();

    @Option(
            names = {"-v", "--verbose"},
            description = "say which device and model are used")
    boolean verbose;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) throws IOException {
        WriteOptions options = writeOptions();
        if (input != null && !isStream(input)) {
            Arguments.existing(input);
        }
        if (format != null) {
            Arguments.format(format, ImageFormat.PNG);
        }
        if (tile < 0) {
            throw new UsageException("--tile: want 0 or more, have " + tile);
        }
        device.setThreads();
        try (Preload.Ready ready = ready();
                Upscaler upscaler =
                        new Upscaler(ready.network(), new Upscaler.Options(tile, selfEnsemble, 0, approximateTiles))) {
            Network network = ready.network();
            if (approximateTiles && !network.tilesExactly()) {
                streams.tell("pictures divided into tiles come out a little different than whole, for "
                        + network.architecture() + " looks at the whole picture");
            }
            double factor = factor(upscaler.scale());
            if (verbose) {
                streams.tell("device " + ready.device().describe() + ", model " + model.name() + " (times "
                        + upscaler.scale() + ")");
            }
            ExitCode code = run(streams, new Enlarger(upscaler, factor, options, model.name()));
            Redone.tell(streams, upscaler);
            return code;
        }
    }

    private Preload.Ready ready() {
        Preload.Ready ready = Preload.take(device.name(), device.precision(), model.name());
        if (ready != null) {
            return ready;
        }
        Device opened = device.open();
        try {
            Network network = model.read(opened, scale == null ? 0 : (int) Math.ceil(scale));
            return new Preload.Ready(opened, network, CompletableFuture.completedFuture(null));
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    private ExitCode run(Streams streams, Enlarger enlarger) throws IOException {
        Job.Naming naming = new Job.Naming(
                suffix(enlarger), Arguments.format(format, ImageFormat.PNG).extension());
        Path from = input;
        if (from != null && Files.isDirectory(from)) {
            return folder(streams, enlarger, from, naming);
        }
        boolean stream = from != null && isStream(from);
        if (output == null ? stream : isStream(output)) {
            return toStream(streams, enlarger, read(streams, from));
        }
        if (from == null) {
            return one(streams, enlarger, read(streams, from), place(Path.of("sample.png"), naming));
        }
        if (stream) {
            return one(streams, enlarger, read(streams, from), place(Path.of("stdin.png"), naming));
        }
        Job job = Job.ofFile(from, output, naming);
        return one(streams, enlarger, read(streams, job.input()), job.output());
    }

    private static boolean isStream(Path path) {
        return path.toString().equals(STREAM);
    }

    /** Where the result of a picture without a file goes. */
    private Path place(Path named, Job.Naming naming) {
        Path file = Path.of(naming.of(named, false));
        return output == null ? file : Files.isDirectory(output) ? output.resolve(file) : output;
    }

    private static Enlarger.Input read(Streams streams, @Nullable Path from) throws IOException {
        if (from == null) {
            return sample();
        }
        return isStream(from)
                ? new Enlarger.Input("standard input", null, streams.in().readAllBytes())
                : Enlarger.Input.of(from);
    }

    private ExitCode toStream(Streams streams, Enlarger enlarger, Enlarger.Input from) throws IOException {
        if (batch.json || batch.dryRun) {
            throw new UsageException("--json and --dry-run: want a result in a file, have standard output");
        }
        enlarger.toStream(from, streams, end(null));
        return ExitCode.DONE;
    }

    private ExitCode one(Streams streams, Enlarger enlarger, Enlarger.Input from, Path to) {
        if (batch.dryRun) {
            streams.print(from.name() + " -> " + to);
            return ExitCode.DONE;
        }
        ImageFormat end = end(to);
        long start = System.nanoTime();
        Enlarger.Size size;
        try (Progress progress = Progress.of(streams, "upscaling", batch.quiet)) {
            size = enlarger.toFile(from, to, end, progress::at);
        }
        if (batch.json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("input", from.name());
            result.put("output", to.toString());
            result.put("status", "done");
            result.put("width", size.width());
            result.put("height", size.height());
            result.put("ms", Math.round((System.nanoTime() - start) / 1e5) / 10.0);
            streams.print(result);
        } else if (!batch.quiet) {
            streams.tell(to + ": " + size.width() + "x" + size.height()
                    + (input == null ? " from the built-in picture; -i takes one of yours" : ""));
        }
        return ExitCode.DONE;
    }

    private ExitCode folder(Streams streams, Enlarger enlarger, Path from, Job.Naming naming) throws IOException {
        if (output != null && isStream(output)) {
            throw new UsageException("-o: want a folder for the results of the folder " + from + ", have -");
        }
        ImageFormat end = Arguments.format(format, ImageFormat.PNG);
        Batch all = new Batch(streams, batch, (job, result) -> {
            Enlarger.Size size =
                    enlarger.toFile(Enlarger.Input.of(job.input()), job.output(), end, Upscaler.Progress.NONE);
            result.put("width", size.width());
            result.put("height", size.height());
        });
        return all.all(Job.ofFolder(from, output, naming, batch.recursive), output == null ? from : output);
    }

    private static Enlarger.Input sample() throws IOException {
        try (InputStream in = UpscaleCommand.class.getResourceAsStream(SAMPLE)) {
            if (in == null) {
                throw new UsageException("-i: want a picture, a folder or -; this build has no built-in picture");
            }
            return new Enlarger.Input("the built-in picture", null, in.readAllBytes());
        }
    }

    private double factor(int modelScale) {
        if (scale == null) {
            return modelScale;
        }
        if (!(scale >= 1 && scale <= modelScale)) {
            throw new UsageException("--scale: want 1 to " + modelScale + " with the model " + model.name() + ", have "
                    + Arguments.number(scale));
        }
        return scale;
    }

    private String suffix(Enlarger enlarger) {
        return batch.suffix == null ? "_x" + Arguments.number(enlarger.factor()) : batch.suffix;
    }

    /** The format of a result: as asked for, else as its name ends, else PNG. */
    private ImageFormat end(@Nullable Path file) {
        if (format != null || file == null) {
            return Arguments.format(format, ImageFormat.PNG);
        }
        ImageFormat named = ImageFormat.ofName(file.getFileName().toString())
                .orElseThrow(() -> new UsageException(
                        "-o: want a name ending with .png, .jpg, .tif or .bmp, or -f, have " + file));
        return Arguments.writable("-o", named);
    }

    private WriteOptions writeOptions() {
        WriteOptions options = WriteOptions.DEFAULT;
        if (quality != null) {
            if (quality < 1 || quality > 100) {
                throw new UsageException("--quality: want 1 to 100, have " + quality);
            }
            options = options.withQuality(quality);
        }
        if (background != null) {
            options = options.withBackground(Arguments.colour(background));
        }
        return metadata == null ? options : options.withMetadata(metadata);
    }
}
