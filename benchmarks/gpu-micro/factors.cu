// How many clocks one wgmma of 64 x N x 16 takes in rows of 32, with its first factor in registers and in shared
// memory, with one and two blocks an SM, alone and beside bulk copies into the same shared memory. It settles whether
// weights belong in registers (N / 2 clocks at any N, and copies cost nothing) or may lie in shared memory beside the
// pixels.
//   factors [--dry]
#include "../../kernels/include/wgmma.cuh"
#include "probe.h"

// Operands 8 at a time: the names %a0 to %a7, and sums from d[i] on.
#define F4(i) "+f"(d[i]), "+f"(d[(i) + 1]), "+f"(d[(i) + 2]), "+f"(d[(i) + 3])
#define F8(i) F4(i), F4((i) + 4)
#define F32(i) F8(i), F8((i) + 8), F8((i) + 16), F8((i) + 24)
#define S24 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23"
#define S32 S24 ",%24,%25,%26,%27,%28,%29,%30,%31"
#define S48 S32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47"
#define S64 S48 ",%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define S128                                                                                                  \
  S64 ",%64,%65,%66,%67,%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79,%80,%81,%82,%83,%84,%85,%86,%87,%88," \
      "%89,%90,%91,%92,%93,%94,%95,%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,"   \
      "%111,%112,%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,%126,%127"
#define INSTRUCTION(n, sums, operands) \
  "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32.bf16.bf16 {" sums "}, " operands ";\n"

// Products with N columns; the operands behind the sums have numbers of their own at each N.
#define COLUMNS(n, sums, registers, shared, ...)                                                                    \
  template <>                                                                                                       \
  struct Columns<n> {                                                                                               \
    static __device__ __forceinline__ void multiply(float (&d)[n / 2], const uint4& a, uint64_t b) {                \
      asm volatile(INSTRUCTION(n, sums, registers) : __VA_ARGS__ : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "l"(b)); \
    }                                                                                                               \
    static __device__ __forceinline__ void multiply(float (&d)[n / 2], uint64_t a, uint64_t b) {                    \
      asm volatile(INSTRUCTION(n, sums, shared) : __VA_ARGS__ : "l"(a), "l"(b));                                    \
    }                                                                                                               \
  };

