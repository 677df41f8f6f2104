package io.acuity.op;

import io.acuity.tensor.Shape;
import java.util.List;

/** Shapes at which elementwise kernels go wrong: one number, primes, a vector or a block more or less. */
final class OddShapes {
    static final List<Shape> ALL = List.of(
            new Shape(1, 1, 1, 1),
            new Shape(1, 1, 1, 7),
            new Shape(2, 3, 5, 7),
            new Shape(1, 16, 4, 4),
            new Shape(1, 17, 3, 5),
            new Shape(1, 1, 15, 17),
            new Shape(1, 1, 1, 257),
            new Shape(3, 64, 2, 3));

    private OddShapes() {}
}
