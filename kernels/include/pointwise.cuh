// The bf16 forms of kernels that treat every number alike. One thread: eight numbers, one load of each operand. Count
// is that of the numbers in memory, a multiple of 8; zero must become zero, so that what fills up blocks of channels
// stays.
#pragma once

#include "bf16.cuh"

constexpr int pointwise_threads = 256, pointwise_items = pointwise_threads * lanes8;

// The thread's first number.
__device__ __forceinline__ int64_t pointwise_index() { return global_index() * lanes8; }

// y = f(x).
template <class F>
__device__ void pointwise(const bf16* x, bf16* y, int64_t count, F f) {
  int64_t i = pointwise_index();
  if (i >= count) return;
  float v[lanes8];
  load8(x + i, v);
  for (float& value : v) value = f(value);
  store8(y + i, v);
}

// y = f(a, b), or y += f(a, b) with accumulate, rounded once.
template <class F>
__device__ void pointwise(const bf16* a, const bf16* b, bf16* y, int64_t count, int accumulate, F f) {
  int64_t i = pointwise_index();
  if (i >= count) return;
  float u[lanes8], v[lanes8], sum[lanes8] = {};
  load8(a + i, u);
  load8(b + i, v);
  if (accumulate) load8(y + i, sum);
  for (int k = 0; k < lanes8; ++k) sum[k] += f(u[k], v[k]);
  store8(y + i, sum);
}

// y = f(x), or y += f(x) with accumulate, rounded once.
template <class F>
__device__ void pointwise(const bf16* x, bf16* y, int64_t count, int accumulate, F f) {
  pointwise(x, x, y, count, accumulate, [&](float value, float) { return f(value); });
}
