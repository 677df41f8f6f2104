// The race check for shared memory. It works where kernels are compiled with -fsanitize=thread and race_hooks.cpp is
// linked instead of that sanitizer's runtime; elsewhere no access is reported to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emu {

// Whether race_hooks.cpp is part of this program.
extern bool race_check;

// Remembers, for each two bytes of shared memory, who wrote and read last. Two accesses of which one writes need a
// __syncthreads between them, or a __syncwarp where both threads are lanes of one warp and in its mask.
class Race {
 public:
  // A new block, which uses no shared memory yet.
  void start(int threads);
  // The memory that the block shares from now on: begin1 .. begin1 + bytes1 and begin2 .. begin2 + bytes2.
  void watch(const char* begin1, size_t bytes1, const char* begin2, size_t bytes2);

  void barrier() { ++epoch_; }
  // Lanes of one warp met in __syncwarp.
  void met(int warp, uint32_t mask);
  // The race that this access makes; without one, earlier is null. Memory that is not shared is ignored.
  struct Conflict {
    const char* earlier = nullptr;  // "written" or "read", by thread
    int thread = -1;
    const char* region = nullptr;  // "static" or "dynamic"
    size_t offset = 0;             // bytes into the region
  };
  Conflict access(int thread, const void* address, size_t bytes, bool write);

 private:
  struct Access {
    int thread = -1;
    uint32_t epoch = 0;
    uint32_t clock = 0;  // the warp's
  };
  struct Cell {
    Access writer, reader, other_reader;
  };
  struct Clock {
    uint32_t now = 1;
    uint32_t met[32][32] = {};
  };

  bool ordered(const Access& before, int thread) const;
  Conflict visit(Cell& cell, int thread, bool write);

  const char* begin_[2] = {};
  size_t bytes_[2] = {};
  std::vector<Cell> cells_[2];
  std::vector<Clock> warps_;
  uint32_t epoch_ = 1;
};

}  // namespace emu
