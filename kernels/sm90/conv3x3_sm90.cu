// The bf16 forms of the 3x3 convolution for 64 channels on both sides, without shuffle, on Hopper (sm_90a): arguments,
// layouts and results are those of the kernels without _sm90 in ../conv3x3.cu. A device takes them for shapes that fit.
//
// conv3x3_forward, conv3x3_backward_input: the product is turned so that output channels are rows. The 64 x 576 weights
// then stay in registers, 144 a thread, in the very order in which they are packed, and pixels alone stream from shared
// memory: half of its bandwidth, where both factors in shared memory would take all of it. A block of 128 threads has
// tiles of 24 x 6 pixels, two blocks an SM; sums of 8 columns are finished while the tensor cores are at the next 8.
// Tiles come as one bulk copy for each block of channels and row; threads write the zeros outside the image.
// Any grid of one dimension does: blocks take the tiles in turn. 2 an SM is right. Sums over a tile of what is stored
// (conv3x3_forward_sums, conv3x3_backward_input_product) are those of each thread's two channels over its pixels, then
// over the four threads of a channel: no warp has another's channels.
//
// conv3x3_backward_weight: sums over pixels, so dy is transposed by ldmatrix into registers, once for the 9 taps, and x
// is read transposed by its descriptor. Three warpgroups have a row of taps each. Blocks: parts.
#include "tile_sums.cuh"
#include "wgmma.cuh"

namespace {

constexpr int channels = 64, channel_blocks = channels / lanes8, taps = 9, unit_bytes = 16, lanes = 32;

// Where tiles lie, row by row and image by image.
struct Tiles {
  int h, w, columns, rows, across, down, count;

  __device__ Tiles(int n, int h, int w, int columns, int rows)
      : h(h),
        w(w),
        columns(columns),
        rows(rows),
        across((w + columns - 1) / columns),
        down((h + rows - 1) / rows),
        count(n * across * down) {}
  __device__ int image(int tile) const { return tile / (across * down); }
  __device__ int row(int tile) const { return tile / across % down * rows; }
  __device__ int column(int tile) const { return tile % across * columns; }
};

// A window of rows x columns pixels from (row, column) on, in shared memory as [channel block][row][column].
template <int rows, int columns>
struct Window {
  static constexpr int plane = rows * columns, units = channel_blocks * plane, copies = channel_blocks * rows;
  int image, row, column, h, w;

