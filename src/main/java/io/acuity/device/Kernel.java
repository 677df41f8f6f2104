package io.acuity.device;

/**
 * A kernel is a name: {@code conv3x3_forward} is the same word in the {@code .cu} file, in Java, in its test and benchmark.
 * Each device finds its own form of it.
 */
public record Kernel(String name) {}
