package io.acuity.benchmark;

import io.acuity.tensor.Shape;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A convolution's size as a parameter says it: {@code 16x64x48x48 to 256 shuffle 2} (N, C, H, W, outputs, factor). */
record Layer(Shape x, int out, int shuffle) {
    private static final Pattern FORM =
            Pattern.compile("(\\d+)x(\\d+)x(\\d+)x(\\d+)(?: to (\\d+))?(?: shuffle (\\d+))?");

    static Layer parse(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException("layer: want NxCxHxW to O [shuffle r], have " + text);
        }
        Shape x = shape(m);
        int out = m.group(5) == null ? x.c() : Integer.parseInt(m.group(5));
        return new Layer(x, out, m.group(6) == null ? 1 : Integer.parseInt(m.group(6)));
    }

    private static Shape shape(Matcher m) {
        return new Shape(
                Integer.parseInt(m.group(1)),
                Integer.parseInt(m.group(2)),
                Integer.parseInt(m.group(3)),
                Integer.parseInt(m.group(4)));
    }

    static Shape shape(String text) {
        return parse(text).x();
    }

    long inputs() {
        return x.elements();
    }

    long outputs() {
        return x.pixels() * out;
    }
}
