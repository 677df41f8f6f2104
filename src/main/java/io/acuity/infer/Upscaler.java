package io.acuity.infer;

import io.acuity.data.Image;
import io.acuity.data.RowReader;
import io.acuity.data.RowWriter;
import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.OutOfDeviceMemoryException;
import io.acuity.model.Network;
import io.acuity.op.Pixels;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Upscales pictures with a network, tile by tile. The result is bit for bit the same whatever the tile: each tile is computed
 * with as many pixels around it as the network can see. One object may be used by several threads.
 */
public final class Upscaler implements AutoCloseable {
    private static final int SMALLEST_TILE = 16;

    /**
     * How to upscale.
     *
     * @param tile side of a tile in LR pixels, 0 to take the largest that fits {@code memory}
     * @param selfEnsemble mean of the eight turned and flipped results (arXiv 1707.02921, 3.4)
     * @param memory device memory to stay within, in bytes, when the tile is chosen here
     */
    public record Options(int tile, boolean selfEnsemble, long memory) {
        public Options {
            if (tile < 0 || memory < 1) {
                throw new IllegalArgumentException(
                        "upscale: want tile >= 0 and memory >= 1, have " + tile + " and " + memory);
            }
        }

        /** Automatic tiles within a quarter of this machine's memory, no ensemble. */
        public static Options automatic() {
            return new Options(0, false, Memory.quarter());
        }
    }

    /** Told after each tile; may throw to stop. */
    @FunctionalInterface
    public interface Progress {
        Progress NONE = (_, _) -> {};

        /** {@code done} of {@code total} LR pixels. */
        void at(long done, long total);
    }

    private final Network network;
    private final Device device;
    private final Options options;
    private final ConcurrentLinkedDeque<Tape> tapes = new ConcurrentLinkedDeque<>();

    /** Upscales on the network's own device; closing gives back working memory, not the network. */
    public Upscaler(Network network, Options options) {
        this.network = network;
        this.device = network.parameters().device();
        this.options = options;
    }

    /** How many times longer a side becomes. */
    public int scale() {
        return network.scale();
    }

    /** The layout of the result of a picture. */
    public RowWriter.Layout layout(RowReader lr) {
        return new RowWriter.Layout(
                Math.multiplyExact(lr.width(), scale()),
                Math.multiplyExact(lr.height(), scale()),
                lr.channels(),
                lr.bitDepth(),
                lr.metadata());
    }

    /** Upscales from the top down; alpha goes through the network as a grey picture of its own. */
    public void upscale(RowReader lr, RowWriter sr, Progress progress) {
        int tile = tile(lr);
        int margin = network.reach() + 2 * network.grid();
        int height = lr.height();
        int width = lr.width();
        HeldRows held = new HeldRows(lr);
        for (int y = 0; y < height; y += tile) {
            Span rows = new Span(y, Math.min(height, y + tile));
            held.move(Math.max(0, rows.start() - margin), Math.min(height, rows.end() + margin));
            Image band = Image.black(width * scale(), rows.length() * scale(), lr.channels(), lr.bitDepth());
            for (int x = 0; x < width; x += tile) {
                Span columns = new Span(x, Math.min(width, x + tile));
                render(held, lr, rows, columns, new Band(band, rows.start() * scale()));
                progress.at((long) rows.start() * width + (long) rows.length() * columns.end(), (long) height * width);
            }
            sr.write(band);
        }
    }

    /** Upscales a picture in memory. */
    public Image upscale(Image lr) {
        RowReader rows = RowReader.of(lr);
        ImageSink sink = new ImageSink(layout(rows));
        upscale(rows, sink, Progress.NONE);
        return sink.image();
    }

    private int tile(RowReader lr) {
        int grid = network.grid();
        if (options.tile() > 0) {
            return (options.tile() + grid - 1) / grid * grid;
        }
        int longest = (Math.max(lr.width(), lr.height()) + grid - 1) / grid * grid;
        if (network.workingBytes((long) lr.width() * lr.height()) <= options.memory()) {
            return longest;
        }
        int around = 2 * (network.reach() + grid);
        int tile = longest;
        while (tile > SMALLEST_TILE
                && network.workingBytes((long) (tile + around) * (tile + around)) > options.memory()) {
            tile = Math.max(SMALLEST_TILE, tile * 7 / 8 / grid * grid);
        }
        return tile;
    }

    /** Where a tile's result goes: a band whose first row is row {@code top} of the whole result. */
    private record Band(Image image, int top) {}

