// What the GPU reaches: copies through its memory and through its L2, and wgmma with one factor in registers.
// Everything else is held to these.
//   rates [--dry]
#include "../../kernels/include/wgmma.cuh"
#include "probe.h"

namespace {

constexpr int repeats = 256;

// 8 independent blocks of 36 products in a row, as conv3x3 has them; sums are written so that nothing is left out.
__global__ void products(const uint4* factors, float* out) {
  __shared__ __align__(128) uint4 memory[1664];
  for (int i = threadIdx.x; i < 1664; i += 128) memory[i] = {0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80};
  sm90::fence_async();
  __syncthreads();
  uint64_t from = sm90::descriptor(sm90::shared_address(memory), 3328, 416);
  uint4 weights = factors[threadIdx.x];  // a constant would be moved into registers anew before each product
  float d[24] = {};
  for (int i = 0; i < repeats; ++i) {
    sm90::wgmma_fence();
#pragma unroll
    for (int step = 0; step < 36; ++step) sm90::wgmma_m64n48k16(d, weights, from + step % 9, 1);
    sm90::wgmma_commit();
    sm90::wgmma_wait<0>();
  }
  float sum = 0;
  for (float value : d) sum += value;
  out[blockIdx.x * 128 + threadIdx.x] = sum;
}

__global__ void copy(const uint4* from, uint4* to, size_t count) {
  for (size_t i = blockIdx.x * size_t{256} + threadIdx.x; i < count; i += gridDim.x * size_t{256}) to[i] = from[i];
}

double copy_rate(cudaStream_t stream, size_t bytes, int times) {
  uint4* from = device<uint4>(bytes / 16, 1);
  uint4* to = device<uint4>(bytes / 16);
  double ms = milliseconds(stream, [&] {
    for (int i = 0; i < times; ++i) copy<<<processors() * 8, 256, 0, stream>>>(from, to, bytes / 16);
  });
  CHECK(cudaGetLastError());
  CHECK(cudaFree(from));
  CHECK(cudaFree(to));
  return 2.0 * static_cast<double>(bytes) * times / ms / 1e6;
}

}  // namespace

int main(int count, char** arguments) {
  if (is_dry(count, arguments)) {
    std::puts("# dry: copy_memory, copy_l2, wgmma_one_block_an_sm, wgmma_two_blocks_an_sm");
    return 0;
  }
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  say("copy_memory", copy_rate(stream, size_t{1} << 30, 1), "GB/s");
  say("copy_l2", copy_rate(stream, size_t{8} << 20, 64), "GB/s");
  const uint4* factors = device<uint4>(128, 0x3f);
  float* out = device<float>(128 * 2 * static_cast<size_t>(processors()));
  for (int blocks : {1, 2}) {
    double ms = milliseconds(stream, [&] { products<<<processors() * blocks, 128, 0, stream>>>(factors, out); });
    CHECK(cudaGetLastError());
    say(blocks == 1 ? "wgmma_one_block_an_sm" : "wgmma_two_blocks_an_sm",
        2.0 * 64 * 48 * 16 * 36 * repeats * processors() * blocks / ms / 1e9, "TFLOP/s");
  }
  return 0;
}
