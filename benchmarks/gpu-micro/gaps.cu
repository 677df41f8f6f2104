// The time from node to node of a graph of kernels that wait for each other: plain, with edges of programmatic
// dependent launch, and as two chains side by side; for kernels that do nothing and for kernels of all processors that
// work for some microseconds. It settles whether overlapping the layers of a step at batch 16 is worth the trouble.
//   gaps [--dry]
#include "probe.h"

namespace {

constexpr int nodes = 256;

// Works for so many clocks; what may start before the node before has ended waits for it first.
__global__ void work(int* value, int clocks, int early) {
  if (early != 0) {
    asm volatile("griddepcontrol.launch_dependents;\ngriddepcontrol.wait;\n" ::: "memory");
  }
  long long begin = clock64();
  while (clock64() - begin < clocks) {
  }
  if (threadIdx.x == 0) value[blockIdx.x] += 1;
}

void launch(cudaStream_t stream, int blocks, int* value, int clocks, bool early) {
  cudaLaunchConfig_t config = {};
  config.gridDim = blocks;
  config.blockDim = 128;
  config.stream = stream;
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  config.attrs = &attribute;
  config.numAttrs = early ? 1 : 0;
  CHECK(cudaLaunchKernelEx(&config, work, value, clocks, early ? 1 : 0));
}

// Microseconds a node of a graph of one or two chains of nodes / chains.
double a_node(cudaStream_t stream, int chains, int blocks, int clocks, bool early) {
  int* value = device<int>(2 * static_cast<size_t>(blocks));
  cudaStream_t other;
  CHECK(cudaStreamCreate(&other));
  cudaEvent_t fork, join;
  CHECK(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming));
  CHECK(cudaEventCreateWithFlags(&join, cudaEventDisableTiming));
  cudaGraph_t graph;
  cudaGraphExec_t ready;
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  CHECK(cudaEventRecord(fork, stream));
  CHECK(cudaStreamWaitEvent(other, fork));
  for (int i = 0; i < nodes; ++i) {
    bool first = i % chains == 0;
    launch(first ? stream : other, blocks / chains, value + (first ? 0 : blocks), clocks, early && i >= chains);
  }
  CHECK(cudaEventRecord(join, other));
  CHECK(cudaStreamWaitEvent(stream, join));
  CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(cudaGraphInstantiate(&ready, graph, 0));
  double ms = milliseconds(stream, [&] { CHECK(cudaGraphLaunch(ready, stream)); });
  CHECK(cudaGraphExecDestroy(ready));
  CHECK(cudaGraphDestroy(graph));
  return ms * 1e3 / nodes;
}

}  // namespace

int main(int count, char** arguments) {
  if (is_dry(count, arguments)) {
    std::puts("# dry: graph_node_{empty,full}_{plain,programmatic,two_chains}, graph_node_empty_one_block");
    return 0;
  }
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  int all = processors() / 2 * 2;
  say("graph_node_empty_one_block", a_node(stream, 1, 1, 0, false), "us");
  for (int clocks : {0, 6000}) {  // about 3.4 us: a layer at batch 16
    std::string name = clocks == 0 ? "graph_node_empty_" : "graph_node_full_";
    say(name + "plain", a_node(stream, 1, all, clocks, false), "us");
    say(name + "programmatic", a_node(stream, 1, all, clocks, true), "us");
    // two nodes at a time, each on half of the processors: half the time of a node if nothing is lost
    say(name + "two_chains", a_node(stream, 2, all, clocks, false), "us");
  }
  return 0;
}
