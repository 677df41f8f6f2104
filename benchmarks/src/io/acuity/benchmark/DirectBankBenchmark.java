package io.acuity.benchmark;

import io.acuity.contrast.BankOptions;
import io.acuity.contrast.FrequencyBank;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.openjdk.jmh.annotations.Param;

/** All samples of a contrastive step, from drawing their filters on: HR, sharpened copies, LR enlarged, blurred copies. */
public class DirectBankBenchmark extends Timed {
    @Param("16x3x192x192")
    public String shape = "16x3x192x192";

    @Param({"images", "haar"})
    public String result = "images";

    private final BankOptions options = BankOptions.standard();

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        Tensor hr = Tensor.of(s, on.noise(s.elements()));
        Shape small = new Shape(s.n(), s.c(), s.h() / 4, s.w() / 4);
        Tensor lr = Tensor.of(small, on.noise(small.elements()));
        on.require("direct_bank_forward");
        on.require("direct_bank_haar");
        Tape tape = Tape.inference(on.device());
        FrequencyBank bank = FrequencyBank.of(options);
        long[] step = {0};
        return () -> {
            if (result.equals("images")) {
                bank.draw(tape, hr, lr, 1, step[0]++);
            } else {
                bank.wavelets(tape, hr, lr, 1, step[0]++);
            }
            tape.reset();
        };
    }

    @Override
    public Work work() {
        double image = Layer.shape(shape).elements();
        int sets = options.positives() + options.negatives();
        double written = image
                * sets
                * (result.equals("images") ? Float.BYTES : 0.75 * numbers().bytes());
        return new Work(24 * image * sets, Float.BYTES * image * (1 + 1 / 16.0) + written);
    }
}
