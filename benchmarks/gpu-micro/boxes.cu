// How fast tiles of pixels with a border come into shared memory: as one box from blocks of 8 channels, as a bulk copy
// a row and block (what kernels/sm90 does), and as boxes from pixels with all channels together, whole or 16 bytes at a
// time as tensor cores want them. It settles whether the layout of blocks is worth having, and whether a tensor map is.
//   boxes [--dry]
#include <cuda.h>

#include "../../kernels/include/wgmma.cuh"
#include "probe.h"

namespace {

constexpr int images = 64, side = 48, channels = 64, blocks = channels / 8;
constexpr int columns = 26, lines = 8, stages = 2;  // a tile of 24 x 6 and its border
constexpr int tile_bytes = columns * lines * channels * 2, tiles = images * (side / 24) * (side / 6);

enum class Way { block_box, block_rows, pixel_box, pixel_crumbs };

struct Memory {
  char tile[stages][tile_bytes];
  uint64_t full[stages];
};

__device__ void load_box(const CUtensorMap* map, void* to, uint64_t* barrier, int channel, int x, int y, int block,
                         int image, bool five) {
  if (five) {
    asm volatile(
        "cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2,%3,%4,%5,%6}], "
        "[%7];\n" ::"r"(sm90::shared_address(to)),
        "l"(map), "r"(channel), "r"(x), "r"(y), "r"(block), "r"(image), "r"(sm90::shared_address(barrier))
        : "memory");
  } else {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2,%3,%4,%5}], "
        "[%6];\n" ::"r"(sm90::shared_address(to)),
        "l"(map), "r"(channel), "r"(x), "r"(y), "r"(image), "r"(sm90::shared_address(barrier))
        : "memory");
  }
}

// Starts the copies of a tile; all of one warp call it. Rows outside the image are left out, as nothing reads them
// here.
template <Way way>
__device__ void load(const CUtensorMap* map, const char* source, Memory& m, int tile, int stage) {
  int image = tile / 16, y = tile % 16 / 2 * 6 - 1, x = tile % 2 * 24 - 1;
  uint64_t* barrier = &m.full[stage];
  if constexpr (way == Way::block_rows) {
    int first = max(y, 0), end = min(y + lines, side), left = max(x, 0), right = min(x + columns, side);
    if (threadIdx.x == 0) sm90::expect_bytes(barrier, (end - first) * (right - left) * blocks * 16);
    __syncwarp();
    for (int copy = threadIdx.x; copy < blocks * lines; copy += 32) {
      int row = y + copy % lines;
      if (row < 0 || row >= side) continue;
      size_t unit = ((static_cast<size_t>(image) * blocks + copy / lines) * side + row) * side + left;
      sm90::bulk_load(m.tile[stage] + copy * columns * 16 + (left - x) * 16, source + unit * 16, (right - left) * 16,
                      barrier);
    }
  } else if (threadIdx.x == 0) {
    sm90::expect_bytes(barrier, tile_bytes);
    if (way == Way::pixel_crumbs) {
      for (int block = 0; block < blocks; ++block) {
        load_box(map, m.tile[stage] + block * columns * lines * 16, barrier, 8 * block, x, y, 0, image, false);
      }
    } else {
      load_box(map, m.tile[stage], barrier, 0, x, y, 0, image, way == Way::block_box);
    }
  }
}

// One warp a block; blocks take the tiles in turn, times times over, two stages under way.
template <Way way>
__global__ void read(const __grid_constant__ CUtensorMap map, const char* source, int times, int* out) {
  extern __shared__ __align__(128) char memory[];
  Memory& m = *reinterpret_cast<Memory*>(memory);
  if (threadIdx.x == 0) {
    for (auto& barrier : m.full) sm90::barrier_start(&barrier);
    sm90::barrier_fence();
  }
  __syncwarp();
  int count = tiles * times, step = static_cast<int>(gridDim.x), started = 0, sum = 0;
  for (int tile = static_cast<int>(blockIdx.x); tile < count && started < stages; tile += step, ++started) {
    load<way>(&map, source, m, tile % tiles, started);
  }
  for (int tile = static_cast<int>(blockIdx.x), i = 0; tile < count; tile += step, ++i) {
    sm90::barrier_wait(&m.full[i % stages], i / stages % 2);
    sum += *reinterpret_cast<const int*>(m.tile[i % stages] + 4000 + threadIdx.x * 16);
    __syncwarp();
    int next = tile + stages * step;
    if (next < count) load<way>(&map, source, m, next % tiles, i % stages);
  }
  out[blockIdx.x * 32 + threadIdx.x] = sum;
}

using Encode = CUresult (*)(CUtensorMap*, CUtensorMapDataType, cuuint32_t, void*, const cuuint64_t*, const cuuint64_t*,
                            const cuuint32_t*, const cuuint32_t*, CUtensorMapInterleave, CUtensorMapSwizzle,
                            CUtensorMapL2promotion, CUtensorMapFloatOOBfill);

CUtensorMap encode(void* data, std::vector<cuuint64_t> sizes, std::vector<cuuint32_t> box) {
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found;
  CHECK(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000, cudaEnableDefault, &found));
  std::vector<cuuint64_t> strides;  // of all dimensions but the first, in bytes
  cuuint64_t bytes = 2;
  for (size_t i = 0; i + 1 < sizes.size(); ++i) strides.push_back(bytes *= sizes[i]);
  std::vector<cuuint32_t> steps(sizes.size(), 1);
  CUtensorMap map;
  CUresult status = reinterpret_cast<Encode>(function)(
      &map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, static_cast<cuuint32_t>(sizes.size()), data, sizes.data(), strides.data(),
      box.data(), steps.data(), CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE,
      CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS) {
    std::fprintf(stderr, "cuTensorMapEncodeTiled: error %d\n", status);
    std::exit(1);
  }
  return map;
}

template <Way way>
void measure(cudaStream_t stream, const char* name, const CUtensorMap& map, const char* source, int* out) {
  constexpr int times = 32;
  CHECK(cudaFuncSetAttribute(read<way>, cudaFuncAttributeMaxDynamicSharedMemorySize, sizeof(Memory)));
  double ms = milliseconds(
      stream, [&] { read<way><<<2 * processors(), 32, sizeof(Memory), stream>>>(map, source, times, out); });
  CHECK(cudaGetLastError());
  say(name, static_cast<double>(tile_bytes) * tiles * times / ms / 1e6, "GB/s");
}

}  // namespace

int main(int count, char** arguments) {
  if (is_dry(count, arguments)) {
    std::puts("# dry: tiles_block_box, tiles_block_rows, tiles_pixel_box, tiles_pixel_crumbs");
    return 0;
  }
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  char* source = device<char>(size_t{images} * side * side * channels * 2, 0x3f);
  int* out = device<int>(64 * static_cast<size_t>(processors()));
  CUtensorMap by_block = encode(source, {8, side, side, blocks, images}, {8, columns, lines, blocks, 1});
  CUtensorMap by_pixel = encode(source, {channels, side, side, images}, {channels, columns, lines, 1});
  CUtensorMap crumbs = encode(source, {channels, side, side, images}, {8, columns, lines, 1});
  measure<Way::block_box>(stream, "tiles_block_box", by_block, source, out);
  measure<Way::block_rows>(stream, "tiles_block_rows", by_block, source, out);
  measure<Way::pixel_box>(stream, "tiles_pixel_box", by_pixel, source, out);
  measure<Way::pixel_crumbs>(stream, "tiles_pixel_crumbs", crumbs, source, out);
  return 0;
}
