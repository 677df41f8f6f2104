// Sums over a warp and over a block, always in the same order: the same input gives the same bits.
#pragma once

#include "common.cuh"

// The sum over the 32 lanes, in every lane. All lanes call it.
template <class T>
__device__ __forceinline__ T warp_sum(T value) {
  for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffffu, value, step);
  return value;
}

// The sum over a block of threads x 1 x 1 threads, in every thread. All threads call it; threads is a multiple of 32.
template <int threads, class T>
__device__ T block_sum(T value) {
  static_assert(threads % 32 == 0 && threads <= 1024, "a block of whole warps");
  constexpr int warps = threads / 32;
  __shared__ T sums[warps];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_sum(value);
  __syncthreads();  // a call before this one may still be reading sums
  if (lane == 0) sums[warp] = value;
  __syncthreads();
  return warp_sum(lane < warps ? sums[lane] : T{});
}