  __device__ int first_column() const { return max(column, 0); }
  __device__ int end_column() const { return min(column + columns, w); }
  __device__ uint32_t bytes() const {
    return static_cast<uint32_t>(channel_blocks * (min(row + rows, h) - max(row, 0)) * (end_column() - first_column()) *
                                 unit_bytes);
  }
  // Copy number copy: one row of one block of channels; where it leaves the image there are zeros.
  __device__ void load(uint4* tile, const bf16* source, int copy, uint64_t* barrier) const {
    int at = row + copy % rows;
    uint4* to = tile + copy * columns;
    int first = at >= 0 && at < h ? first_column() : column + columns;
    int end = at >= 0 && at < h ? end_column() : column + columns;
    for (int c = column; c < first; ++c) to[c - column] = {0, 0, 0, 0};
    for (int c = end; c < column + columns; ++c) to[c - column] = {0, 0, 0, 0};
    if (first < end) {
      int64_t pixel = static_cast<int64_t>(at) * w + first;
      sm90::bulk_load(to + (first - column),
                      source + block8_index(image, channel_blocks, copy / rows, static_cast<int64_t>(h) * w, pixel),
                      static_cast<uint32_t>(end - first) * unit_bytes, barrier);
    }
  }
  // The same without what lies outside, in either direction.
  __device__ void store(const uint4* tile, bf16* target, int copy) const {
    int at = row + copy % rows;
    if (at >= h) return;
    int64_t pixel = static_cast<int64_t>(at) * w + column;
    sm90::bulk_store(target + block8_index(image, channel_blocks, copy / rows, static_cast<int64_t>(h) * w, pixel),
                     tile + copy * columns, static_cast<uint32_t>(end_column() - column) * unit_bytes);
  }
};

namespace sums {

constexpr int threads = 128, columns = 24, rows = 6, steps = taps * channels / 16;
using Halo = Window<rows + 2, columns + 2>;
using Own = Window<rows, columns>;

struct Memory {
  uint4 halo[2][Halo::units];
  uint4 mask[Own::units];
  uint4 added[Own::units];
  uint4 result[Own::units];
  uint64_t halo_full[2];
  uint64_t operands_full;
};
static_assert(sizeof(Memory) == 108576, "the launch asks for so much: HopperKernels");
static_assert(2 * (sizeof(Memory) + 1024) <= 228 << 10, "two blocks an SM");

// What becomes of a sum; see gemm::Epilogue.
struct End {
  const float* bias;
  const bf16* mask;
  const bf16* added;
  int relu;
  float scale;
};

__device__ Halo halo(const Tiles& t, int tile) {
  return {t.image(tile), t.row(tile) - 1, t.column(tile) - 1, t.h, t.w};
}
__device__ Own own(const Tiles& t, int tile) { return {t.image(tile), t.row(tile), t.column(tile), t.h, t.w}; }

__device__ void load_halo(Memory& m, const Tiles& t, int tile, const bf16* source, int stage) {
  Halo window = halo(t, tile);
  int copy = static_cast<int>(threadIdx.x);
  if (copy == 0) sm90::expect_bytes(&m.halo_full[stage], window.bytes());
  if (copy < Halo::copies) window.load(m.halo[stage], source, copy, &m.halo_full[stage]);
  sm90::fence_async();
}

__device__ void load_operands(Memory& m, const Tiles& t, int tile, const End& end) {
  Own window = own(t, tile);
  int copy = static_cast<int>(threadIdx.x) - (threads - Own::copies);
  if (copy < 0) return;
  if (copy == 0) {
    sm90::expect_bytes(&m.operands_full, window.bytes() * ((end.mask != nullptr) + (end.added != nullptr)));
  }
  if (end.mask != nullptr) window.load(m.mask, end.mask, copy, &m.operands_full);
  if (end.added != nullptr) window.load(m.added, end.added, copy, &m.operands_full);
}

// 64 channels of 8 columns and all rows of the tile: 36 products, under way when this returns.
__device__ __forceinline__ void multiply(float (&d)[24], const uint4 (&weights)[steps], uint64_t tile, int group) {
  constexpr int line = Halo::plane / (rows + 2);
  sm90::wgmma_fence();
#pragma unroll
  for (int step = 0; step < steps; ++step) {
    int chunk = step / taps, tap = step % taps;
    int units = 2 * chunk * Halo::plane + tap / 3 * line + tap % 3 + 8 * group;
    sm90::wgmma_m64n48k16(d, weights[step], tile + units, step != 0);
  }
  sm90::wgmma_commit();
}

// The sums are there: no instruction may use them before.
__device__ __forceinline__ void settle(float (&d)[24]) {
#pragma unroll
  for (float& value : d) asm volatile("" : "+f"(value)::"memory");
}

// What this thread has of a tile's sums, over its own two channels.
struct Totals {
  float sum[2] = {0.0f, 0.0f};
  int rows, columns;  // of the tile, inside the image

