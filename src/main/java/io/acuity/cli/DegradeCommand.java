package io.acuity.cli;

import io.acuity.data.Bicubic;
import io.acuity.data.Degrade;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.WriteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code acuity degrade}: low-resolution pictures as benchmark sets have them. */
@Command(
        name = "acuity degrade",
        sortOptions = false,
        description =
                "Shrinks pictures as MATLAB's bicubic imresize does, after cutting them at the right and the bottom "
                        + "to multiples of the scale. The three conventions differ, and figures depend on which was used.",
        footer = {
            "",
            "Examples:",
            "  acuity degrade -i HR -o LR_bicubic/X4 -s 4",
            "  acuity degrade -i HR -o LR -s 2 --convention mirrored-double --recursive",
            "  acuity degrade -i photo.png -o small.png -s 3"
        })
final class DegradeCommand implements Verb {
    @Option(
            names = {"-i", "--input"},
            required = true,
            paramLabel = "FILE|DIR",
            description = "picture or folder of pictures")
    Path input = Path.of("");

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE|DIR",
            description = "where results go")
    Path output = Path.of("");

    @Option(
            names = {"-s", "--scale"},
            defaultValue = "4",
            paramLabel = "N",
            description = "how many times smaller (default 4)")
    int scale;

    @Option(
            names = "--convention",
            defaultValue = "clamped-u8",
            paramLabel = "NAME",
            description = {
                "clamped-u8, older MATLAB and most benchmark sets (default);",
                "mirrored-u8, later MATLAB on 8-bit pictures;",
                "mirrored-double, later MATLAB on doubles, and BasicSR"
            })
    String convention = "clamped-u8";

    @Option(
            names = {"-f", "--format"},
            paramLabel = "END",
            description = "png (default), jpg, tif or bmp")
    @Nullable
    String format;

    @Mixin
    BatchOptions batch = new BatchOptions();

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) throws IOException {
        if (scale < 2 || scale > 16) {
            throw new UsageException("--scale: want 2 to 16, have " + scale);
        }
        Bicubic.Convention named = Arguments.convention(convention);
        ImageFormat end = Arguments.format(format, ImageFormat.PNG);
        String suffix = batch.suffix == null ? "x" + scale : batch.suffix;
        Job.Naming naming = new Job.Naming(suffix, end.extension());
        Batch all = new Batch(streams, batch, (job, result) -> shrink(job, named, end, result));
        if (Files.isDirectory(input)) {
            return all.all(Job.ofFolder(input, output, naming, batch.recursive), output);
        }
        Job job = Job.ofFile(input, output, naming);
        return all.one(job);
    }

    private void shrink(Job job, Bicubic.Convention named, ImageFormat end, Map<String, Object> result) {
        Image picture = ImageFile.read(job.input());
        if (picture.width() < scale || picture.height() < scale) {
            throw new InputException(
                    job.input() + ": want at least " + scale + "x" + scale + " pixels to shrink, have " + picture);
        }
        Image small = Degrade.apply(picture, scale, named);
        ImageFormat wanted = format != null
                ? end
                : Arguments.writable(
                        job.output().toString(),
                        ImageFormat.ofName(job.output().toString()).orElse(end));
        ImageFile.write(small, job.output(), wanted, WriteOptions.DEFAULT);
        result.put("width", small.width());
        result.put("height", small.height());
    }
}
