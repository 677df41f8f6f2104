// Sums that were formed in parts, added in the order of the parts (include/slices.cuh).
//   partial float[parts][count + rest]; to float[count], to_rest float[rest] or null
// The bf16 forms of the convolutions leave the gradients of weight and bias so.
#include "slices.cuh"

// to (+)= scale * the sum over parts of its numbers, to_rest likewise. One thread: one number. Items: count + rest;
// block 256.
extern "C" __global__ void sum_parts(const float* partial, float* to, float* to_rest, int64_t count, int rest,
                                     int parts, float scale, int accumulate) {
  int64_t index = global_index();
  if (index >= count + rest) return;
  float* place = index < count ? to + index : to_rest == nullptr ? nullptr : to_rest + (index - count);
  if (place == nullptr) return;
  Slices slices{parts};
  float sum = 0.0f;
  for (int slice = 0; slice < slices.count(); ++slice) {
    float some = 0.0f;
    for (int part = slices.first(slice); part < slices.first(slice + 1); ++part) {
      some += partial[part * (count + rest) + index];
    }
    sum += some;
  }
  *place = accumulate ? *place + scale * sum : scale * sum;
}
KERNEL(sum_parts, 256, 1, 1)

// The same for several results at once, whose slices were summed already; what was there is written over.
//   partial float[layers][slices][count + rest]
//   layers  int64[layers][5]: two words of no use here, where to and to_rest (or 0) lie, in bytes from partial on, the
//   bits of scale
// One thread: one number of one layer. Items: (count + rest, layers); block 256 x 1.
extern "C" __global__ void sum_parts_group(float* partial, const int64_t* layers, int64_t count, int rest, int slices) {
  int64_t index = global_index(), stride = count + rest;
  if (index >= stride) return;
  const int64_t* layer = layers + static_cast<int64_t>(blockIdx.y) * 5;
  if (index >= count && layer[3] == 0) return;
  char* to = reinterpret_cast<char*>(partial) + (index < count ? layer[2] : layer[3]);
  float* place = reinterpret_cast<float*>(to) + (index < count ? index : index - count);
  float sum = 0.0f;
  for (int slice = 0; slice < slices; ++slice) {
    sum += partial[(static_cast<int64_t>(blockIdx.y) * slices + slice) * stride + index];
  }
  *place = __uint_as_float(static_cast<uint32_t>(layer[4])) * sum;
}
KERNEL(sum_parts_group, 256, 1, 1)
