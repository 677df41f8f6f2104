// What the GPU reaches: copies through its memory and through its L2, wgmma with one factor in registers, and the time
// from one node of a graph to the next.
//   rates [--dry]    dry: names the figures and measures nothing
#include "../../kernels/include/wgmma.cuh"
#include "probe.h"

namespace {

constexpr int repeats = 256;

// 8 independent blocks of 36 products in a row, as conv3x3 has them; sums are written so that nothing is left out.
__global__ void products(float* out) {
  __shared__ __align__(128) uint4 memory[1664];
  for (int i = threadIdx.x; i < 1664; i += 128) memory[i] = {0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80};
  sm90::fence_async();
  __syncthreads();
  uint64_t from = sm90::descriptor(sm90::shared_address(memory), 3328, 416);
  uint4 weights = {0x3f803f80, 0x3f803f80, 0x3f803f80, 0x3f803f80};
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

__global__ void touch(float* value) { *value += 1; }

double copy_rate(cudaStream_t stream, size_t bytes, int times, int processors) {
  uint4 *from, *to;
  CHECK(cudaMalloc(&from, bytes));
  CHECK(cudaMalloc(&to, bytes));
  CHECK(cudaMemset(from, 1, bytes));
  double ms = milliseconds(stream, [&] {
    for (int i = 0; i < times; ++i) copy<<<processors * 8, 256, 0, stream>>>(from, to, bytes / 16);
  });
  CHECK(cudaGetLastError());
  CHECK(cudaFree(from));
  CHECK(cudaFree(to));
  return 2.0 * static_cast<double>(bytes) * times / ms / 1e6;
}

// Microseconds from node to node of a graph of one-thread kernels that wait for each other.
double node_gap(cudaStream_t stream) {
  constexpr int nodes = 512;
  float* value;
  CHECK(cudaMalloc(&value, 4));
  cudaGraph_t graph;
  cudaGraphExec_t ready;
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  for (int i = 0; i < nodes; ++i) touch<<<1, 1, 0, stream>>>(value);
  CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(cudaGraphInstantiate(&ready, graph, 0));
  return milliseconds(stream, [&] { CHECK(cudaGraphLaunch(ready, stream)); }) * 1e3 / nodes;
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && std::strcmp(arguments[1], "--dry") == 0) {
    std::puts("dry: copy_memory copy_l2 wgmma_one_block_an_sm wgmma_two_blocks_an_sm graph_node_gap were not measured");
    return 0;
  }
  cudaDeviceProp gpu;
  CHECK(cudaGetDeviceProperties(&gpu, 0));
  std::printf("# %s, %d multiprocessors\n", gpu.name, gpu.multiProcessorCount);
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  int processors = gpu.multiProcessorCount;
  say("copy_memory", copy_rate(stream, size_t{1} << 30, 1, processors), "GB/s");
  say("copy_l2", copy_rate(stream, size_t{8} << 20, 64, processors), "GB/s");
  float* out;
  CHECK(cudaMalloc(&out, sizeof(float) * 128 * 2 * processors));
  for (int blocks : {1, 2}) {
    double ms = milliseconds(stream, [&] { products<<<processors * blocks, 128, 0, stream>>>(out); });
    CHECK(cudaGetLastError());
    say(blocks == 1 ? "wgmma_one_block_an_sm" : "wgmma_two_blocks_an_sm",
        2.0 * 64 * 48 * 16 * 36 * repeats * processors * blocks / ms / 1e9, "TFLOP/s");
  }
  say("graph_node_gap", node_gap(stream), "us");
  return 0;
}
