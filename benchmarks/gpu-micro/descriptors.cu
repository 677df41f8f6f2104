// Whether wgmma reads what kernels/sm90 thinks it reads: tiles without swizzle from starts moved by 16 bytes, pixels as
// columns (forward) and as the sum's index (weight gradient), against the same sums on the CPU. Exit status 1: it does
// not.
//   descriptors [--dry]    dry: only the sums on the CPU, twice, in two orders
#include <cmath>

#include "../../kernels/include/wgmma.cuh"
#include "probe.h"

namespace {

constexpr int rows = 8, pitch = 26, plane = rows * pitch, units = 8 * plane;  // [block][row][column][8] as in conv3x3

// out[64][48] = a[64][16] times the 16 channels from block 2 on at 6 rows of 8 columns from unit start on.
__global__ void columns(const bf16* a, const uint4* tile, int start, float* out) {
  __shared__ __align__(128) uint4 memory[units];
  for (int i = threadIdx.x; i < units; i += 128) memory[i] = tile[i];
  sm90::fence_async();
  __syncthreads();
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  auto pair = [&](int row, int k) { return *reinterpret_cast<const uint32_t*>(a + (warp * 16 + row) * 16 + k); };
  int g = lane / 4, t = lane % 4 * 2;
  uint4 weights = {pair(g, t), pair(g + 8, t), pair(g, t + 8), pair(g + 8, t + 8)};
  float d[24] = {};
  uint64_t from = sm90::descriptor(sm90::shared_address(memory + 2 * plane + start), plane * 16, pitch * 16);
  sm90::wgmma_fence();
  sm90::wgmma_m64n48k16(d, weights, from, 0);
  sm90::wgmma_commit();
  sm90::wgmma_wait<0>();
  for (int i = 0; i < 24; ++i) {
    out[(warp * 16 + g + i / 2 % 2 * 8) * 48 + i / 4 * 8 + t + i % 2] = d[i];
  }
}

// out[64][64] = sum over 16 pixels of a row from unit start on of a[64][16] and the tile's 64 channels.
__global__ void sums(const bf16* a, const uint4* tile, int start, float* out) {
  __shared__ __align__(128) uint4 memory[units];
  for (int i = threadIdx.x; i < units; i += 128) memory[i] = tile[i];
  sm90::fence_async();
  __syncthreads();
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  auto pair = [&](int row, int k) { return *reinterpret_cast<const uint32_t*>(a + (warp * 16 + row) * 16 + k); };
  int g = lane / 4, t = lane % 4 * 2;
  uint32_t factor[4] = {pair(g, t), pair(g + 8, t), pair(g, t + 8), pair(g + 8, t + 8)};
  float d[32] = {};
  uint64_t from = sm90::descriptor(sm90::shared_address(memory + start), 128, plane * 16);
  sm90::wgmma_fence();
  sm90::wgmma_m64n64k16_trans(d, factor, from);
  sm90::wgmma_commit();
  sm90::wgmma_wait<0>();
  for (int i = 0; i < 32; ++i) {
    out[(warp * 16 + g + i / 2 % 2 * 8) * 64 + i / 4 * 8 + t + i % 2] = d[i];
  }
}

float value(uint16_t bits) {
  uint32_t word = static_cast<uint32_t>(bits) << 16;
  float f;
  std::memcpy(&f, &word, 4);
  return f;
}

struct Numbers {
  std::vector<uint16_t> a = std::vector<uint16_t>(64 * 16), tile = std::vector<uint16_t>(units * 8);
  Numbers() {
    uint32_t state = 1;
    auto next = [&] {
      state = state * 1664525u + 1013904223u;
      return static_cast<uint16_t>((state >> 31 << 15) | 0x3f00 | (state >> 20 & 0x7f));  // +-[0.5, 1)
    };
    for (auto& v : a) v = next();
    for (auto& v : tile) v = next();
  }
  float pixel(int unit, int channel) const { return value(tile[(channel / 8 * plane + unit) * 8 + channel % 8]); }
  double want(bool columns, int start, int m, int n, bool reversed) const {
    double sum = 0;
    for (int i = 0; i < 16; ++i) {
      int k = reversed ? 15 - i : i;
      float factor = value(a[m * 16 + k]);
      sum += factor * (columns ? pixel(start + n / 8 * pitch + n % 8, 16 + k) : pixel(start + k, n));
    }
    return sum;
  }
};

double worst(const Numbers& numbers, bool columns, int start, const std::vector<float>& have) {
  double most = 0;
  int width = columns ? 48 : 64;
  for (int m = 0; m < 64; ++m) {
    for (int n = 0; n < width; ++n) {
      most = std::max(most, std::abs(have[m * width + n] - numbers.want(columns, start, m, n, true)));
    }
  }
  return most;
}

}  // namespace

int main(int count, char** arguments) {
  bool dry = is_dry(count, arguments);
  Numbers numbers;
  bf16* a = nullptr;
  uint4* tile = nullptr;
  float* out = nullptr;
  if (!dry) {
    CHECK(cudaMalloc(&a, numbers.a.size() * 2));
    CHECK(cudaMalloc(&tile, numbers.tile.size() * 2));
    CHECK(cudaMalloc(&out, 64 * 64 * 4));
    CHECK(cudaMemcpy(a, numbers.a.data(), numbers.a.size() * 2, cudaMemcpyHostToDevice));
    CHECK(cudaMemcpy(tile, numbers.tile.data(), numbers.tile.size() * 2, cudaMemcpyHostToDevice));
  }
  bool right = true;
  for (bool pixels_as_columns : {true, false}) {
    int width = pixels_as_columns ? 48 : 64;
    double most = 0;
    for (int tap = 0; tap < 9; ++tap) {
      int start = tap / 3 * pitch + tap % 3;
      std::vector<float> have(64 * width);
      if (dry) {
        for (int i = 0; i < 64 * width; ++i) {
          have[i] = static_cast<float>(numbers.want(pixels_as_columns, start, i / width, i % width, false));
        }
      } else {
        if (pixels_as_columns) {
          columns<<<1, 128>>>(a, tile, start, out);
        } else {
          sums<<<1, 128>>>(a, tile, start, out);
        }
        CHECK(cudaGetLastError());
        CHECK(cudaMemcpy(have.data(), out, have.size() * 4, cudaMemcpyDeviceToHost));
      }
      most = std::max(most, worst(numbers, pixels_as_columns, start, have));
    }
    say(pixels_as_columns ? "descriptor_columns_largest_error" : "descriptor_sums_largest_error", most, "absolute");
    right &= most < 1e-4;
  }
  return right ? 0 : 1;
}
