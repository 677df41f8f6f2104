// Locality-sensitive hashing into buckets and a stable sort by bucket; a group is one hash round of one image.
//   projections float[n][length][rounds][half], codes, order, inverse  int32[n * rounds][length]
#include "common.cuh"

constexpr int most_buckets = 128;

// codes = the place of the largest of [v, -v], the first of equals. One thread: one position in one round. Items:
// n * length * rounds; block 256.
extern "C" __global__ void bucket_sort_codes(const float* projections, int* codes, int n, int length, int rounds,
                                             int half) {
  int64_t i = global_index();
  if (i >= static_cast<int64_t>(n) * length * rounds) return;
  const float* v = projections + i * half;
  int best = 0;
  float largest = v[0];
  for (int b = 1; b < 2 * half; ++b) {
    float value = b < half ? v[b] : -v[b - half];
    if (value > largest) largest = value, best = b;
  }
  int64_t round = i % rounds, position = i / rounds % length, image = i / rounds / length;
  codes[(image * rounds + round) * length + position] = best;
}
KERNEL(bucket_sort_codes, 256, 1, 1)

// order = positions by their code, equal ones in their own order; inverse = where each position went. buckets is at
// most 128. One block: one group, one thread: one bucket. Items: 128 * groups.
extern "C" __global__ void bucket_sort_order(const int* codes, int* order, int* inverse, int groups, int length,
                                             int buckets) {
  __shared__ int counts[most_buckets];
  int64_t group = blockIdx.x;
  bool inside = group < groups;
  const int* code = codes + (inside ? group : 0) * length;
  int bucket = threadIdx.x, count = 0;
  for (int i = 0; i < length && inside; ++i) count += code[i] == bucket;
  counts[bucket] = count;
  __syncthreads();
  int at = 0;
  for (int b = 0; b < bucket; ++b) at += counts[b];
  for (int i = 0; i < length && inside && bucket < buckets; ++i) {
    if (code[i] != bucket) continue;
    order[group * length + at] = i;
    inverse[group * length + i] = at++;
  }
}
KERNEL(bucket_sort_order, most_buckets, 1, 1)

// Rows of the batch in chunks, with the last chunk before the first and the first behind the last: index
// int32[groups][(chunks + 2) * chunk]. Places behind the length repeat the last min(missing, length) of the sorted.
// One thread: one place. Items: groups * (chunks + 2) * chunk; block 256.
extern "C" __global__ void bucket_sort_layout(const int* order, int* index, int groups, int rounds, int length,
                                              int chunk, int chunks) {
  int64_t i = global_index(), places = static_cast<int64_t>(chunks + 2) * chunk;
  if (i >= groups * places) return;
  int64_t group = i / places;
  int slot = static_cast<int>(i % places / chunk);
  int sorted = (slot + chunks - 1) % chunks * chunk + static_cast<int>(i % chunk);
  int missing = chunks * chunk - length;
  int period = missing < length ? missing : length;
  while (sorted >= length) sorted -= period;
  index[i] = static_cast<int>(group / rounds) * length + order[group * length + sorted];
}
KERNEL(bucket_sort_layout, 256, 1, 1)
