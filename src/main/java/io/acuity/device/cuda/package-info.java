/**
 * NVIDIA GPUs as devices. The driver is asked and its hot calls are made through FFM; JCuda does set-up, modules, graphs, cuBLAS
 * and cuFFT, and is touched only when a GPU is opened. docs/cuda.md has the user's side.
 */
@NullMarked
package io.acuity.device.cuda;

import org.jspecify.annotations.NullMarked;