  // Numbers at this row of the tile, in this column and the next.
  __device__ void add(int channel, float left, float right, int row, int column) {
    if (row >= rows) return;
    if (column < columns) sum[channel] += left;
    if (column + 1 < columns) sum[channel] += right;
  }
  __device__ void store(float* to, int channel) {
    for (float& all : sum) {
      all += __shfl_xor_sync(~0u, all, 1);
      all += __shfl_xor_sync(~0u, all, 2);
    }
    if (threadIdx.x % 4 == 0) {
      to[channel] = sum[0];
      to[channel + 8] = sum[1];
    }
  }
};

__device__ __forceinline__ float left(uint32_t pair) { return __uint_as_float(pair << 16); }
__device__ __forceinline__ float right(uint32_t pair) { return __uint_as_float(pair & 0xffff0000u); }

// What is summed over a tile: nothing, results, or their products with what lies in the mask's place, which then is
// none.
enum class Summed { nothing, results, products };

template <Summed summed>
__device__ __forceinline__ void finish(Memory& m, const float (&d)[24], const float (&bias)[2], const End& end,
                                       int group, [[maybe_unused]] Totals& totals) {
  int lane = threadIdx.x % lanes, warp = threadIdx.x / lanes;
#pragma unroll
  for (int row = 0; row < rows; row += 2) {
    // Matrices: the warp's two blocks of channels at this row, then at the next.
    int unit = (2 * warp + lane / 8 % 2) * Own::plane + (row + lane / 16) * columns + 8 * group + lane % 8;
    uint32_t mask[4], added[4], result[4];
    if (end.mask != nullptr) ldmatrix_x4_trans(mask, m.mask + unit);
    if (end.added != nullptr) ldmatrix_x4_trans(added, m.added + unit);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      float values[2];
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        float value = d[4 * (row + i / 2) + 2 * (i % 2) + half] + bias[i % 2];
        if (end.relu && value < 0.0f) value = 0.0f;
        value *= end.scale;
        if (summed != Summed::products && end.mask != nullptr && !((half ? right(mask[i]) : left(mask[i])) > 0.0f))
          value = 0.0f;
        if (end.added != nullptr) value += half ? right(added[i]) : left(added[i]);
        values[half] = value;
      }
      result[i] = pack_bf16(values[0], values[1]);
      if constexpr (summed != Summed::nothing) {
        float pair[2] = {left(result[i]), right(result[i])};
        if constexpr (summed == Summed::products) {
          pair[0] *= left(mask[i]);
          pair[1] *= right(mask[i]);
        }
        totals.add(i % 2, pair[0], pair[1], row + i / 2, 8 * group + lane % 4 * 2);
      }
    }
    sm90::stmatrix_x4_trans(m.result + unit, result);
  }
}

template <Summed summed = Summed::nothing>
__device__ __forceinline__ void convolve(const bf16* source, const bf16* packed, bf16* target, int n, int h, int w,
                                         const End& end, [[maybe_unused]] float* to_sums = nullptr) {
  extern __shared__ __align__(128) char memory[];
  Memory& m = *reinterpret_cast<Memory*>(memory);
  Tiles t(n, h, w, columns, rows);
  int tile = static_cast<int>(blockIdx.x);
  if (tile >= t.count) return;
  if (threadIdx.x == 0) {
    sm90::barrier_start(&m.halo_full[0]);
    sm90::barrier_start(&m.halo_full[1]);
    sm90::barrier_start(&m.operands_full);
    sm90::barrier_fence();
  }
  __syncthreads();
  load_halo(m, t, tile, source, 0);
  uint4 weights[steps];
#pragma unroll
  for (int step = 0; step < steps; ++step) {
    weights[step] = __ldg(reinterpret_cast<const uint4*>(packed) + step * threads + threadIdx.x);
  }
  int channel = threadIdx.x / lanes * 16 + threadIdx.x % lanes / 4;
  float bias[2] = {0.0f, 0.0f};
  if (end.bias != nullptr) {
    bias[0] = end.bias[channel];
    bias[1] = end.bias[channel + 8];
  }
  if constexpr (summed != Summed::nothing) {
    if (tile == 0 && threadIdx.x == 0) write_tile_count(to_sums, t.across * t.down);
  }
  bool operands = end.mask != nullptr || end.added != nullptr;
  for (int i = 0; tile < t.count; tile += gridDim.x, ++i) {
    // Now nobody reads the other stage or the operands, and the zeros of this stage are written.
    __syncthreads();
    if (tile + gridDim.x < t.count) load_halo(m, t, tile + gridDim.x, source, 1 - i % 2);
    if (operands) load_operands(m, t, tile, end);
    sm90::barrier_wait(&m.halo_full[i % 2], i / 2 % 2);
    uint64_t from =
        sm90::descriptor(sm90::shared_address(m.halo[i % 2]), Halo::plane * unit_bytes, (columns + 2) * unit_bytes);
    float even[24], odd[24];
    multiply(even, weights, from, 0);
    multiply(odd, weights, from, 1);
    if (operands) sm90::barrier_wait(&m.operands_full, i % 2);
    sm90::bulk_wait_read();  // the last tile's results have left
    __syncthreads();
    Totals totals;
    if constexpr (summed != Summed::nothing) {
      totals.rows = t.h - t.row(tile);
      totals.columns = t.w - t.column(tile);
    }
    sm90::wgmma_wait<1>();
    settle(even);
    finish<summed>(m, even, bias, end, 0, totals);
    multiply(even, weights, from, 2);
    sm90::wgmma_wait<1>();
    settle(odd);
    finish<summed>(m, odd, bias, end, 1, totals);
    sm90::wgmma_wait<0>();
    settle(even);
    finish<summed>(m, even, bias, end, 2, totals);
    if constexpr (summed != Summed::nothing) totals.store(tile_sums(to_sums, tile, channels), channel);
    sm90::fence_async();
    __syncthreads();
    if (threadIdx.x < Own::copies) {
      own(t, tile).store(m.result, target, static_cast<int>(threadIdx.x));
      sm90::bulk_commit();
    }
  }
  sm90::bulk_wait();
}

}  // namespace sums