    /** Computes one tile; when the device has no memory left for it, its four quarters one after the other. */
    private void render(HeldRows held, RowReader lr, Span rows, Span columns, Band band) {
        try {
            for (int[] channels : passes(lr.channels())) {
                float[] sum = colours(held, lr, rows, columns, channels);
                place(sum, rows.times(scale()), columns.times(scale()), channels, band);
            }
        } catch (OutOfDeviceMemoryException e) {
            Tape tape;
            while ((tape = tapes.poll()) != null) {
                tape.close();
            }
            int grid = network.grid();
            int half = Math.max(rows.length(), columns.length()) / 2 / grid * grid;
            if (half < SMALLEST_TILE) {
                throw e;
            }
            for (int y = rows.start(); y < rows.end(); y += half) {
                for (int x = columns.start(); x < columns.end(); x += half) {
                    render(
                            held,
                            lr,
                            new Span(y, Math.min(rows.end(), y + half)),
                            new Span(x, Math.min(columns.end(), x + half)),
                            band);
                }
            }
        }
    }

    /** Which channels go through the network together: the colours, then alpha as grey. */
    private static int[][] passes(int channels) {
        return switch (channels) {
            case 1 -> new int[][] {{0, 0, 0}};
            case 2 -> new int[][] {{0, 0, 0}, {1, 1, 1}};
            case 3 -> new int[][] {{0, 1, 2}};
            default -> new int[][] {{0, 1, 2}, {3, 3, 3}};
        };
    }

    private float[] colours(HeldRows held, RowReader lr, Span rows, Span columns, int[] channels) {
        int length = Math.multiplyExact(rows.length() * scale() * 3, columns.length() * scale());
        float[] sum = new float[length];
        int turns = options.selfEnsemble() ? 8 : 1;
        for (int i = 0; i < turns; i++) {
            Orientation turn = Orientation.of(i);
            Window window =
                    Window.around(rows, columns, lr.height(), lr.width(), turn, network.reach(), network.grid());
            SampleArray samples = new SampleArray(window.height() * window.width() * 3, lr.bitDepth());
            window.gather(held, lr.height(), lr.width(), channels, samples);
            window.addTo(run(samples, window, lr.bitDepth()), sum, scale());
        }
        if (turns > 1) {
            for (int i = 0; i < length; i++) {
                sum[i] /= turns;
            }
        }
        return sum;
    }

    /** One pass through the network: samples [h][w][3] to numbers [h * scale][w * scale][3]. */
    private float[] run(SampleArray samples, Window window, int bitDepth) {
        Tape tape = tapes.poll();
        if (tape == null) {
            tape = Tape.inference(device);
        }
        try {
            tape.reset();
            Shape shape = new Shape(1, 3, window.height(), window.width());
            Buffer bytes = tape.take(shape.elements() * Pixels.sampleBytes(bitDepth));
            device.upload(samples.segment(), bytes);
            Tensor lr = Pixels.toTensor(tape, bytes, shape, bitDepth);
            Tensor sr = network.forward(tape, lr);
            float[] result = new float[Math.toIntExact(sr.shape().elements())];
            device.download(sr.data(), MemorySegment.ofArray(result));
            tapes.push(tape);
            return result;
        } catch (RuntimeException e) {
            tape.close();
            throw e;
        }
    }

    private static void place(float[] sum, Span rows, Span columns, int[] channels, Band band) {
        Image image = band.image();
        int peak = image.peak();
        boolean grey = channels[0] == channels[1];
        int at = 0;
        for (int y = rows.start(); y < rows.end(); y++) {
            int row = (y - band.top()) * image.width();
            for (int x = columns.start(); x < columns.end(); x++, at += 3) {
                int to = (row + x) * image.channels() + channels[0];
                if (grey) {
                    set(image, to, (sum[at] + sum[at + 1] + sum[at + 2]) / 3, peak);
                } else {
                    set(image, to, sum[at], peak);
                    set(image, to + 1, sum[at + 1], peak);
                    set(image, to + 2, sum[at + 2], peak);
                }
            }
        }
    }

    /** Rounds half up and clamps, as the kernel tensor_to_u8 does; a number that is none must never become a pixel. */
    private static void set(Image image, int index, float value, int peak) {
        if (!Float.isFinite(value)) {
            throw new ArithmeticException(
                    "upscale: the network's result holds " + value + ", want finite numbers only");
        }
        int rounded = Math.clamp((int) Math.floor(value * peak + 0.5f), 0, peak);
        if (peak == 255) {
            image.bytes()[index] = (byte) rounded;
        } else {
            image.shorts()[index] = (short) rounded;
        }
    }

    @Override
    public void close() {
        Tape tape;
        while ((tape = tapes.poll()) != null) {
            tape.close();
        }
    }
}
