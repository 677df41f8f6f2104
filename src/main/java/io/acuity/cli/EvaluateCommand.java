package io.acuity.cli;

import io.acuity.data.BenchmarkSet;
import io.acuity.data.Image;
import io.acuity.device.Device;
import io.acuity.infer.Upscaler;
import io.acuity.metric.Protocol;
import io.acuity.metric.Score;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.model.Vdsr;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code acuity evaluate}: a model on benchmark sets, as papers report it. */
@Command(
        name = "acuity evaluate",
        sortOptions = false,
        description = "Measures a model on benchmark sets, folders with HR/NAME.png and LR_bicubic/X4/NAMEx4.png: "
                + "mean PSNR and SSIM of luma, and PSNR of RGB, under a named protocol.",
        footer = {
            "",
            "Examples:",
            "  acuity evaluate --data Set5,Set14",
            "  acuity evaluate -n experiments/mine/model.safetensors --data Set5 -v",
            "  acuity evaluate -n bicubic --data Set5 -s 4 --protocol paper --json"
        })
final class EvaluateCommand implements Verb {
    private static final String BICUBIC = "bicubic";

    @Option(
            names = {"-n", "--model"},
            defaultValue = Models.DEFAULT,
            paramLabel = "MODEL",
            description = "shipped model, file.safetensors, file.pth, or bicubic (default ${DEFAULT-VALUE})")
    String model = Models.DEFAULT;

    @Option(
            names = "--data",
            required = true,
            split = ",",
            paramLabel = "DIR",
            description = "benchmark sets, separated by commas")
    List<Path> data = List.of();

    @Option(
            names = {"-s", "--scale"},
            defaultValue = "4",
            paramLabel = "N",
            description = "scale of the sets' LR pictures (default 4)")
    int scale;

    @Option(
            names = "--protocol",
            defaultValue = "rcan",
            paramLabel = "NAME",
            description = "how pictures are compared: rcan (default), basicsr, selfexsr, paper, vdsr")
    String protocol = "rcan";

    @Mixin
    DeviceOptions device = new DeviceOptions();

    @Option(
            names = {"-x", "--self-ensemble"},
            description = "mean of eight turned results")
    boolean selfEnsemble;

    @Option(
            names = "--json",
            description = "one JSON object for each set: set, scale, images, psnr_y, ssim_y, psnr_rgb, protocol")
    boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "no progress")
    boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "show every picture, and what the figures mean")
    boolean verbose;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) {
        boolean luma = protocol.equalsIgnoreCase(Protocol.VDSR.name());
        Protocol named = luma ? Protocol.VDSR : Arguments.protocol(protocol);
        List<BenchmarkSet> sets = new ArrayList<>();
        for (Path folder : data) {
            sets.add(BenchmarkSet.of(Arguments.existing(folder), scale));
        }
        if (verbose) {
            streams.tell(named.describe());
        }
        if (model.equals(BICUBIC)) {
            if (selfEnsemble || device.device != null || device.precision != null || device.threads != null) {
                throw new UsageException("-x, -g, --precision and --threads: want a network, have " + BICUBIC);
            }
            evaluate(streams, named, sets, BICUBIC, pair -> Reference.bicubic(named, pair, scale));
            return ExitCode.DONE;
        }
        try (Device opened = device.open()) {
            Network network = Models.open(model, opened, scale);
            try (Upscaler upscaler = new Upscaler(network, new Upscaler.Options(0, selfEnsemble, 0))) {
                if (network.scale() != scale) {
                    throw new UsageException("--scale: want " + network.scale() + ", which the model " + model
                            + " is for, have " + scale);
                }
                if (luma && (selfEnsemble || !(network instanceof Vdsr))) {
                    throw new UsageException("--protocol vdsr: want a network that works on luma, without -x, have "
                            + network.architecture() + (selfEnsemble ? " with -x" : ""));
                }
                String what = model + " on " + opened.describe() + (selfEnsemble ? ", self-ensemble" : "");
                evaluate(streams, named, sets, what, pair -> network(network, upscaler, named, pair));
                Redone.tell(streams, upscaler);
            } finally {
                network.parameters().close();
            }
        }
        return ExitCode.DONE;
    }

    @FunctionalInterface
    private interface Method {
        Score score(BenchmarkSet.Images pair);
    }

    /** Grey pictures go through the network as three equal channels when the protocol sees them so. */
    private Score network(Network network, Upscaler upscaler, Protocol named, BenchmarkSet.Images pair) {
        if (named.name().equals(Protocol.VDSR.name()) && network instanceof Vdsr vdsr) {
            return LumaScore.of(vdsr, Arguments.pixels(pair.hr().to8()), scale);
        }
        UnaryOperator<Image> seen = named.repeatGrey() ? Image::rgb : picture -> picture;
        Image sr = upscaler.upscale(seen.apply(pair.lr().to8()));
        return named.score(Arguments.pixels(pair.hr().to8()), Arguments.pixels(sr), scale);
    }

    private void evaluate(Streams streams, Protocol named, List<BenchmarkSet> sets, String what, Method method) {
        if (!json) {
            streams.print("%s, scale %d, protocol %s".formatted(what, scale, named.name()));
            streams.print("%-16s %6s  %8s  %8s  %8s".formatted("set", "images", "PSNR-Y", "SSIM-Y", "PSNR-RGB"));
        }
        long total = sets.stream().mapToLong(set -> set.pairs().size()).sum();
        long done = 0;
        try (Progress progress = Progress.of(streams, "evaluating", quiet)) {
            for (BenchmarkSet set : sets) {
                List<Score> scores = new ArrayList<>();
                for (BenchmarkSet.Pair pair : set.pairs()) {
                    progress.at(done++, total);
                    Score score = method.score(set.read(pair));
                    scores.add(score);
                    if (verbose) {
                        progress.clear();
                        print(streams, set.name() + "/" + pair.name(), 1, score, named, true);
                    }
                }
                progress.clear();
                print(streams, set.name(), scores.size(), Score.mean(scores), named, false);
            }
        }
    }

    private void print(Streams streams, String name, int images, Score score, Protocol named, boolean single) {
        if (!json) {
            streams.print("%-16s %6s  %8.4f  %8.6f  %8.4f"
                    .formatted(name, single ? "" : images, score.psnrY(), score.ssimY(), score.psnrRgb()));
            return;
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put(single ? "image" : "set", name);
        line.put("scale", scale);
        line.put("images", images);
        line.put("psnr_y", Arguments.finite(score.psnrY()));
        line.put("ssim_y", score.ssimY());
        line.put("psnr_rgb", Arguments.finite(score.psnrRgb()));
        line.put("protocol", named.name());
        streams.print(line);
    }
}
