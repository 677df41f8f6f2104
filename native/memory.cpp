// Host memory for the CPU devices.
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "acuity.h"
#include "error.h"

namespace {

constexpr int64_t huge_page = int64_t{2} << 20;
constexpr int64_t huge_from = int64_t{1} << 20;

}  // namespace

void* acuity_allocate(int64_t bytes) {
  void* memory = nullptr;
  acuity::guarded("acuity_allocate", [&]() -> std::string {
    if (bytes < 0) return "acuity_allocate: want 0 or more bytes, have " + std::to_string(bytes);
    auto size = static_cast<size_t>(std::max<int64_t>(bytes, 1));
    if (posix_memalign(&memory, bytes >= huge_from ? huge_page : 64, size) != 0) {
      memory = nullptr;
      return "acuity_allocate: no memory for " + std::to_string(bytes) + " bytes";
    }
    // Advice only: without huge pages the memory is slower, not wrong.
    if (bytes >= huge_from) madvise(memory, size, MADV_HUGEPAGE);
    return {};
  });
  return memory;
}

void acuity_release(void* memory, int64_t) { std::free(memory); }

int acuity_fill(void* memory, int word, int64_t count) {
  return acuity::guarded("acuity_fill", [&]() -> std::string {
    if (count < 0) return "acuity_fill: want 0 or more words, have " + std::to_string(count);
    if (memory == nullptr && count > 0) return "acuity_fill: want memory, have null";
    std::fill_n(static_cast<int*>(memory), count, word);
    return {};
  });
}
