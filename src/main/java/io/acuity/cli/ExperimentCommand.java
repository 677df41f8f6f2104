package io.acuity.cli;

import io.acuity.train.Experiment;
import io.acuity.train.Gains;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code acuity experiment}: trains the same network in several ways and says what each gains. */
@Command(
        name = "acuity experiment",
        sortOptions = false,
        description =
                "Trains the arms of an experiment from one starting model, with the same seeds, patches and schedule, and "
                        + "measures what they gain over the first arm, with 95 % intervals by bootstrap over pictures. Started again, "
                        + "it goes on where it was. Everything lies in experiments/NAME.",
        footer = {
            "",
            "Examples:",
            "  acuity experiment pcl-gain -c docs/recipes/pcl_gain_small.yml",
            "  acuity experiment pcl-gain -c mine.yml --set experiment.seeds=[1,2,3] --json",
            "  acuity experiment pcl-gain -c mine.yml --set name=mine-5000 --set train.total_iter=5000"
        })
final class ExperimentCommand implements Verb {
    private static final String PCL_GAIN = "pcl-gain";

    @Parameters(paramLabel = "NAME", description = "pcl-gain: what contrastive learning gains over pixels alone")
    String what = "";

    @Mixin
    RunOptions options = new RunOptions();

    @Option(
            names = "--json",
            description = "one JSON object for each arm and set: arm, set, images, seeds, psnr_y, ssim_y, gain_psnr, "
                    + "gain_psnr_interval, images_better, gain_ssim, gain_ssim_interval")
    boolean json;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) {
        if (!what.equals(PCL_GAIN)) {
            throw new UsageException("experiment: want " + PCL_GAIN + ", have \"" + what + "\"");
        }
        Experiment experiment =
                Experiment.of(Arguments.existing(options.config), options.overrides(), System.getenv(), streams::tell);
        Optional<Gains> gains;
        try (Stopping _ = Stopping.with(experiment::stop)) {
            gains = experiment.run();
        }
        if (gains.isEmpty()) {
            return ExitCode.FAILED;
        }
        print(streams, gains.get());
        return ExitCode.DONE;
    }

    private void print(Streams streams, Gains gains) {
        if (!json) {
            streams.print("%-28s %-9s %6s %5s  %8s  %8s  %-30s  %6s  %s"
                    .formatted(
                            "arm",
                            "set",
                            "images",
                            "seeds",
                            "PSNR-Y",
                            "SSIM-Y",
                            "gain dB (95 %)",
                            "better",
                            "gain SSIM"));
        }
        for (Gains.Row row : gains.rows()) {
            if (json) {
                streams.print(object(row));
            } else {
                streams.print("%-28s %-9s %6d %5d  %8.4f  %8.6f  %-30s  %6s  %s"
                        .formatted(
                                row.arm(),
                                row.set(),
                                row.images(),
                                row.seeds(),
                                row.mean().psnrY(),
                                row.mean().ssimY(),
                                row.psnr()
                                        .map(p -> "%+.4f (%+.4f to %+.4f)".formatted(p.mean(), p.low(), p.high()))
                                        .orElse("compared with"),
                                row.psnr()
                                        .map(p -> p.better() + "/" + row.images())
                                        .orElse(""),
                                row.ssim().map(s -> "%+.5f".formatted(s.mean())).orElse("")));
            }
        }
    }

    private static Map<String, Object> object(Gains.Row row) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("arm", row.arm());
        line.put("set", row.set());
        line.put("images", row.images());
        line.put("seeds", row.seeds());
        line.put("psnr_y", Arguments.finite(row.mean().psnrY()));
        line.put("ssim_y", row.mean().ssimY());
        row.psnr().ifPresent(p -> {
            line.put("gain_psnr", p.mean());
            line.put("gain_psnr_interval", List.of(p.low(), p.high()));
            line.put("images_better", p.better());
        });
        row.ssim().ifPresent(s -> {
            line.put("gain_ssim", s.mean());
            line.put("gain_ssim_interval", List.of(s.low(), s.high()));
        });
        return line;
    }
}
