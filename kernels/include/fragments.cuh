// Weights of a convolution as tensor cores read them, in bf16: fragments of 16 x 16 weights of one tap, of which each
// lane of a warp has 8, 16 bytes.
//   packed[m / 64][k / 16][tap row][tap column][m / 16 % 4][lane][8]
// Forward, m are numbers of y at a pixel and k channels of x; backward, m are channels of x and k numbers of y, and
// taps go the other way.
#pragma once

#include "bf16.cuh"

namespace gemm {

constexpr int lanes = 32;                                  // of a warp
constexpr int fragment = 16;                               // rows and columns of one
constexpr int tile_m = 64, tile_k = fragment;              // what lies together
constexpr int fragment_units = tile_m / fragment * lanes;  // uint4 that hold 64 x 16 weights

// How many channels lie at each sub-position, and how they are numbered.
struct Channels {
  int count, shuffle;
  bool picture;

  __host__ __device__ int padded() const { return picture ? count : blocks8(count) * lanes8; }
  __host__ __device__ int numbers() const { return padded() * shuffle * shuffle; }
  // The convolution's channel of a number, or -1 where it only fills up.
  __device__ int of(int number) const {
    int sub = number / padded(), c = number % padded();
    return sub < shuffle * shuffle && c < count ? c * shuffle * shuffle + sub : -1;
  }
};

// Row and column of a lane's weight j in a fragment.
__device__ __forceinline__ int fragment_row(int lane, int j) { return lane / 4 + j / 2 % 2 * 8; }
__device__ __forceinline__ int fragment_column(int lane, int j) { return lane % 4 * 2 + j / 4 * 8 + j % 2; }

// Where a lane's 8 weights of fragment (m / 16, k / 16) lie, in units of 16 bytes; chunks are all k / 16 there are.
__device__ __forceinline__ int64_t fragment_unit(int m16, int k16, int chunks, int taps, int tap, int lane) {
  constexpr int together = tile_m / fragment;
  int64_t block = static_cast<int64_t>(m16 / together) * chunks + k16;
  return (block * taps + tap) * fragment_units + m16 % together * lanes + lane;
}

// One thread: one lane's 8 weights, numbered as they lie.
template <int side, bool backward>
__device__ void pack(const float* weight, bf16* packed, int in, Channels y, int64_t index) {
  constexpr int taps = side * side;
  int rows = backward ? in : y.numbers(), depth = backward ? y.numbers() : in;
  int chunks = (depth + tile_k - 1) / tile_k;
  int64_t units = static_cast<int64_t>((rows + tile_m - 1) / tile_m) * chunks * taps * fragment_units;
  if (index >= units) return;
  int lane = static_cast<int>(index % lanes), part = static_cast<int>(index / lanes % 4);
  int64_t rest = index / fragment_units;
  int tap = static_cast<int>(rest % taps), chunk = static_cast<int>(rest / taps % chunks);
  int first_m = static_cast<int>(rest / taps / chunks) * tile_m + part * fragment;
  int first_k = chunk * tile_k;
  if (backward) tap = taps - 1 - tap;
  float values[lanes8];
  for (int j = 0; j < lanes8; ++j) {
    int m = first_m + fragment_row(lane, j), k = first_k + fragment_column(lane, j);
    int i = backward ? m : k, o = y.of(backward ? k : m);
    values[j] = i < in && o >= 0 ? weight[(static_cast<int64_t>(o) * in + i) * taps + tap] : 0.0f;
  }
  store8(packed + index * lanes8, values);
}

}  // namespace gemm
