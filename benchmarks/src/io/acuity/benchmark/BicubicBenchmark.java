package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.op.Bicubic;
import io.acuity.op.BicubicTaps;
import io.acuity.op.BicubicTaps.Border;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Param;

/** MATLAB's bicubic resize along both axes: a picture enlarged, and shrunk with antialiasing. */
public class BicubicBenchmark extends Timed {
    private record Resize(Shape x, int h, int w) {
        private static final Pattern FORM = Pattern.compile("(.*) to (\\d+)x(\\d+)");

        static Resize parse(String text) {
            Matcher m = FORM.matcher(text);
            if (!m.matches()) {
                throw new IllegalArgumentException("sizes: want NxCxHxW to HxW, have " + text);
            }
            return new Resize(Layer.shape(m.group(1)), Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3)));
        }
    }

    @Param({"1x3x180x320 to 720x1280", "1x3x720x1280 to 180x320"})
    public String sizes = "1x3x180x320 to 720x1280";

    @Override
    protected Runnable prepare(Bench on) {
        Resize r = Resize.parse(sizes);
        Bicubic bicubic = Bicubic.on(
                on.device(),
                BicubicTaps.of(r.x().h(), r.h(), Border.CLAMPED),
                BicubicTaps.of(r.x().w(), r.w(), Border.CLAMPED));
        Tape tape = Tape.inference(on.device());
        Buffer noise = on.noise(r.x().elements());
        on.require("bicubic_rows");
        on.require("bicubic_columns");
        Tensor x = Tensor.of(r.x(), noise);
        return () -> tape.give(bicubic.apply(tape, x).data());
    }

    @Override
    public Work work() {
        Resize r = Resize.parse(sizes);
        double shrink = Math.max(1, (double) r.x().h() / r.h());
        double numbers = r.x().elements() + (double) r.x().c() * r.h() * r.w();
        double between = (double) r.x().c() * r.h() * r.x().w();
        double taps = 2 * 4 * shrink;
        return new Work(taps * (between + (double) r.x().c() * r.h() * r.w()), 4 * (numbers + 2 * between));
    }
}
