package io.acuity.cli;

import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.ImageHeader;
import io.acuity.data.Limits;
import io.acuity.data.RowReader;
import io.acuity.data.RowWriter;
import io.acuity.data.WriteOptions;
import io.acuity.infer.Upscaler;
import io.acuity.weights.AtomicFile;
import io.acuity.weights.WeightsException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Makes one enlarged picture file of one picture file, in bands, so that huge pictures need little memory. */
final class Enlarger {
    private static final Limits LIMITS = Limits.DEFAULT;

    private final Upscaler upscaler;
    private final double factor;
    private final WriteOptions options;
    private final String model;

    /**
     * An enlarger by {@code factor}.
     *
     * @param factor at most the network's own; below it the result is shrunk by MATLAB's bicubic, whole in memory
     * @param model what messages call the network
     */
    Enlarger(Upscaler upscaler, double factor, WriteOptions options, String model) {
        this.upscaler = upscaler;
        this.factor = factor;
        this.options = options;
        this.model = model;
    }

    /** A picture in a file or in memory. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Input(String name, @Nullable Path file, byte[] bytes) {
        static Input of(Path file) {
            return new Input(file.toString(), file, new byte[0]);
        }

        ImageHeader header() {
            return file == null ? ImageFile.header(bytes, name, LIMITS) : ImageFile.header(file, LIMITS);
        }

        RowReader open() {
            return file == null ? RowReader.open(bytes, name, LIMITS) : RowReader.open(file, LIMITS);
        }
    }

    /** Of a result, in pixels. */
    record Size(int width, int height) {}

    double factor() {
        return factor;
    }

    /** Writes a file, completely or not at all. */
    Size toFile(Input input, Path output, ImageFormat format, Upscaler.Progress progress) {
        // looked at before the output is touched: most mistakes show here
        LIMITS.checkOutput(input.name(), input.header(), upscaler.scale());
        Size[] size = new Size[1];
        try (RowReader lr = input.open()) {
            AtomicFile.write(output, out -> size[0] = enlarge(lr, out, output.toString(), format, progress));
        } catch (ArithmeticException e) {
            throw new WeightsException("model " + model + " with " + input.name() + ": " + e.getMessage(), e);
        }
        return size[0];
    }

    /** Writes to standard output, nothing before the picture is complete. */
    void toStream(Input input, Streams streams, ImageFormat format) throws IOException {
        Path temporary = AtomicFile.temporary(Path.of(System.getProperty("java.io.tmpdir")));
        temporary.toFile().deleteOnExit();
        try {
            toFile(input, temporary, format, Upscaler.Progress.NONE);
            copy(temporary, streams);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void copy(Path file, Streams streams) {
        try {
            Files.copy(file, streams.out());
        } catch (IOException e) {
            throw new Streams.OutputGoneException(e);
        }
    }

    private Size enlarge(RowReader lr, OutputStream out, String name, ImageFormat format, Upscaler.Progress progress) {
        if (factor != upscaler.scale()) {
            return shrunk(lr, out, name, format);
        }
        RowWriter.Layout layout = upscaler.layout(lr);
        try (RowWriter sr = RowWriter.open(out, name, format, layout, options)) {
            upscaler.upscale(lr, sr, progress);
        }
        return new Size(layout.width(), layout.height());
    }

    private Size shrunk(RowReader lr, OutputStream out, String name, ImageFormat format) {
        Image sr = upscaler.upscale(lr.read(lr.height()).withMetadata(lr.metadata()));
        int width = (int) Math.max(1, Math.round(lr.width() * factor));
        int height = (int) Math.max(1, Math.round(lr.height() * factor));
        Image result = Bicubic.resize(sr, width, height, Bicubic.Convention.MIRRORED_DOUBLE);
        ImageFile.write(result, out, name, format, options);
        return new Size(width, height);
    }
}
