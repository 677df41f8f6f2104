package io.acuity.cli;

import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.data.ImageFormat;
import io.acuity.metric.Pixels;
import io.acuity.metric.Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Words of the command line as the values they stand for. */
final class Arguments {
    private Arguments() {}

    /** A writable picture format by the end of a file name; {@code fallback} without one. */
    static ImageFormat format(@Nullable String end, ImageFormat fallback) {
        if (end == null) {
            return fallback;
        }
        return writable(
                "--format",
                ImageFormat.ofName(end.startsWith(".") ? end.substring(1) : end)
                        .orElseThrow(
                                () -> new UsageException("--format: want png, jpg, tif or bmp, have \"" + end + "\"")));
    }

    /** The same format if it can be written; {@code what} asked for it. */
    static ImageFormat writable(String what, ImageFormat format) {
        if (!format.writable()) {
            throw new UsageException(
                    what + ": want png, jpg, tif or bmp to write, have " + format.extension() + ", which is only read");
        }
        return format;
    }

    static Bicubic.Convention convention(String label) {
        try {
            return Bicubic.Convention.of(label);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--convention: " + e.getMessage());
        }
    }

    static Protocol protocol(String name) {
        try {
            return Protocol.of(name);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--" + e.getMessage());
        }
    }

    /** Width and height of {@code 320x180}. */
    static int[] size(String text) {
        Matcher sides = Pattern.compile("([1-9][0-9]{0,5})x([1-9][0-9]{0,5})").matcher(text);
        if (!sides.matches()) {
            throw new UsageException("--size: want WIDTHxHEIGHT in pixels, have \"" + text + "\"");
        }
        return new int[] {Integer.parseInt(sides.group(1)), Integer.parseInt(sides.group(2))};
    }

    /** A factor without needless zeros: {@code 4}, {@code 3.5}. */
    static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    /** A colour as 0xRRGGBB: {@code white}, {@code black}, {@code #RRGGBB}. */
    static int colour(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "white" -> 0xFFFFFF;
            case "black" -> 0;
            default -> {
                if (!text.matches("#?[0-9A-Fa-f]{6}")) {
                    throw new UsageException("--background: want white, black or #RRGGBB, have \"" + text + "\"");
                }
                yield Integer.parseInt(text.replace("#", ""), 16);
            }
        };
    }

    /** A picture as metrics take it. */
    static Pixels pixels(Image image) {
        return image.bitDepth() == 8
                ? Pixels.of(image.width(), image.height(), image.channels(), image.bytes())
                : Pixels.of(image.width(), image.height(), image.channels(), image.shorts());
    }

    /** JSON has no infinity, which is the PSNR of equal pictures. */
    static Object finite(double value) {
        return Double.isFinite(value) ? (Object) value : "infinity";
    }

    /** Refuses a path with nothing behind it. */
    static Path existing(Path path) {
        if (!Files.exists(path)) {
            throw new InputException(path + ": no such file or folder");
        }
        return path;
    }
}
