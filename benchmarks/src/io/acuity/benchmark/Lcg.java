package io.acuity.benchmark;

/** A linear congruential generator whose upper 24 bits are fractions: the same numbers in every language. */
final class Lcg {
    private int state;

    Lcg(int seed) {
        state = seed;
    }

    /** The next of [0, 1). */
    float unit() {
        state = state * 1664525 + 1013904223;
        return (state >>> 8) * 0x1p-24f;
    }

    /** So many of [0, 1). */
    float[] unit(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = unit();
        }
        return numbers;
    }

    /** So many of [-bound, bound). */
    float[] symmetric(int count, float bound) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (2.0f * unit() - 1.0f) * bound;
        }
        return numbers;
    }
}
