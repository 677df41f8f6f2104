package io.acuity.benchmark;

import io.acuity.contrast.BankOptions;
import io.acuity.contrast.FrequencyBank;
import io.acuity.device.Buffer;
import io.acuity.device.Fft;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.openjdk.jmh.annotations.Param;

/** The samples of a contrastive step in the frequency domain; and the Fourier transform alone, of the batch's planes. */
public class SpectralBankBenchmark extends Timed {
    @Param("16x3x192x192")
    public String shape = "16x3x192x192";

    @Param({"images", "fft", "inverse"})
    public String what = "images";

    private final BankOptions options =
            BankOptions.standard().withDomain(BankOptions.Domain.SPECTRAL, BankOptions.Emphasis.HIGH);

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        if (!what.equals("images")) {
            Fft fft = new Fft(s.n() * s.c(), s.h(), s.w());
            Fft.Direction direction = what.equals("fft") ? Fft.Direction.FORWARD : Fft.Direction.INVERSE;
            Buffer from = on.noise(fft.fromBytes(direction) / Float.BYTES);
            Buffer to = on.room(fft.toBytes(direction) / Float.BYTES);
            return () -> on.device().fft(fft, direction, from, to);
        }
        Tensor hr = Tensor.of(s, on.noise(s.elements()));
        Shape small = new Shape(s.n(), s.c(), s.h() / 4, s.w() / 4);
        Tensor lr = Tensor.of(small, on.noise(small.elements()));
        on.require("spectral_bank_forward");
        Tape tape = Tape.inference(on.device());
        FrequencyBank bank = FrequencyBank.of(options);
        long[] step = {0};
        return () -> {
            bank.draw(tape, hr, lr, 1, step[0]++);
            tape.reset();
        };
    }

    /** The nominal 2.5 n log2 n operations of a real transform; bytes of its input and output, or of HR and all samples. */
    @Override
    public Work work() {
        Shape s = Layer.shape(shape);
        double n = (double) s.h() * s.w();
        double transform = 2.5 * s.n() * s.c() * n * Math.log(n) / Math.log(2);
        if (!what.equals("images")) {
            return new Work(transform, 8.0 * s.elements());
        }
        int filtered = options.sharpened() + options.blurred();
        int sets = options.positives() + options.negatives();
        return new Work(transform * (1 + filtered), 4.0 * s.elements() * (1 + 1 / 16.0 + sets));
    }
}
