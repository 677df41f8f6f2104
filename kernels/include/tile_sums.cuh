// Sums of each channel over tiles of an image's pixels, which a convolution leaves along with what it computes:
//   int32 tiles, how many an image has, filled up to channels numbers; then float[n][tiles][channels]
// Tiles differ from form to form of a kernel, so that only the kernel knows their number.
#pragma once

#include "common.cuh"

__device__ __forceinline__ void write_tile_count(float* sums, int tiles) { *reinterpret_cast<int*>(sums) = tiles; }
__device__ __forceinline__ int tile_count(const float* sums) { return *reinterpret_cast<const int*>(sums); }

// Where the sums of a tile begin; tiles are counted through all images.
template <class T>
__device__ __forceinline__ T* tile_sums(T* sums, int64_t tile, int channels) {
  return sums + (1 + tile) * channels;
}
