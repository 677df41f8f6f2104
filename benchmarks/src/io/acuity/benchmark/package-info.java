/** JMH benchmarks: one class a kernel, and the two whole jobs, upscaling and a training step. */
@NullMarked
package io.acuity.benchmark;

import org.jspecify.annotations.NullMarked;
