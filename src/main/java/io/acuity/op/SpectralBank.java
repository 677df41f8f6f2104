package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Fft;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.op.Response.LowPass;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A bank of filters in the frequency domain: one Fourier transform of hr [N, 3, H, W], one launch that multiplies it by all
 * transfer functions, one inverse transform, and one launch that clamps to [0, 1] and rounds to 8-bit levels, ties to even.
 * Images count as periodic. No gradient flows.
 */
public final class SpectralBank {
    private static final Kernel PLANES = new Kernel("spectral_bank_planes");
    private static final Kernel MULTIPLY = new Kernel("spectral_bank_forward");
    private static final Kernel FINISH = new Kernel("spectral_bank_finish");

    /** Words of a row of the plan: source, target, first profile, three gains, two unused. */
    private static final int ROW_WORDS = 8;

    private SpectralBank() {}

    /** Image {@code target} of the result: image {@code source} of the batch through {@code response}. */
    public record Row(int source, Response response, int target) {}

    /**
     * The images of all rows, [rows, 3, H, W]; their targets are 0 to rows - 1.
     *
     * @throws IllegalArgumentException if sources, targets or shapes do not fit
     */
    public static Tensor apply(Tape tape, Tensor hr, List<Row> rows) {
        Shape s = hr.shape();
        Tensor y = tape.plain(new Shape(rows.size(), 3, s.h(), s.w()));
        into(tape, hr, () -> rows, y);
        return y;
    }

    /**
     * The same into images of {@code y} [M, 3, H, W], whose others are left as they are.
     *
     * @param rows asked for anew each time a graph is replayed: as many rows each time, of no more different pairs of low-passes
     *     than the first time
     */
    public static void into(Tape tape, Tensor hr, Supplier<List<Row>> rows, Tensor y) {
        Shape s = hr.shape();
        List<Row> first = rows.get();
        check(s, first, y.shape());
        int count = first.size();
        int room = profiles(first).size();
        Fft one = new Fft(3 * s.n(), s.h(), s.w());
        Fft all = new Fft(3 * count, s.h(), s.w());
        double scale = 1.0 / ((double) s.h() * s.w());
        Buffer plan = DirectBank.feed(tape, count * ROW_WORDS, words -> {
            List<Row> now = rows.get();
            check(s, now, y.shape());
            if (now.size() != count) {
                throw new IllegalArgumentException("spectral_bank rows: want " + count + ", have " + now.size());
            }
            plan(words, now, profiles(now), scale);
        });
        Buffer responses = DirectBank.feed(
                tape,
                Math.multiplyExact(room, 2 * (s.h() + s.w() / 2 + 1)),
                words -> responses(words, roomFor(room, profiles(rows.get())), s.h(), s.w()));

        Buffer planes = tape.take(one.planeBytes());
        tape.launch(PLANES, Grid.cover(s.pixels()), hr.data(), planes, s.n(), s.h(), s.w());
        Buffer spectra = tape.take(one.spectrumBytes());
        tape.device().fft(one, Fft.Direction.FORWARD, planes, spectra);
        tape.give(planes);
        Buffer products = tape.take(all.spectrumBytes());
        Grid frequencies = Grid.cover(one.columns(), s.h(), count);
        tape.launch(MULTIPLY, frequencies, spectra, plan, responses, products, count, s.n(), s.h(), one.columns());
        tape.give(spectra);
        Buffer filtered = tape.take(all.planeBytes());
        tape.device().fft(all, Fft.Direction.INVERSE, products, filtered);
        tape.give(products);
        Grid pixels = Grid.cover((long) count * s.h() * s.w());
        tape.launch(FINISH, pixels, filtered, plan, y.data(), count, s.h(), s.w());
        tape.give(filtered);
    }

    private static Map<List<LowPass>, Integer> roomFor(int most, Map<List<LowPass>, Integer> profiles) {
        if (profiles.size() > most) {
            throw new IllegalArgumentException(
                    "spectral_bank rows: want at most " + most + " pairs of low-passes, have " + profiles.size());
        }
        return profiles;
    }

    private static void check(Shape s, List<Row> rows, Shape y) {
        if (s.c() != 3) {
            throw new IllegalArgumentException("spectral_bank hr: want 3 channels, have " + s);
        }
        if (y.c() != 3 || y.h() != s.h() || y.w() != s.w()) {
            throw new IllegalArgumentException("spectral_bank result: want images as hr's " + s + ", have " + y);
        }
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("spectral_bank: want at least one row, have none");
        }
        for (Row row : rows) {
            index("source", row.source(), s.n());
            index("target", row.target(), y.n());
        }
    }

    private static void index(String what, int have, int size) {
        if (have < 0 || have >= size) {
            throw new IllegalArgumentException(
                    "spectral_bank " + what + ": want 0 to " + (size - 1) + ", have " + have);
        }
    }

    /** Pairs of low-passes, each once: a set of images usually shares them. */
    private static Map<List<LowPass>, Integer> profiles(List<Row> rows) {
        Map<List<LowPass>, Integer> profiles = new LinkedHashMap<>();
        for (Row row : rows) {
            profiles.putIfAbsent(pair(row.response()), 2 * profiles.size());
        }
        return profiles;
    }

    private static List<LowPass> pair(Response response) {
        return List.of(response.a(), response.b());
    }

    /** {@code scale} is what a transform there and back leaves to be done. */
    private static void plan(ByteBuffer plan, List<Row> rows, Map<List<LowPass>, Integer> profiles, double scale) {
        for (Row row : rows) {
            Response response = row.response();
            plan.putInt(row.source()).putInt(row.target()).putInt(profiles.getOrDefault(pair(response), 0));
            plan.putFloat((float) (scale * response.constant()));
            plan.putFloat((float) (scale * response.first()));
            plan.putFloat((float) (scale * response.second()));
            plan.putInt(0).putInt(0);
        }
    }

    /** Of each low-pass its responses down the rows, [h], then along the columns, [w / 2 + 1]. */
    private static void responses(ByteBuffer values, Map<List<LowPass>, Integer> profiles, int h, int w) {
        int half = w / 2 + 1;
        for (List<LowPass> pair : profiles.keySet()) {
            for (LowPass lowPass : pair) {
                for (int v = 0; v < h; v++) {
                    values.putFloat((float) lowPass.down().at((v <= h / 2 ? v : v - h) / (double) h));
                }
                for (int u = 0; u < half; u++) {
                    values.putFloat((float) lowPass.across().at(u / (double) w));
                }
            }
        }
    }
}
