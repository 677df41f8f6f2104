// Batched real Fourier transforms in two dimensions.
#pragma once

namespace acuity::cpu {

/// Forward: real planes [batch][height][width] to half spectra, complex [batch][height][width / 2 + 1] as pairs of
/// floats. Inverse: the other way. Neither divides by anything: there and back multiplies by height * width. The
/// inverse takes a spectrum for that of a real plane: imaginary parts that such a spectrum has not are left out. Sizes
/// are products of 2, 3, 5, 7, 11 and 13; throws std::invalid_argument otherwise. `from` and `to` may not overlap.
void fft2d(bool inverse, int batch, int height, int width, const float* from, float* to);

}  // namespace acuity::cpu