namespace {

template <int n>
struct Columns;
COLUMNS(48, S24, "{%24,%25,%26,%27}, %28, 1, 1, 1, 0", "%24, %25, 1, 1, 1, 0, 0", F8(0), F8(8), F8(16))
COLUMNS(64, S32, "{%32,%33,%34,%35}, %36, 1, 1, 1, 0", "%32, %33, 1, 1, 1, 0, 0", F32(0))
COLUMNS(96, S48, "{%48,%49,%50,%51}, %52, 1, 1, 1, 0", "%48, %49, 1, 1, 1, 0, 0", F32(0), F8(32), F8(40))
COLUMNS(128, S64, "{%64,%65,%66,%67}, %68, 1, 1, 1, 0", "%64, %65, 1, 1, 1, 0, 0", F32(0), F32(32))
COLUMNS(256, S128, "{%128,%129,%130,%131}, %132, 1, 1, 1, 0", "%128, %129, 1, 1, 1, 0, 0", F32(0), F32(32), F32(64),
        F32(96))

constexpr int rows = 128, row = 32, chunk = 8192, stages = 4;
constexpr uint32_t ones = 0x3f803f80;

struct Memory {
  uint4 b[4][2 * 256];  // 4 steps of 16 x 256
  uint4 a[4][2 * 64];
  uint4 copied[stages][chunk / 16];
  uint64_t full[stages];
};

// rows times a row of products; thread 0 starts so many copies before each, 8 KB for 32 products of 48 columns: about
// what a convolution's pixels are.
template <int n, bool registers>
__global__ __launch_bounds__(128, 2) void clocks(const char* source, int copies, float* sums, long long* taken) {
  extern __shared__ __align__(128) char memory[];
  Memory& m = *reinterpret_cast<Memory*>(memory);
  for (int i = threadIdx.x; i < 4 * 2 * 256; i += 128) (&m.b[0][0])[i] = {ones, ones, ones, ones};
  for (int i = threadIdx.x; i < 4 * 2 * 64; i += 128) (&m.a[0][0])[i] = {ones, ones, ones, ones};
  if (threadIdx.x == 0) {
    for (auto& barrier : m.full) sm90::barrier_start(&barrier);
    sm90::barrier_fence();
  }
  sm90::fence_async();
  __syncthreads();
  uint64_t a = sm90::descriptor(sm90::shared_address(m.a[0]), 64 * 16, 128);
  uint64_t b = sm90::descriptor(sm90::shared_address(m.b[0]), 256 * 16, 128);
  // from memory: copies of a constant would be made anew before each product
  uint4 weights = reinterpret_cast<const uint4*>(source)[threadIdx.x];
  float d[n / 2] = {};
  int started = 0;
  long long begin = clock64();
  for (int i = 0; i < rows; ++i) {
    if (threadIdx.x == 0) {
      for (int copy = 0; copy < copies; ++copy, ++started) {
        int stage = started % stages;
        if (started >= stages) sm90::barrier_wait(&m.full[stage], (started / stages - 1) % 2);
        sm90::expect_bytes(&m.full[stage], chunk);
        sm90::bulk_load(m.copied[stage], source + (blockIdx.x * 64 + started) % 1024 * size_t{chunk}, chunk,
                        &m.full[stage]);
      }
    }
    sm90::wgmma_fence();
#pragma unroll
    for (int step = 0; step < row; ++step) {
      uint64_t from = b + step % 4 * (2 * 256);
      if constexpr (registers) {
        Columns<n>::multiply(d, weights, from);
      } else {
        Columns<n>::multiply(d, a + step % 4 * (2 * 64), from);
      }
    }
    sm90::wgmma_commit();
    sm90::wgmma_wait<0>();
  }
  long long end = clock64();
  float sum = 0;
  for (float value : d) sum += value;
  sums[blockIdx.x * 128 + threadIdx.x] = sum;
  if (threadIdx.x == 0) {
    taken[blockIdx.x] = end - begin;
    for (int last = started - stages; last < started; ++last) {  // no copy may outlive the block
      if (last >= 0) sm90::barrier_wait(&m.full[last % stages], last / stages % 2);
    }
  }
}

template <int n, bool registers>
void measure(const char* source, float* sums, long long* taken) {
  CHECK(cudaFuncSetAttribute(clocks<n, registers>, cudaFuncAttributeMaxDynamicSharedMemorySize, sizeof(Memory)));
  for (int blocks : {1, 2}) {
    for (int copies : {0, n / 48}) {
      int count = processors() * blocks;
      for (int turn = 0; turn < 3; ++turn) {
        clocks<n, registers><<<count, 128, sizeof(Memory)>>>(source, copies, sums, taken);
        CHECK(cudaGetLastError());
        CHECK(cudaDeviceSynchronize());
      }
      std::vector<long long> clock(count);
      CHECK(cudaMemcpy(clock.data(), taken, count * sizeof(long long), cudaMemcpyDeviceToHost));
      std::sort(clock.begin(), clock.end());
      std::string name = "wgmma_n" + std::to_string(n) + (registers ? "_registers_" : "_shared_") +
                         std::to_string(blocks) + (copies != 0 ? "_copies" : "");
      double each = static_cast<double>(clock[count / 2]);
      say(name, each / (rows * row) / blocks, "clocks");
      if (copies != 0) say(name + "_rate", double{chunk} * copies * rows * blocks / each, "bytes/clock");
    }
  }
}

template <int... n>
void all(const char* source, float* sums, long long* taken) {
  ((measure<n, true>(source, sums, taken), measure<n, false>(source, sums, taken)), ...);
}

}  // namespace

int main(int count, char** arguments) {
  if (is_dry(count, arguments)) {
    std::puts("# dry: wgmma_nN_{registers,shared}_{1,2}[_copies[_rate]] for N = 48, 64, 96, 128, 256");
    return 0;
  }
  char* source = device<char>(1024 * size_t{chunk}, 0x3f);
  float* sums = device<float>(2 * 128 * static_cast<size_t>(processors()));
  long long* taken = device<long long>(2 * static_cast<size_t>(processors()));
  all<48, 64, 96, 128, 256>(source, sums, taken);
  return 0;
}
