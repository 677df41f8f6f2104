/** What a visit to a GPU measured, beside goals, ceilings and PyTorch: {@code benchmarks/gpu}. */
@NullMarked
package io.acuity.benchmark.visit;

import org.jspecify.annotations.NullMarked;
