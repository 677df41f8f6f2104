package io.acuity.cli;

import io.acuity.data.Bicubic;
import io.acuity.data.ImageFormat;
import io.acuity.metric.Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /** Refuses a path with nothing behind it. */
    static Path existing(Path path) {
        if (!Files.exists(path)) {
            throw new InputException(path + ": no such file or folder");
        }
        return path;
    }
}
