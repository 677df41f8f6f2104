// sum_parts: sums that were formed in parts, added slice by slice in the order of the parts; each number by itself.
#include <algorithm>
#include <cstdint>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void sum_parts(const float* partial, float* to, float* to_rest, std::int64_t count, int rest, int parts, float scale,
               int accumulate) {
  want_count("sum_parts", "count", count);
  const std::int64_t stride = count + rest;
  const int slices = std::min(parts, 4);  // as the kernel: kernels/include/slices.cuh
  const auto add = [=](float* target, std::int64_t first, std::int64_t numbers) {
    write_or_add(target, numbers, accumulate != 0, [=](std::int64_t i) {
      float sum = 0;
      for (int slice = 0; slice < slices; ++slice) {
        float some = 0;
        for (int part = parts * slice / slices; part < parts * (slice + 1) / slices; ++part) {
          some += partial[part * stride + first + i];
        }
        sum += some;
      }
      return scale * sum;
    });
  };
  add(to, 0, count);
  if (to_rest != nullptr) add(to_rest, count, rest);
}
TWIN(sum_parts)

}  // namespace acuity::cpu
