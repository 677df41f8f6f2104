package io.acuity.train;

import java.util.List;

/** What {@code acuity experiment} compares: the same training under several losses. */
public record Comparison(
        @Setting(
                key = "arms",
                value = "l1, pcl, pcl-released",
                doc =
                        "each a preset of train.contrastive_opt, and key=value pairs that change it, separated by blanks; gains "
                                + "are over the first")
        List<String> arms,

        @Setting(
                key = "seeds",
                value = "1",
                min = 0,
                max = 1e9,
                doc = "each arm is trained once with each of these seeds")
        List<Long> seeds,

        @Setting(
                key = "sets",
                doc = "benchmark folders, each with HR/ and LR_bicubic/X<scale>/, that the results are measured on")
        List<String> sets,

        @Setting(
                key = "protocol",
                value = "rcan",
                choices = {"rcan", "basicsr", "selfexsr", "paper"},
                doc = "how pictures are compared")
        String protocol,

        @Setting(
                key = "resamples",
                value = "10000",
                min = 100,
                max = 1e7,
                doc = "bootstrap samples behind each interval")
        int resamples) {

    public Comparison {
        if (arms.size() < 2) {
            throw new ConfigException(
                    "experiment.arms: want two or more, the first of which the others are compared with," + " have "
                            + arms);
        }
        if (seeds.isEmpty()) {
            throw new ConfigException("experiment.seeds: want at least one, have none");
        }
        distinct("arms", arms);
        distinct("seeds", seeds);
    }

    private static void distinct(String key, List<?> values) {
        if (values.stream().distinct().count() < values.size()) {
            throw new ConfigException("experiment." + key + ": want each once, have " + values);
        }
    }
}
