// bucket_sort_*: hash codes, a stable counting sort of each group by its codes, and the places of chunks.
#include <algorithm>
#include <string>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void bucket_sort_codes(const float* projections, int* codes, int n, int length, int rounds, int half) {
  want_at_least("bucket_sort_codes", "half", 1, half);
  parallel_ranges(static_cast<std::int64_t>(n) * length, 512, [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first * rounds; i < last * rounds; ++i) {
      const float* v = projections + i * half;
      int high = 0, low = 0;
      for (int b = 1; b < half; ++b) {
        if (v[b] > v[high]) high = b;
        if (v[b] < v[low]) low = b;
      }
      const std::int64_t round = i % rounds, position = i / rounds % length, image = i / rounds / length;
      codes[(image * rounds + round) * length + position] = v[high] >= -v[low] ? high : half + low;
    }
  });
}
TWIN(bucket_sort_codes)

void bucket_sort_order(const int* codes, int* order, int* inverse, int groups, int length, int buckets) {
  want_at_least("bucket_sort_order", "buckets", 1, buckets);
  if (buckets > 128) reject("bucket_sort_order buckets", "at most 128", std::to_string(buckets));
  parallel_for(groups, [=](std::int64_t group) {
    const int* code = codes + group * length;
    int starts[129] = {};
    for (int i = 0; i < length; ++i) ++starts[code[i] + 1];
    for (int b = 0; b < buckets; ++b) starts[b + 1] += starts[b];
    for (int i = 0; i < length; ++i) {
      const int at = starts[code[i]]++;
      order[group * length + at] = i;
      inverse[group * length + i] = at;
    }
  });
}
TWIN(bucket_sort_order)

void bucket_sort_layout(const int* order, int* index, int groups, int rounds, int length, int chunk, int chunks) {
  want_at_least("bucket_sort_layout", "length", 1, length);
  want_at_least("bucket_sort_layout", "chunks * chunk", length, chunks * chunk);
  const int missing = chunks * chunk - length, period = std::min(missing, length);
  parallel_for(groups, [=](std::int64_t group) {
    const int places = (chunks + 2) * chunk;
    const int base = static_cast<int>(group / rounds) * length;
    for (int place = 0; place < places; ++place) {
      int sorted = (place / chunk + chunks - 1) % chunks * chunk + place % chunk;
      while (sorted >= length) sorted -= period;
      index[group * places + place] = base + order[group * length + sorted];
    }
  });
}
TWIN(bucket_sort_layout)

}  // namespace acuity::cpu
