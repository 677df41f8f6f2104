package io.acuity.serve;

import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.data.ImageException;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.ImageHeader;
import io.acuity.data.Limits;
import io.acuity.data.RowReader;
import io.acuity.data.RowWriter;
import io.acuity.infer.Batcher;
import io.acuity.infer.Cancel;
import io.acuity.infer.Upscaler;
import io.acuity.model.Network;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.SequencedMap;

/** Bytes of a picture to bytes of a larger one. */
final class Renderer {
    /** What messages call a picture that came without a name. */
    private static final String NAME = "picture";

    private static final Limits ANY = new Limits(Long.MAX_VALUE, Long.MAX_VALUE);

    private final Batcher batcher;
    private final SequencedMap<String, Network> models;
    private final ServeOptions options;

    Renderer(Batcher batcher, SequencedMap<String, Network> models, ServeOptions options) {
        this.batcher = batcher;
        this.models = models;
        this.options = options;
    }

    /** Looks at the header alone; refuses what is no picture, damaged at its start or over a limit. */
    Order order(Parameters parameters, byte[] file) {
        if (file.length == 0) {
            throw Refusal.badRequest("body: want a picture, have nothing");
        }
        if (ImageFormat.ofMagic(file).isEmpty()) {
            throw Refusal.of(415, "unsupported_format", "want a PNG, JPEG, TIFF, WebP, BMP or GIF picture");
        }
        ImageHeader header;
        try {
            header = ImageFile.header(file, NAME, ANY);
        } catch (ImageException e) {
            throw Refusal.of(422, "undecodable", String.valueOf(e.getMessage()));
        }
        if (header.pixels() > options.maxPixels()) {
            throw Refusal.of(
                    413,
                    "too_many_pixels",
                    "want at most " + options.maxPixels() + " pixels, the header says " + header.width() + "x"
                            + header.height());
        }
        if (header.frames() > options.maxFrames()) {
            throw Refusal.of(
                    413, "too_many_frames", "want at most " + options.maxFrames() + " frames, have " + header.frames());
        }
        String model = parameters.model() == null ? models.firstEntry().getKey() : parameters.model();
        Network network = models.get(model);
        if (network == null) {
            throw Refusal.of(
                    404, "unknown_model", "want a model of " + models.keySet() + ", have " + Text.shown(model));
        }
        double factor = parameters.scale() == 0 ? network.scale() : parameters.scale();
        if (factor > network.scale()) {
            throw Refusal.badRequest(
                    "scale: want 1 to " + network.scale() + " with the model " + model + ", have " + factor);
        }
        return new Order(file, header, model, network, factor, parameters);
    }

    /** Heap that an order takes, in bytes. */
    long bytes(Order order) {
        long perPixel = order.network().workingBytes(1 << 20) >> 20;
        return order.bytes(options.memory() / Math.max(1, perPixel));
    }

    /** Decodes, upscales, encodes; what {@link io.acuity.cli} makes of the same file, to the bit. */
    byte[] render(Order order, String client, long deadline, Upscaler.Progress progress, Cancel cancel) {
        Upscaler.Options how = new Upscaler.Options(0, order.parameters().selfEnsemble(), options.memory());
        Upscaler upscaler = batcher.upscaler(order.network(), how, client, deadline);
        ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 16);
        Limits limits = Limits.DEFAULT.withPixels(options.maxPixels());
        ImageFormat format = order.parameters().format();
        try (RowReader lr = RowReader.open(order.file(), NAME, limits)) {
            if (order.factor() == order.network().scale()) {
                try (RowWriter sr = RowWriter.open(
                        out,
                        NAME,
                        format,
                        upscaler.layout(lr),
                        order.parameters().options())) {
                    upscaler.upscale(lr, sr, progress, cancel);
                }
            } else {
                Image whole = lr.read(lr.height()).withMetadata(lr.metadata());
                Image large = upscaler.upscale(whole, progress, cancel);
                int width = (int) Math.max(1, Math.round(whole.width() * order.factor()));
                int height = (int) Math.max(1, Math.round(whole.height() * order.factor()));
                Image result = Bicubic.resize(large, width, height, Bicubic.Convention.MIRRORED_DOUBLE);
                ImageFile.write(result, out, NAME, format, order.parameters().options());
            }
        }
        return out.toByteArray();
    }

    /** Names and networks, the default first. */
    Map<String, Network> models() {
        return models;
    }
}