namespace gradient {

constexpr int threads = 384, columns = 16, rows = 8, stages = 4, line = columns + 2;
constexpr int partial_numbers = channels * channels * taps;
using X = Window<rows + 2, line>;
using Dy = Window<rows, columns>;

struct Memory {
  union {
    struct {
      uint4 x[X::units];
      uint4 dy[Dy::units];
    } stage[stages];
    float partial[partial_numbers];
  };
  uint64_t full[stages];
};
static_assert(sizeof(Memory) == 157728, "the launch asks for so much: HopperKernels");

__device__ void load(Memory& m, const Tiles& t, int tile, const bf16* x, const bf16* dy, int stage) {
  int image = t.image(tile), row = t.row(tile), column = t.column(tile), copy = static_cast<int>(threadIdx.x);
  X x_window{image, row - 1, column - 1, t.h, t.w};
  Dy dy_window{image, row, column, t.h, t.w};
  if (copy == 0) sm90::expect_bytes(&m.full[stage], x_window.bytes() + dy_window.bytes());
  if (copy < X::copies) {
    x_window.load(m.stage[stage].x, x, copy, &m.full[stage]);
  } else if (copy < X::copies + Dy::copies) {
    dy_window.load(m.stage[stage].dy, dy, copy - X::copies, &m.full[stage]);
  }
  sm90::fence_async();
}

// The transposed factor: the warp's 16 channels of dy at a row of 16 pixels.
__device__ __forceinline__ void load_fragment(uint32_t (&a)[4], const uint4* dy, int row) {
  int lane = threadIdx.x % lanes, warp = threadIdx.x / lanes % 4;
  ldmatrix_x4_trans(a, dy + (2 * warp + lane / 8 % 2) * Dy::plane + row * columns + lane / 16 * 8 + lane % 8);
}

__device__ __forceinline__ float both(uint32_t pair) {
  return __uint_as_float(pair << 16) + __uint_as_float(pair & 0xffff0000u);
}

__device__ __forceinline__ void settle(float (&d)[3][32]) {
#pragma unroll
  for (auto& tap : d) {
#pragma unroll
    for (float& value : tap) asm volatile("" : "+f"(value)::"memory");
  }
}

}  // namespace gradient

}  // namespace

extern "C" __global__ __launch_bounds__(sums::threads,
                                        2) void conv3x3_forward_bf16_sm90(const bf16* x, const bf16* packed,
                                                                          const float* bias, const bf16* residual,
                                                                          bf16* y, int n, int h, int w, int, int, int,
                                                                          int relu, float scale) {
  sums::convolve(x, packed, y, n, h, w, {bias, nullptr, residual, relu, scale});
}

extern "C" __global__ __launch_bounds__(sums::threads, 2) void conv3x3_forward_sums_bf16_sm90(
    const bf16* x, const bf16* packed, const float* bias, bf16* y, float* to_sums, int n, int h, int w, int, int) {
  sums::convolve<sums::Summed::results>(x, packed, y, n, h, w, {bias, nullptr, nullptr, 0, 1.0f}, to_sums);
}

extern "C" __global__ __launch_bounds__(sums::threads,
                                        2) void conv3x3_backward_input_bf16_sm90(const bf16* dy, const bf16* packed,
                                                                                 const bf16* mask, bf16* dx, int n,
                                                                                 int h, int w, int, int, int,
                                                                                 float scale, int accumulate) {
  sums::convolve(dy, packed, dx, n, h, w, {nullptr, mask, accumulate ? dx : nullptr, 0, scale});
}

extern "C" __global__ __launch_bounds__(sums::threads, 2) void conv3x3_backward_input_skip_bf16_sm90(
    const bf16* dy, const bf16* packed, const bf16* mask, const bf16* skip, bf16* dx, int n, int h, int w, int, int,
    int, float scale) {
  sums::convolve(dy, packed, dx, n, h, w, {nullptr, mask, skip, 0, scale});
}

