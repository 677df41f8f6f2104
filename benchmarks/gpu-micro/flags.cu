// How long it takes until what one block stores is known to another through L2: store, flag, wait and load between two
// processors, among neighbours in a row of blocks on all processors, and as a barrier of the whole grid. It settles
// whether layers may follow each other within one kernel, by flags of tiles or by a barrier, instead of as nodes of a
// graph.
//   flags [--dry]
#include "probe.h"

namespace {

constexpr int turns = 2000;

__device__ int wait_for(const int* flag, int least) {
  int seen;
  do {
    asm volatile("ld.acquire.gpu.global.s32 %0, [%1];\n" : "=r"(seen) : "l"(flag) : "memory");
  } while (seen < least);
  return seen;
}
__device__ void raise(int* flag, int to) {
  asm volatile("st.release.gpu.global.s32 [%0], %1;\n" ::"l"(flag), "r"(to) : "memory");
}

// A line of memory for what a block says, far enough from the next.
struct Line {
  int flag, data[63];
};

// Blocks 0 and 1 answer each other; each adds one to what it read.
__global__ void answers(Line* lines, long long* taken, int* sum) {
  int me = blockIdx.x;
  Line *mine = lines + me, *other = lines + 1 - me;
  long long begin = clock64();
  int value = 0;
  for (int turn = 1; turn <= turns; ++turn) {
    if (me == 1) {
      wait_for(&other->flag, turn);
      value = *reinterpret_cast<volatile int*>(other->data) + 1;
    }
    *reinterpret_cast<volatile int*>(mine->data) = value;
    raise(&mine->flag, turn);
    if (me == 0) {
      wait_for(&other->flag, turn);
      value = *reinterpret_cast<volatile int*>(other->data) + 1;
    }
  }
  taken[me] = clock64() - begin;
  sum[me] = value;
}

// All blocks in a row: each says how far it is, and goes on when both neighbours are as far.
__global__ void neighbours(Line* lines, long long* taken, int* sum) {
  int me = blockIdx.x, left = (me + gridDim.x - 1) % gridDim.x, right = (me + 1) % gridDim.x;
  long long begin = clock64();
  int value = me;
  for (int turn = 1; turn <= turns; ++turn) {
    *reinterpret_cast<volatile int*>(&lines[me].data[turn % 2]) = value;
    raise(&lines[me].flag, turn);
    wait_for(&lines[left].flag, turn);
    wait_for(&lines[right].flag, turn);
    value = *reinterpret_cast<volatile int*>(&lines[left].data[turn % 2]) +
            *reinterpret_cast<volatile int*>(&lines[right].data[turn % 2]);
  }
  taken[me] = clock64() - begin;
  sum[me] = value;
}

__global__ void barriers(int* arrived, long long* taken, int* sum) {
  long long begin = clock64();
  for (int turn = 1; turn <= turns; ++turn) {
    asm volatile("red.release.gpu.global.add.s32 [%0], 1;\n" ::"l"(arrived) : "memory");
    wait_for(arrived, turn * static_cast<int>(gridDim.x));
  }
  taken[blockIdx.x] = clock64() - begin;
  sum[blockIdx.x] = 0;
}

// Median over blocks of nanoseconds a turn. All blocks must be there at once: a cooperative launch refuses otherwise.
template <class T>
void measure(const char* name, void (*kernel)(T*, long long*, int*), int blocks, double a_turn) {
  T* state = device<T>(blocks);
  long long* taken = device<long long>(blocks);
  int* sum = device<int>(blocks);
  std::vector<long long> clocks(blocks);
  void* arguments[] = {&state, &taken, &sum};
  double ms = 0;
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(cudaMemset(state, 0, blocks * sizeof(T)));
    cudaEvent_t begin, end;
    CHECK(cudaEventCreate(&begin));
    CHECK(cudaEventCreate(&end));
    CHECK(cudaEventRecord(begin));
    CHECK(cudaLaunchCooperativeKernel(reinterpret_cast<void*>(kernel), dim3(blocks), dim3(1), arguments));
    CHECK(cudaEventRecord(end));
    CHECK(cudaEventSynchronize(end));
    float time = 0;
    CHECK(cudaEventElapsedTime(&time, begin, end));
    ms = time;
  }
  CHECK(cudaMemcpy(clocks.data(), taken, blocks * sizeof(long long), cudaMemcpyDeviceToHost));
  std::sort(clocks.begin(), clocks.end());
  say(std::string(name), static_cast<double>(clocks[blocks / 2]) / turns / a_turn, "clocks");
  say(std::string(name) + "_time", ms * 1e6 / turns / a_turn, "ns");
}

}  // namespace

int main(int count, char** arguments) {
  if (is_dry(count, arguments)) {
    std::puts("# dry: flag_to_other_block, flag_to_neighbours, grid_barrier, each [_time]");
    return 0;
  }
  measure("flag_to_other_block", answers, 2, 2);  // there and back
  measure("flag_to_neighbours", neighbours, processors(), 1);
  measure("grid_barrier", barriers, processors(), 1);
  return 0;
}
