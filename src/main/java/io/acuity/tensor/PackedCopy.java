package io.acuity.tensor;

import io.acuity.device.Buffer;

/** A copy of a parameter for tensor cores. */
public record PackedCopy(Parameter parameter, Fragments order, Buffer buffer) {}
