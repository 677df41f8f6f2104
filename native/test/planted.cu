// Kernels with one planted bug each, which the emulator must find. Names say which.
#include "copy.cuh"
#include "mma.cuh"

constexpr int threads = 256;

// Sums 256 values without the barriers between the steps.
extern "C" __global__ void bug_reduction_without_barrier(const float* x, float* y) {
  __shared__ float sums[threads];
  int t = threadIdx.x;
  sums[t] = x[t];
  __syncthreads();
  for (int step = threads / 2; step > 0; step /= 2) {
    if (t < step) sums[t] += sums[t + step];
  }
  if (t == 0) y[0] = sums[0];
}
KERNEL(bug_reduction_without_barrier, threads, 1, 1)

// Reads a neighbour's value before it is sure to be there.
extern "C" __global__ void bug_neighbour_without_barrier(const float* x, float* y) {
  __shared__ float values[threads];
  int t = threadIdx.x;
  values[t] = x[t];
  y[t] = t > 0 ? values[t - 1] : 0.0f;
}
KERNEL(bug_neighbour_without_barrier, threads, 1, 1)

// y = a b, all 16 x 16 in one block, with no barrier between loading and reading the tiles.
extern "C" __global__ void bug_gemm_without_barrier(const float* a, const float* b, float* y) {
  __shared__ float a_tile[16][16], b_tile[16][16];
  int row = threadIdx.y, column = threadIdx.x;
  a_tile[row][column] = a[row * 16 + column];
  b_tile[row][column] = b[row * 16 + column];
  float sum = 0.0f;
  for (int k = 0; k < 16; ++k) sum += a_tile[row][k] * b_tile[k][column];
  y[row * 16 + column] = sum;
}
KERNEL(bug_gemm_without_barrier, 16, 16, 1)

// Two groups of copies, but waits for the first only before reading the second.
extern "C" __global__ void bug_copy_wait_too_short(const float* x, float* y) {
  __shared__ __align__(16) float values[2][4 * 32];
  int t = threadIdx.x;
  for (int stage = 0; stage < 2; ++stage) {
    cp_async16(&values[stage][4 * t], x + stage * 128 + 4 * t, true);
    cp_async_commit();
  }
  cp_async_wait<1>();
  __syncthreads();
  for (int i = 0; i < 4; ++i) y[4 * t + i] = values[0][127 - 4 * t - i] + values[1][127 - 4 * t - i];
  cp_async_wait<0>();
}
KERNEL(bug_copy_wait_too_short, 32, 1, 1)

// Each round copies 64 x 4 values, which every warp reads from the other warp; the barrier before the next copy is
// missing. The warp operations keep warps in step when they run first in, first out.
extern "C" __global__ void bug_refill_without_barrier(const float* x, float* y, int rounds) {
  __shared__ __align__(16) float values[4 * 64];
  int t = threadIdx.x;
  float sum = 0.0f;
  for (int round = 0; round < rounds; ++round) {
    cp_async16(&values[4 * t], x + round * 256 + 4 * t, true);
    cp_async_commit();
    cp_async_wait<0>();
    __syncthreads();
    float value = values[4 * ((t + 32) % 64)];
    value += __shfl_xor_sync(0xffffffffu, value, 1);
    sum += value + __shfl_xor_sync(0xffffffffu, value, 2);
  }
  y[t] = sum;
}
KERNEL(bug_refill_without_barrier, 64, 1, 1)

// Only some threads come to the barrier; the others end.
extern "C" __global__ void bug_barrier_in_branch(float* y) {
  if (threadIdx.x < 20) __syncthreads();
  y[threadIdx.x] = 1.0f;
}
KERNEL(bug_barrier_in_branch, threads, 1, 1)

extern "C" __global__ void bug_early_exit(float* y, int count) {
  int t = threadIdx.x;
  if (t >= count) return;
  y[t] = 1.0f;
  __syncthreads();
}
KERNEL(bug_early_exit, threads, 1, 1)

// Two branches, each with its own barrier.
extern "C" __global__ void bug_two_barriers(float* y) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  y[threadIdx.x] = 1.0f;
}
KERNEL(bug_two_barriers, 64, 1, 1)

// No guard: the last block writes past the end.
extern "C" __global__ void bug_no_bounds_check(float* y, [[maybe_unused]] int count) { y[global_index()] = 1.0f; }
KERNEL(bug_no_bounds_check, threads, 1, 1)

// Lanes 16 to 31 are named in the mask and never come.
extern "C" __global__ void bug_missing_lanes(float* y) {
  float value = static_cast<float>(threadIdx.x);
  if (threadIdx.x < 16) value = __shfl_xor_sync(0xffffffffu, value, 1);
  y[threadIdx.x] = value;
}
KERNEL(bug_missing_lanes, 32, 1, 1)

extern "C" __global__ void bug_lane_outside_own_mask(float* y) {
  y[threadIdx.x] = __shfl_sync(0x0000ffffu, static_cast<float>(threadIdx.x), 0);
}
KERNEL(bug_lane_outside_own_mask, 32, 1, 1)

extern "C" __global__ void bug_lanes_disagree(float* y) {
  float value = static_cast<float>(threadIdx.x);
  if (threadIdx.x < 16) {
    value = __shfl_xor_sync(0xffffffffu, value, 1);
  } else {
    __syncwarp();
  }
  y[threadIdx.x] = value;
}
KERNEL(bug_lanes_disagree, 32, 1, 1)

// Reads shared memory that nobody has written.
extern "C" __global__ void bug_uninitialised_shared(float* y) {
  __shared__ float values[threads];
  y[global_index()] = values[threadIdx.x];
  values[threadIdx.x] = 1.0f;  // what a next block on the same processor would find
}
KERNEL(bug_uninitialised_shared, threads, 1, 1)

extern "C" __global__ void bug_uninitialised_dynamic(float* y) {
  DYN_SHARED(float, values);
  y[global_index()] = values[threadIdx.x];
  values[threadIdx.x] = 1.0f;
}
KERNEL(bug_uninitialised_dynamic, threads, 1, 1, threads * 4)

extern "C" __global__ void bug_copy_never_waited_for(const float* x, float* y) {
  __shared__ __align__(16) float values[4 * 32];
  cp_async16(&values[4 * threadIdx.x], x, true);
  cp_async_commit();
  y[threadIdx.x] = 1.0f;
}
KERNEL(bug_copy_never_waited_for, 32, 1, 1)

extern "C" __global__ void bug_copy_misaligned(const float* x, float* y) {
  __shared__ __align__(16) float values[4 * 32 + 4];
  cp_async16(&values[4 * threadIdx.x + 1], x, true);
  cp_async_commit();
  cp_async_wait<0>();
  y[threadIdx.x] = values[threadIdx.x];
}
KERNEL(bug_copy_misaligned, 32, 1, 1)

// A warp exchanges values through shared memory without __syncwarp.
extern "C" __global__ void bug_warp_without_syncwarp(const float* x, float* y) {
  __shared__ float values[32];
  values[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = values[threadIdx.x ^ 1];
}
KERNEL(bug_warp_without_syncwarp, 32, 1, 1)

// A shuffle that reads a lane outside the mask.
extern "C" __global__ void bug_shuffle_from_outside(float* y) {
  float value = 1.0f;
  if (threadIdx.x < 16) value = __shfl_sync(0x0000ffffu, value, 20);
  y[threadIdx.x] = value;
}
KERNEL(bug_shuffle_from_outside, 32, 1, 1)
