package io.acuity.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One way of training in an experiment.
 *
 * @param label as it stands in the configuration: {@code pcl loss_weight=0.005}
 * @param overrides what it changes in the configuration, as {@code key=value}
 */
record Arm(String label, List<String> overrides) {
    private static final String SECTION = "train.contrastive_opt.";

    /** Reads an arm of the configuration. */
    static Arm parse(String label) {
        String[] words = label.strip().split("\\s+", -1);
        List<String> overrides = new ArrayList<>(List.of(Contrastive.PRESET + "=" + words[0]));
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals <= 0) {
                throw new ConfigException("experiment.arms: want a preset and key=value pairs, have \"" + label + "\"");
            }
            // a bare name is a key of the section that arms are about, unless it is EDSR's name of another one
            String name = words[i].substring(0, equals);
            overrides.add((name.contains(".") || ConfigFile.isKey(name) ? "" : SECTION) + words[i]);
        }
        return new Arm(label.strip(), List.copyOf(overrides));
    }

    /** The name of its folder with a seed. */
    String folder(long seed) {
        return label.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.]+", "-") + "-seed-" + seed;
    }
}
