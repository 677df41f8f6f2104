// Products of batches of matrices.
#pragma once

#include <cstdint>

namespace acuity::cpu {

/// A batch of row-major matrices: number (i, j) of matrix b lies at data[b * step + i * stride + j].
struct Matrices {
  float* data;
  std::int64_t stride;
  std::int64_t step;
};

/// c = alpha a b + beta c for each of the batch: a m x k (k x m when transposed), b k x n (n x k), c m x n. beta is 0
/// or 1. A number's bits depend on neither the batch nor the threads.
struct Gemm {
  bool transpose_a, transpose_b;
  int m, n, k;
  float alpha, beta;
  Matrices a, b, c;
  int batch;
};

void multiply(const Gemm& g);

}  // namespace acuity::cpu
