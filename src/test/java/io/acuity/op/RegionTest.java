package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.op.Region.Rectangle;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

class RegionTest {
    @EveryPrecision
    void cutsARectangle(Device device) {
        Shape s = new Shape(2, 3, 5, 7);
        for (Rectangle from : List.of(
                new Rectangle(0, 0, 5, 7),
                new Rectangle(4, 6, 1, 1),
                new Rectangle(1, 2, 3, 5),
                new Rectangle(0, 3, 5, 1))) {
            OpCheck.of(
                            "cut " + from,
                            (tape, x, _) -> Region.cut(tape, x.getFirst(), from),
                            v -> Plain.cut(v.getFirst(), s, from))
                    .input(s)
                    .on(device);
        }
    }

    /** Pasting writes over its base, so a copy is made first. */
    @EveryPrecision
    void pastesOneOverAnother(Device device) {
        for (int c : new int[] {1, 3, 17}) {
            Shape s = new Shape(2, c, 5, 7);
            Shape ps = new Shape(2, c, 3, 4);
            Rectangle from = new Rectangle(1, 1, 2, 3);
            OpCheck.of(
                            "paste " + s,
                            (tape, x, _) ->
                                    Region.paste(tape, Scale.apply(tape, x.getFirst(), 1f), x.get(1), from, 3, 2),
                            v -> Plain.paste(v.getFirst(), s, v.get(1), ps, from, 3, 2))
                    .input(s)
                    .input(ps)
                    .on(device);
        }
    }

    @EveryPrecision
    void refusesWhatLiesOutside(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(1, 1, 4, 5));
            for (Rectangle r : List.of(
                    new Rectangle(-1, 0, 2, 2),
                    new Rectangle(0, -1, 2, 2),
                    new Rectangle(3, 0, 2, 2),
                    new Rectangle(0, 4, 2, 2),
                    new Rectangle(0, 0, 0, 2),
                    new Rectangle(0, Integer.MAX_VALUE, 2, 2))) {
                assertThatThrownBy(() -> Region.cut(tape, x, r))
                        .hasMessage("region: want a rectangle inside [1, 1, 4, 5], have " + r);
            }
        }
    }
}
