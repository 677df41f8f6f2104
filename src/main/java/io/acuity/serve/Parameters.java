package io.acuity.serve;

import io.acuity.data.ImageFormat;
import io.acuity.data.Metadata;
import io.acuity.data.WriteOptions;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for, from its query.
 *
 * @param model name of a model, null for the first
 * @param scale final factor, 0 for the model's own
 * @param format of the answer
 * @param selfEnsemble mean of eight turned results
 */
record Parameters(
        @Nullable String model, double scale, ImageFormat format, boolean selfEnsemble, WriteOptions options) {
    private static final Set<String> KNOWN =
            Set.of("model", "scale", "format", "quality", "background", "metadata", "self_ensemble");

    /** Reads a query; unknown names and values are refused, for a misspelt one would be lost silently. */
    static Parameters of(Map<String, String> query) {
        for (String name : query.keySet()) {
            if (!KNOWN.contains(name)) {
                throw Refusal.badRequest(
                        "want parameters of " + KNOWN.stream().sorted().toList() + ", have " + Text.shown(name));
            }
        }
        WriteOptions options = WriteOptions.DEFAULT;
        String quality = query.get("quality");
        if (quality != null) {
            options = options.withQuality((int) number("quality", quality, 1, 100));
        }
        String background = query.get("background");
        if (background != null) {
            if (!background.matches("#?[0-9A-Fa-f]{6}")) {
                throw Refusal.badRequest("background: want RRGGBB, have " + Text.shown(background));
            }
            options = options.withBackground(Integer.parseInt(background.replace("#", ""), 16));
        }
        options = options.withMetadata(policy(query.getOrDefault("metadata", "keep")));
        String scale = query.get("scale");
        return new Parameters(
                query.get("model"),
                scale == null ? 0 : number("scale", scale, 1, 16),
                format(query.getOrDefault("format", "png")),
                flag(query.getOrDefault("self_ensemble", "0")),
                options);
    }

    private static double number(String name, String text, double least, double most) {
        if (text.matches("[0-9]{1,4}(\\.[0-9]{1,6})?")) {
            double value = Double.parseDouble(text);
            if (value >= least && value <= most) {
                return value;
            }
        }
        throw Refusal.badRequest(
                name + ": want a number from " + (int) least + " to " + (int) most + ", have " + Text.shown(text));
    }

    private static ImageFormat format(String text) {
        ImageFormat format = ImageFormat.ofName(text).orElse(null);
        if (format == null || !format.writable() || text.contains(".")) {
            throw Refusal.badRequest("format: want png, jpg, tif or bmp, have " + Text.shown(text));
        }
        return format;
    }

    private static Metadata.Policy policy(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "keep" -> Metadata.Policy.KEEP;
            case "safe" -> Metadata.Policy.SAFE;
            case "strip" -> Metadata.Policy.STRIP;
            default -> throw Refusal.badRequest("metadata: want keep, safe or strip, have " + Text.shown(text));
        };
    }

    private static boolean flag(String text) {
        return switch (text) {
            case "0", "false" -> false;
            case "1", "true" -> true;
            default -> throw Refusal.badRequest("self_ensemble: want 0 or 1, have " + Text.shown(text));
        };
    }
}
