// channel_copy: some channels of one tensor among those of another.
#include "channels.h"
#include "twin.h"

namespace acuity::cpu {

void channel_copy(const float* x, float* y, int n, std::int64_t pixels, int from, int first, int to, int at, int count,
                  int accumulate) {
  want_at_least("channel_copy", "count", 1, count);
  want_at_least("channel_copy", "first", 0, first);
  want_at_least("channel_copy", "at", 0, at);
  want_at_least("channel_copy", "from", first + count, from);
  want_at_least("channel_copy", "to", at + count, to);
  parallel_ranges(n * pixels, std::max(1, 32768 / count), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      const float* source = x + p * from + first;
      float* target = y + p * to + at;
      if (accumulate) {
        for (int c = 0; c < count; ++c) target[c] += source[c];
      } else {
        std::memcpy(target, source, count * sizeof(float));
      }
    }
  });
}
TWIN(channel_copy)

}  // namespace acuity::cpu
