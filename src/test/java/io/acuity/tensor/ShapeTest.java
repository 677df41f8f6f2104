package io.acuity.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ShapeTest {
    @Test
    void countsBeyondIntegers() {
        Shape s = new Shape(2, 64, 65536, 65536);
        assertThat(s.elements()).isEqualTo(1L << 39);
        assertThat(s.pixels()).isEqualTo(1L << 33);
        assertThat(s).hasToString("[2, 64, 65536, 65536]");
        assertThat(Shape.scalar().elements()).isEqualTo(1);
    }

    @Test
    void refusesEmptySides() {
        assertThatThrownBy(() -> new Shape(1, 0, 2, 2)).hasMessage("shape: want positive sizes, have [1, 0, 2, 2]");
    }
}
