package io.acuity.infer;

import io.acuity.data.BledRows;
import io.acuity.data.BufferedImages;
import io.acuity.data.Image;
import io.acuity.data.RowReader;
import io.acuity.data.RowWriter;
import io.acuity.device.Device;
import io.acuity.device.OutOfDeviceMemoryException;
import io.acuity.model.Models;
import io.acuity.model.Network;
import java.awt.image.BufferedImage;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Upscales pictures with a network, tile by tile. The result is bit for bit the same whatever the tile: each tile is computed
 * with as many pixels around it as the network can see. (In bf16 a tile of which fp32 had to be asked, {@link #redone}, is fp32's
 * as a whole, so which pixels are depends on the tiles.) A network that looks at the whole picture at once takes it in one
 * piece; where memory does not allow that, a {@link TilingException} says so, unless approximate tiles were allowed. Any number of threads may use one object at the same time. Closing
 * waits for the calls under way; later ones throw {@link IllegalStateException}.
 *
 * <p>{@snippet class="io.acuity.infer.UpscalerSnippets" region="pictures"}
 */
public final class Upscaler implements AutoCloseable {
    /**
     * How to upscale.
     *
     * @param tile side of a tile in LR pixels, 0 to take the largest that fits {@code memory}
     * @param selfEnsemble mean of the eight turned and flipped results (arXiv 1707.02921, 3.4)
     * @param memory device memory to stay within, in bytes, when the tile is chosen here; 0 for a quarter of this machine's
     * @param approximate whether a network that looks at the whole picture at once may be given tiles, which changes its
     *     result a little; networks that see a neighbourhood only give the same with any tiles
     */
    public record Options(int tile, boolean selfEnsemble, long memory, boolean approximate) {
        public Options {
            if (tile < 0 || memory < 0) {
                throw new IllegalArgumentException(
                        "upscale: want tile >= 0 and memory >= 0, have " + tile + " and " + memory);
            }
        }

        /** The same without approximate tiles. */
        public Options(int tile, boolean selfEnsemble, long memory) {
            this(tile, selfEnsemble, memory, false);
        }

        /** Whether working memory of so many bytes may be taken. */
        boolean allows(long bytes) {
            return memory > 0 ? bytes <= memory : bytes <= Memory.LEAST || bytes <= Memory.quarter();
        }

        /** Bytes to stay within. */
        long room() {
            return memory > 0 ? memory : Memory.quarter();
        }

        /** Automatic tiles within a quarter of this machine's memory, no ensemble. */
        public static Options automatic() {
            return new Options(0, false, 0);
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
    private final Options options;
    private final Engine engine;
    private final Runnable atClose;
    private final ReadWriteLock use = new ReentrantReadWriteLock();
    private final AtomicLong redone = new AtomicLong();
    private volatile boolean closed;
    private boolean released;

    /** Upscales on the network's own device; closing gives back working memory, not the network. */
    public Upscaler(Network network, Options options) {
        this(network, options, new Lanes(network.parameters().device()));
    }

    private Upscaler(Network network, Options options, Lanes lanes) {
        this(network, options, lanes, lanes::close);
    }

    Upscaler(Network network, Options options, Engine engine, Runnable atClose) {
        this.network = network;
        this.options = options;
        this.engine = engine;
        this.atClose = atClose;
    }

    /**
     * Opens a model on the best device here; closing frees both.
     *
     * @param model a shipped model's name ({@link Models#DEFAULT}) or a model file
     * @throws io.acuity.weights.WeightsException if it is neither, or the file holds no network known here
     */
    public static Upscaler open(String model) {
        return open(model, "auto", Options.automatic());
    }

    /**
     * Opens a model on a device; closing frees both.
     *
     * @param model a shipped model's name or a model file
     * @param device as {@link Device#open} takes it
     */
    public static Upscaler open(String model, String device, Options options) {
        Device opened = Device.open(device);
        try {
            Network network = Models.open(model, opened);
            Lanes lanes = new Lanes(opened);
            return new Upscaler(network, options, lanes, () -> {
                lanes.close();
                network.parameters().close();
                opened.close();
            });
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
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

    /**
     * Upscales from the top down; alpha goes through the network as a grey picture of its own, and the colours as
     * {@link BledRows} has them.
     *
     * <p>{@snippet class="io.acuity.infer.UpscalerSnippets" region="streamed"}
     */
    public void upscale(RowReader lr, RowWriter sr, Progress progress) {
        upscale(lr, sr, progress, new Cancel());
    }

    /**
     * The same, until {@code cancel} says otherwise.
     *
     * <p>{@snippet class="io.acuity.infer.UpscalerSnippets" region="cancelled"}
     *
     * @throws java.util.concurrent.CancellationException if it did
     */
    public void upscale(RowReader lr, RowWriter sr, Progress progress, Cancel cancel) {
        if (closed || !use.readLock().tryLock()) {
            throw new IllegalStateException("upscale: want an open upscaler, have one that was closed");
        }
        try {
            if (closed) {
                throw new IllegalStateException("upscale: want an open upscaler, have one that was closed");
            }
            Tiling tiling = Tiling.of(network, options, lr.width(), lr.height());
            bands(new Picture(new HeldRows(BledRows.of(lr)), lr, tiling, cancel), sr, progress);
        } finally {
            use.readLock().unlock();
        }
    }

    private void bands(Picture picture, RowWriter sr, Progress progress) {
        RowReader lr = picture.rows();
        int tile = picture.tiling().side();
        int margin = picture.tiling().reach() + 2 * network.grid();
        int height = lr.height();
        int width = lr.width();
        for (int y = 0; y < height; y += tile) {
            Span rows = new Span(y, Math.min(height, y + tile));
            picture.held().move(Math.max(0, rows.start() - margin), Math.min(height, rows.end() + margin));
            Band band = new Band(
                    width * scale(), rows.length() * scale(), lr.channels(), lr.bitDepth(), rows.start() * scale());
            for (int x = 0; x < width; x += tile) {
                picture.cancel().check();
                Span columns = new Span(x, Math.min(width, x + tile));
                render(picture, rows, columns, band);
                progress.at((long) rows.start() * width + (long) rows.length() * columns.end(), (long) height * width);
            }
            sr.write(band.image());
        }
    }

    /**
     * Upscales a picture in memory.
     *
     * <p>{@snippet class="io.acuity.infer.UpscalerSnippets" region="files"}
     */
    public Image upscale(Image lr) {
        return upscale(lr, Progress.NONE, new Cancel());
    }

    /**
     * Upscales a picture in memory.
     *
     * @throws java.util.concurrent.CancellationException if {@code cancel} said so before the end
     */
    public Image upscale(Image lr, Progress progress, Cancel cancel) {
        RowReader rows = RowReader.of(lr);
        ImageSink sink = new ImageSink(layout(rows));
        upscale(rows, sink, progress, cancel);
        return sink.image();
    }

    /** Upscales a picture of AWT; which samples are taken, {@link BufferedImages#of} says. */
    public BufferedImage upscale(BufferedImage lr) {
        return BufferedImages.to(upscale(BufferedImages.of(lr)));
    }

    /**
     * Upscales samples in memory into memory.
     *
     * <p>{@snippet class="io.acuity.infer.UpscalerSnippets" region="memory"}
     *
     * @param sr room for the result: as {@code lr}, each side {@link #scale} times as long
     */
    public void upscale(Raster lr, MemorySegment sr) {
        long want = Raster.bytes(lr.width() * scale(), lr.height() * scale(), lr.channels(), lr.bitDepth());
        if (sr.byteSize() != want) {
            throw new IllegalArgumentException("upscale into memory: want " + want + " bytes, have " + sr.byteSize());
        }
        upscale(new RasterRows(lr), RasterRows.into(sr), Progress.NONE);
    }

    /** Whether the result of a picture of this size differs from that of the whole picture computed at once. */
    public boolean approximates(int width, int height) {
        return Tiling.of(network, options, width, height).approximate();
    }

    /**
     * How many tiles were computed again in fp32 so far, since a device with {@link io.acuity.device.Precision#BF16} gave numbers for
     * them, or for the pixels around them, that are infinite or none; each of eight turned results counts. Where fp32 gives such
     * numbers too, upscaling ends with an {@link ArithmeticException}: they never become a picture. Always 0 in fp32.
     */
    public long redone() {
        return redone.get();
    }

    /** A picture on its way: the rows held of it, how it is divided, and whether it is still wanted. */
    private record Picture(HeldRows held, RowReader rows, Tiling tiling, Cancel cancel) {}

    /**
     * Where tiles' results go: rows of the whole result from row {@code top} on. Memory is taken at the first result, for pictures
     * may wait long for their turn, and hundreds at once.
     */
    private static final class Band {
        private final int width;
        private final int height;
        private final int channels;
        private final int bitDepth;
        private final int top;
        private @Nullable Image image;

        Band(int width, int height, int channels, int bitDepth, int top) {
            this.width = width;
            this.height = height;
            this.channels = channels;
            this.bitDepth = bitDepth;
            this.top = top;
        }

        int top() {
            return top;
        }

        Image image() {
            if (image == null) {
                image = Image.black(width, height, channels, bitDepth);
            }
            return image;
        }
    }

    /** Computes one tile; when the device has no memory left for it, its four quarters one after the other. */
    private void render(Picture picture, Span rows, Span columns, Band band) {
        try {
            for (int[] channels : passes(picture.rows().channels())) {
                float[] sum = colours(picture, rows, columns, channels);
                place(sum, rows.times(scale()), columns.times(scale()), channels, band);
            }
        } catch (OutOfDeviceMemoryException e) {
            engine.shrink();
            int half = picture.tiling().half(rows, columns, network.grid(), network.tilesExactly());
            if (half == 0) {
                throw e;
            }
            for (int y = rows.start(); y < rows.end(); y += half) {
                for (int x = columns.start(); x < columns.end(); x += half) {
                    render(
                            picture,
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

    private float[] colours(Picture picture, Span rows, Span columns, int[] channels) {
        int length = Math.multiplyExact(rows.length() * scale() * 3, columns.length() * scale());
        float[] sum = null; // made when there is a first result, for the same reason as a band
        RowReader lr = picture.rows();
        int turns = options.selfEnsemble() ? 8 : 1;
        for (int i = 0; i < turns; i++) {
            Orientation turn = Orientation.of(i);
            Window window = Window.around(
                    rows,
                    columns,
                    lr.height(),
                    lr.width(),
                    turn,
                    picture.tiling().reach(),
                    network.grid());
            SampleArray samples = new SampleArray(window.height() * window.width() * 3, lr.bitDepth());
            window.gather(picture.held(), lr.height(), lr.width(), channels, samples);
            Engine.Job job = new Engine.Job(samples, window.height(), window.width(), lr.bitDepth());
            Engine.Result computed = engine.run(network, job, picture.cancel());
            if (computed.redone()) {
                redone.incrementAndGet();
            }
            float[] result = computed.numbers();
            if (turns == 1 && window.isTile()) {
                return result;
            }
            sum = sum == null ? new float[length] : sum;
            window.addTo(result, sum, scale());
        }
        Objects.requireNonNull(sum);
        if (turns > 1) {
            for (int i = 0; i < length; i++) {
                sum[i] /= turns;
            }
        }
        return sum;
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
        closed = true;
        use.writeLock().lock();
        try {
            if (!released) {
                released = true;
                atClose.run();
            }
        } finally {
            use.writeLock().unlock();
        }
    }
}
