// bf16 numbers and how activations lie in memory in the bf16 mode: [N, C, H, W] as bf16[n][c / 8][h][w][8]. A block of
// 8 channels of one pixel is 16 bytes, one load. Channels between C and the next multiple of 8 hold zeros: every kernel
// that writes such a tensor writes them, and every kernel that reads one may use them as numbers.
#pragma once

#include "common.cuh"

struct bf16 {
  uint16_t bits;
};

#ifdef __CUDACC__

// Two floats rounded to nearest even as bf16: low in the lower half.
__device__ __forceinline__ uint32_t pack_bf16(float low, float high) {
  uint32_t both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;\n" : "=r"(both) : "f"(high), "f"(low));
  return both;
}

#else

#include "tensor.h"

inline uint32_t pack_bf16(float low, float high) { return emu::bf16_bits(low) | uint32_t{emu::bf16_bits(high)} << 16; }

#endif

__device__ __forceinline__ bf16 to_bf16(float value) { return {static_cast<uint16_t>(pack_bf16(value, 0.0f))}; }

// Numbers of one block of channels.
constexpr int lanes8 = 8;

// Blocks that hold so many channels.
__host__ __device__ constexpr int blocks8(int channels) { return (channels + lanes8 - 1) / lanes8; }

// Where the block of channels 8 b to 8 b + 7 of a pixel begins, in numbers.
__device__ __forceinline__ int64_t block8_index(int64_t image, int blocks, int b, int64_t pixels, int64_t pixel) {
  return ((image * blocks + b) * pixels + pixel) * lanes8;
}

// Eight numbers at a multiple of 16 bytes.
__device__ __forceinline__ void load8(const bf16* from, float (&values)[lanes8]) {
  uint4 words = *reinterpret_cast<const uint4*>(from);
  const uint32_t pairs[] = {words.x, words.y, words.z, words.w};
  for (int i = 0; i < 4; ++i) {
    values[2 * i] = __uint_as_float(pairs[i] << 16);
    values[2 * i + 1] = __uint_as_float(pairs[i] & 0xffff0000u);
  }
}

__device__ __forceinline__ void store8(bf16* to, const float (&values)[lanes8]) {
  *reinterpret_cast<uint4*>(to) = {pack_bf16(values[0], values[1]), pack_bf16(values[2], values[3]),
                                   pack_bf16(values[4], values[5]), pack_bf16(values[6], values[7])};
}
