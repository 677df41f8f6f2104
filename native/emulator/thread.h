// What an emulated CUDA thread knows and what it can wait for. Kernels see this through cuda_emu.h only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};

namespace emu {

class Fiber;
class Scheduler;

// A line of kernel source.
struct Site {
  const char* file = nullptr;
  int line = 0;
};

// One asynchronous copy to shared memory, not yet visible.
struct Copy {
  void* shared;
  const void* global;  // null: zeros
  int bytes;
  int group;
};

// A warp operation on which a lane waits. The last lane of the mask calls compute, which sees the operands of all.
struct Collective {
  const char* name;
  uint32_t mask;
  Site site;
  void* operand;
  void (*compute)(void* const operands[32], uint32_t mask);
};

struct Block {
  uint3 index;
  dim3 size, grid;
  Scheduler* scheduler;
};

enum class State : uint8_t { unstarted, running, barrier, collective, done };

struct Thread {
  uint3 index;
  const Block* block;
  Fiber* fiber;
  uint16_t number, warp, lane;
  State state;
  Site site;                  // where it waits, or waited last
  const char* waits_for;      // "__syncthreads", "__shfl_sync", ...
  const Collective* pending;  // while state is collective
  std::vector<Copy> copies;   // cp.async not yet waited for
  int group;                  // number of cp.async groups committed
};

// The thread running on this host thread; null outside a block. A plain __thread, not thread_local: no wrapper function
// at each use.
extern __thread Thread* current;

// Waits until every thread of the block is here; returns the sum, over the threads, of value.
int barrier(const char* name, Site site, int value = 0);
// Meets the lanes in collective.mask, and returns after compute has run.
void collective(const Collective& collective);
// To be called before a block's first use of shared memory: fills it with NaN bits.
void touch_shared();
// The block's dynamic shared memory, 16-byte aligned.
void* dynamic_shared();
// Ends the launch with a report, worded as printf does; does not return. The caller's frame is abandoned: it must own
// no memory.
[[noreturn]] void fail(Site site, const char* format, ...) __attribute__((format(printf, 2, 3)));

// Fail unless address is a multiple of bytes, or is that and shared memory of the block.
void check_aligned(const char* what, const void* address, size_t bytes, Site site);
void check_shared(const char* what, const void* address, size_t bytes, Site site);

// cp.async: until the matching wait, the destination holds NaN bits.
void copy_issue(void* shared, const void* global, int bytes);
void copy_commit();
void copy_wait(int groups_left);

// Tells the race check, when this is a race-checking build, of accesses that compiled kernel text does not show.
void note_read(const void* shared, size_t bytes);
void note_write(void* shared, size_t bytes);

}  // namespace emu
