package io.acuity.cli;

import io.acuity.data.Image;
import io.acuity.data.ImageException;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFolder;
import io.acuity.metric.Protocol;
import io.acuity.metric.Score;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code acuity metrics}: PSNR and SSIM of two pictures, or of the pairs of two folders. */
@Command(
        name = "acuity metrics",
        sortOptions = false,
        description =
                "Compares pictures: PSNR and SSIM of luma, PSNR of RGB. In folders pictures of one name are compared, "
                        + "whatever their format; baby.png also finds babyx4.png and baby_x4.png.",
        footer = {
            "",
            "Examples:",
            "  acuity metrics -a original.png -b upscaled.png --crop 4",
            "  acuity metrics -a Set5/HR -b results --crop 4 --protocol rcan",
            "  acuity metrics -a a.png -b b.png --json"
        })
final class MetricsCommand implements Verb {
    @Option(names = "-a", required = true, paramLabel = "FILE|DIR", description = "reference")
    Path reference = Path.of("");

    @Option(names = "-b", required = true, paramLabel = "FILE|DIR", description = "what is compared with it")
    Path other = Path.of("");

    @Option(
            names = "--crop",
            defaultValue = "0",
            paramLabel = "PIXELS",
            description = "leave out so many pixels at each side (default 0; papers: the scale)")
    int crop;

    @Option(
            names = "--protocol",
            defaultValue = "rcan",
            paramLabel = "NAME",
            description = "what luma is: rcan (default), basicsr, selfexsr or paper; printed with -v")
    String protocol = "rcan";

    @Option(names = "--json", description = "one JSON object for each pair: psnr_y, ssim_y, psnr_rgb")
    boolean json;

    @Option(
            names = {"-v", "--verbose"},
            description = "say what the figures mean")
    boolean verbose;

    @Mixin
    CommonOptions common = new CommonOptions();

    private record Pair(String name, Path reference, Path other) {}

    @Override
    public ExitCode run(Streams streams) {
        if (crop < 0) {
            throw new UsageException("--crop: want 0 or more, have " + crop);
        }
        Protocol named = Arguments.protocol(protocol);
        boolean folders = Files.isDirectory(Arguments.existing(reference));
        if (folders != Files.isDirectory(Arguments.existing(other))) {
            throw new UsageException("want two files or two folders, have one of each: " + reference + " and " + other);
        }
        if (verbose) {
            streams.tell(named.describe());
        }
        if (folders) {
            return compareFolders(streams, named);
        }
        String name = String.valueOf(reference.getFileName());
        Score score = compare(named, new Pair(name, reference, other));
        if (json) {
            streams.print(object(score));
        } else {
            streams.print("PSNR-Y %.4f dB   SSIM-Y %.6f   PSNR-RGB %.4f dB"
                    .formatted(score.psnrY(), score.ssimY(), score.psnrRgb()));
        }
        return ExitCode.DONE;
    }

    private ExitCode compareFolders(Streams streams, Protocol named) {
        List<String> failures = new ArrayList<>();
        List<Pair> pairs = pairs(failures);
        List<Score> scores = new ArrayList<>();
        int width =
                Math.max(4, pairs.stream().mapToInt(p -> p.name.length()).max().orElse(4));
        if (!json) {
            streams.print(("%-" + width + "s  %9s  %9s  %9s").formatted("name", "PSNR-Y", "SSIM-Y", "PSNR-RGB"));
        }
        for (Pair pair : pairs) {
            try {
                Score score = compare(named, pair);
                scores.add(score);
                if (json) {
                    Map<String, Object> line = new LinkedHashMap<>();
                    line.put("name", pair.name);
                    line.putAll(object(score));
                    streams.print(line);
                } else {
                    streams.print(row(width, pair.name, score));
                }
            } catch (ImageException | InputException e) {
                failures.add(Failures.sentence(e));
            }
        }
        if (!json && !scores.isEmpty()) {
            streams.print(row(width, "mean", Score.mean(scores)));
        }
        failures.forEach(streams::tell);
        return failures.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private List<Pair> pairs(List<String> failures) {
        Map<String, Path> others = new TreeMap<>();
        for (Path file : ImageFolder.list(other, false)) {
            others.put(plain(file), file);
            others.put(ImageFolder.stem(file), file);
        }
        List<Pair> pairs = new ArrayList<>();
        for (Path file : ImageFolder.list(reference, false)) {
            String stem = ImageFolder.stem(file);
            Path partner = others.getOrDefault(stem, others.get(plain(file)));
            if (partner == null) {
                failures.add(file + ": want a picture of this name in " + other + ", have none");
            } else {
                pairs.add(new Pair(stem, file, partner));
            }
        }
        if (pairs.isEmpty()) {
            throw new InputException(
                    "want pictures of the same names in " + reference + " and " + other + ", have none");
        }
        return pairs;
    }

    /** The stem without a scale at its end: {@code baby_x4.png} and {@code babyx4.png} give {@code baby}. */
    private static String plain(Path file) {
        String stem = ImageFolder.stem(file);
        String shorter = stem.replaceFirst("_?x[0-9]+$", "");
        return shorter.isEmpty() ? stem : shorter;
    }

    private Score compare(Protocol named, Pair pair) {
        Image a = ImageFile.read(pair.reference);
        Image b = ImageFile.read(pair.other);
        if (a.width() != b.width() || a.height() != b.height()) {
            throw new InputException(pair.other + ": want " + a.width() + "x" + a.height() + " as " + pair.reference
                    + " has, have " + b.width() + "x" + b.height());
        }
        if (Math.min(a.width(), a.height()) - 2L * crop < 11) {
            throw new InputException(pair.reference + ": want at least 11x11 pixels inside a border of " + crop
                    + ", have " + a.width() + "x" + a.height() + " with it");
        }
        return named.scoreShaved(Arguments.pixels(a), Arguments.pixels(b), crop);
    }

    private static Map<String, Object> object(Score score) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("psnr_y", Arguments.finite(score.psnrY()));
        line.put("ssim_y", score.ssimY());
        line.put("psnr_rgb", Arguments.finite(score.psnrRgb()));
        return line;
    }

    private static String row(int width, String name, Score score) {
        return ("%-" + width + "s  %9.4f  %9.6f  %9.4f").formatted(name, score.psnrY(), score.ssimY(), score.psnrRgb());
    }
}