extern "C" __global__ __launch_bounds__(sums::threads, 2) void conv3x3_backward_input_product_bf16_sm90(
    const bf16* dy, const bf16* packed, const bf16* added, const bf16* factor, bf16* dx, float* to_sums, int n, int h,
    int w, int, int, float scale) {
  sums::convolve<sums::Summed::products>(dy, packed, dx, n, h, w, {nullptr, factor, added, 0, scale}, to_sums);
}

extern "C" __global__ __launch_bounds__(gradient::threads,
                                        1) void conv3x3_backward_weight_bf16_sm90(const bf16* x, const bf16* dy,
                                                                                  float* partial, int n, int h, int w,
                                                                                  int, int, int, int parts) {
  using namespace gradient;
  extern __shared__ __align__(128) char memory[];
  Memory& m = *reinterpret_cast<Memory*>(memory);
  Tiles t(n, h, w, columns, rows);
  int part = static_cast<int>(blockIdx.x);
  if (threadIdx.x == 0) {
    for (uint64_t& barrier : m.full) sm90::barrier_start(&barrier);
    sm90::barrier_fence();
  }
  __syncthreads();
  for (int ahead = 0; ahead < stages - 1; ++ahead) {
    if (part + ahead * parts < t.count) load(m, t, part + ahead * parts, x, dy, ahead);
  }
  float d[3][32] = {}, bias[2] = {0.0f, 0.0f};
  int tap_row = threadIdx.x / 128;
  uint32_t phase = 0;
  int stage = 0;
  for (int tile = part; tile < t.count; tile += parts) {
    sm90::barrier_wait(&m.full[stage], phase);
    __syncthreads();  // zeros are written, and the stage before is free
    int next = tile + (stages - 1) * parts;
    if (next < t.count) load(m, t, next, x, dy, (stage + stages - 1) % stages);
    uint64_t from = sm90::descriptor(sm90::shared_address(m.stage[stage].x + tap_row * line), 8 * unit_bytes,
                                     X::plane * unit_bytes);
    uint32_t a[2][4];
    load_fragment(a[0], m.stage[stage].dy, 0);
#pragma unroll
    for (int row = 0; row < rows; ++row) {
      sm90::wgmma_fence();
#pragma unroll
      for (int tap = 0; tap < 3; ++tap) {
        sm90::wgmma_m64n64k16_trans(d[tap], a[row % 2], from + row * line + tap);
      }
      sm90::wgmma_commit();
      if (tap_row == 0) {
        bias[0] += both(a[row % 2][0]) + both(a[row % 2][2]);
        bias[1] += both(a[row % 2][1]) + both(a[row % 2][3]);
      }
      sm90::wgmma_wait<1>();
      if (row + 1 < rows) load_fragment(a[(row + 1) % 2], m.stage[stage].dy, row + 1);
    }
    sm90::wgmma_wait<0>();
    stage = (stage + 1) % stages;
    if (stage == 0) phase ^= 1;
  }
  settle(d);
  __syncthreads();
  int lane = threadIdx.x % lanes, o = threadIdx.x / lanes % 4 * 16 + lane / 4;
#pragma unroll
  for (int tap = 0; tap < 3; ++tap) {
#pragma unroll
    for (int i = 0; i < 32; ++i) {
      int in = i / 4 * 8 + lane % 4 * 2 + i % 2;
      m.partial[((o + i / 2 % 2 * 8) * channels + in) * taps + tap_row * 3 + tap] = d[tap][i];
    }
  }
  sm90::fence_async();
  __syncthreads();
  float* to = partial + static_cast<int64_t>(part) * (partial_numbers + channels);
  if (threadIdx.x < channels) {
    constexpr int run = partial_numbers / channels;
    sm90::bulk_store(to + threadIdx.x * run, m.partial + threadIdx.x * run, run * sizeof(float));
    sm90::bulk_commit();
  }
  for (float& sum : bias) {
    sum += __shfl_xor_sync(~0u, sum, 1);
    sum += __shfl_xor_sync(~0u, sum, 2);
  }
  if (tap_row == 0 && lane % 4 == 0) {
    to[partial_numbers + o] = bias[0];
    to[partial_numbers + o + 8] = bias[1];
  }
  sm90::bulk_wait();
}
