#include "scratch.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace acuity::cpu {
namespace {

struct Buffers {
  float* data[static_cast<int>(Scratch::kUses)] = {};
  std::size_t count[static_cast<int>(Scratch::kUses)] = {};

  ~Buffers() {
    for (float* buffer : data) std::free(buffer);
  }
};

thread_local Buffers buffers;

}  // namespace

void* allocate_pages(std::size_t bytes) {
  constexpr std::size_t kHuge = std::size_t{1} << 21;
  const std::size_t alignment = bytes >= kHuge / 2 ? kHuge : 64;
  const std::size_t size = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, size == 0 ? alignment : size);
  if (memory == nullptr) throw std::bad_alloc();
  if (alignment == kHuge) madvise(memory, size, MADV_HUGEPAGE);  // a hint: without it only speed is lost
  return memory;
}

float* scratch(Scratch use, std::size_t count) {
  const int i = static_cast<int>(use);
  if (buffers.count[i] < count) {
    std::free(buffers.data[i]);
    buffers.data[i] = nullptr;
    buffers.count[i] = 0;
    buffers.data[i] = static_cast<float*>(allocate_pages(count * sizeof(float)));
    std::memset(buffers.data[i], 0, count * sizeof(float));
    buffers.count[i] = count;
  }
  return buffers.data[i];
}

}  // namespace acuity::cpu
