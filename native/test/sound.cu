// Correct kernels that use all the emulator offers.
#include "copy.cuh"
#include "mma.cuh"
#include "reduce.cuh"

// y[block] = sum of the block's 256 values.
extern "C" __global__ void sound_block_sum(const float* x, float* y, int64_t count) {
  int64_t i = global_index();
  float sum = block_sum<256>(i < count ? x[i] : 0.0f);
  sum = block_sum<256>(threadIdx.x == 0 ? sum : 0.0f);
  if (threadIdx.x == 0) y[blockIdx.x] = sum;
}
KERNEL(sound_block_sum, 256, 1, 1)

// y[t] = what each shuffle and vote gives lane t, for 32 lanes.
extern "C" __global__ void sound_warp(int* y) {
  int t = threadIdx.x;
  constexpr unsigned all = 0xffffffffu;
  y[t] = __shfl_sync(all, t * 10, 3);
  y[32 + t] = __shfl_sync(all, t * 10, 3, 8);
  y[64 + t] = __shfl_up_sync(all, t, 2u);
  y[96 + t] = __shfl_down_sync(all, t, 2u, 16);
  y[128 + t] = __shfl_xor_sync(all, t, 5);
  y[160 + t] = static_cast<int>(__ballot_sync(all, t % 3 == 0));
  y[192 + t] = __any_sync(all, t == 7) * 10 + __all_sync(all, t >= 0) + __all_sync(all, t > 0) * 100;
  int64_t wide = __shfl_sync(all, (static_cast<int64_t>(t) << 40) + t, 31);
  y[224 + t] = static_cast<int>(wide >> 40);
  if (t < 8) y[256 + t] = __shfl_xor_sync(0xffu, t, 1);
}
KERNEL(sound_warp, 32, 1, 1)

// Barriers that count.
extern "C" __global__ void sound_barriers(int* y) {
  int t = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  int count = __syncthreads_count(t % 3 == 0);
  int any = __syncthreads_or(t == 5), none = __syncthreads_or(t == 500);
  int all = __syncthreads_and(t < 500), some = __syncthreads_and(t < 5);
  int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  y[block * 120 + t] = count * 10000 + any * 1000 + none * 100 + all * 10 + some;
}
KERNEL(sound_barriers, 5, 4, 6)

// y [m, n] = a [m, 64] b [64, n] in bf16, one block of 4 warps a 64 x 8 tile; a, b are padded by the copies' zero fill.
// a float[m][64], b float[64][8]. Staged as bf16 in dynamic shared memory.
extern "C" __global__ void sound_mma(const float* a, const float* b, float* y, int m) {
  DYN_SHARED(uint16_t, memory);
  uint16_t* a_tile = memory;            // [64][72]
  uint16_t* b_tile = memory + 64 * 72;  // [64][8], read transposed
  int t = threadIdx.x, lane = t % 32, warp = t / 32;
  int first = blockIdx.x * 64;
  for (int i = t; i < 64 * 64; i += 128) {
    int row = i / 64, k = i % 64;
    a_tile[row * 72 + k] = to_bf16(first + row < m ? a[(first + row) * 64 + k] : 0.0f).bits;
  }
  for (int i = t; i < 64 * 8; i += 128) b_tile[i] = to_bf16(b[i]).bits;
  __syncthreads();
  float d[4] = {};
  for (int k = 0; k < 64; k += 32) {
    uint32_t b_parts[4];
    ldmatrix_x4_trans(b_parts, b_tile + (k + lane) * 8);
    for (int half = 0; half < 2; ++half) {
      uint32_t a_part[4];
      ldmatrix_x4(a_part, a_tile + (warp * 16 + lane % 16) * 72 + k + half * 16 + lane / 16 * 8);
      uint32_t b_part[2] = {b_parts[half * 2], b_parts[half * 2 + 1]};
      mma_m16n8k16(d, a_part, b_part);
    }
  }
  for (int i = 0; i < 4; ++i) {
    int row = first + warp * 16 + lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
    if (row < m) y[row * 8 + column] = d[i];
  }
}
KERNEL(sound_mma, 128, 1, 1, (64 * 72 + 64 * 8) * 2)

// y = x through two stages of asynchronous copies, the values of each stage read by the other warp.
extern "C" __global__ void sound_copy(const float* x, float* y, int rounds, int count) {
  __shared__ __align__(16) float values[2][4 * 64];
  int t = threadIdx.x;
  auto fetch = [&](int round) {
    int at = round * 256 + 4 * t;
    if (round < rounds) cp_async16(&values[round % 2][4 * t], x + at, at < count);
    cp_async_commit();
  };
  fetch(0);
  for (int round = 0; round < rounds; ++round) {
    fetch(round + 1);
    cp_async_wait<1>();
    __syncthreads();
    for (int i = 0; i < 4; ++i) {
      int at = 4 * ((t + 32) % 64) + i;
      if (round * 256 + at < count) y[round * 256 + at] = values[round % 2][at];
    }
    __syncthreads();
  }
  cp_async_wait<0>();
}
KERNEL(sound_copy, 64, 1, 1)

// Neighbours of a warp exchange values through shared memory, in order thanks to __syncwarp; halves with a mask each.
extern "C" __global__ void sound_syncwarp(const float* x, float* y) {
  __shared__ float values[32];
  int t = threadIdx.x;
  values[t] = x[t];
  __syncwarp();
  float value = values[t ^ 16];
  __syncwarp();
  unsigned half = t < 16 ? 0x0000ffffu : 0xffff0000u;
  values[t] = value;
  __syncwarp(half);
  y[t] = values[t ^ 1];
}
KERNEL(sound_syncwarp, 32, 1, 1)

// A histogram by integer atomics, in shared memory and then in global.
extern "C" __global__ void sound_histogram(const uint8_t* x, int* bins, int64_t count) {
  __shared__ int own[16];
  if (threadIdx.x < 16) own[threadIdx.x] = 0;
  __syncthreads();
  int64_t i = global_index();
  if (i < count) atomicAdd(&own[x[i] % 16], 1);
  __syncthreads();
  if (threadIdx.x < 16) atomicAdd(&bins[threadIdx.x], own[threadIdx.x]);
}
KERNEL(sound_histogram, 256, 1, 1)
