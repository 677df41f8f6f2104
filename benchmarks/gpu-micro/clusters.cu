// How many processors clusters of 2, 4, 8 and 16 blocks fill, one block a processor, as cudaOccupancyMaxActiveClusters
// says and as counted on the GPU. Processors are in groups of unequal size, so large clusters leave some idle: it
// settles whether kernels may be built on clusters.
//   clusters [--dry]
#include "probe.h"

namespace {

constexpr int shared = 200 << 10;  // one block a processor

// Each block notes its processor, and stays until all have had the time to start.
__global__ void places(unsigned* processor) {
  unsigned here;
  asm volatile("mov.u32 %0, %%smid;\n" : "=r"(here));
  long long begin = clock64();
  while (clock64() - begin < 2000000) {
  }
  processor[blockIdx.x] = here;
}

}  // namespace

int main(int count, char** arguments) {
  if (is_dry(count, arguments)) {
    std::puts("# dry: clusters_of_N_blocks_at_once, clusters_of_N_processors for N = 2, 4, 8, 16");
    return 0;
  }
  CHECK(cudaFuncSetAttribute(places, cudaFuncAttributeMaxDynamicSharedMemorySize, shared));
  CHECK(cudaFuncSetAttribute(places, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  unsigned* processor = device<unsigned>(1024);
  for (int size : {2, 4, 8, 16}) {
    cudaLaunchAttribute attribute = {};
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {static_cast<unsigned>(size), 1, 1};
    cudaLaunchConfig_t config = {};
    config.gridDim = size;
    config.blockDim = 128;
    config.dynamicSmemBytes = shared;
    config.attrs = &attribute;
    config.numAttrs = 1;
    int clusters = 0;
    CHECK(cudaOccupancyMaxActiveClusters(&clusters, places, &config));
    std::string name = "clusters_of_" + std::to_string(size);
    say(name + "_blocks_at_once", clusters * size, "blocks");
    if (clusters == 0) continue;
    config.gridDim = clusters * size;
    CHECK(cudaLaunchKernelEx(&config, places, processor));
    std::vector<unsigned> at(clusters * size);
    CHECK(cudaMemcpy(at.data(), processor, at.size() * sizeof(unsigned), cudaMemcpyDeviceToHost));
    std::sort(at.begin(), at.end());
    at.erase(std::unique(at.begin(), at.end()), at.end());
    say(name + "_processors", static_cast<double>(at.size()), "processors");
  }
  return 0;
}
