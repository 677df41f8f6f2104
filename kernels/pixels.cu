// Between samples as files have them (8 and 16 bits) and floats. One thread: one sample. Items: count; block 256.
//   bytes  uint8[count] or uint16[count], x, y float[count]
// To a tensor y = sample * factor; back floor(x * factor + 0.5) limited to the range of the type, NaN gives 0. The
// product is rounded before the sum, so that every device gives the same samples.
#include "common.cuh"

template <class Sample>
__device__ static Sample rounded(float value, float factor) {
  float sample = floorf(__fadd_rn(__fmul_rn(value, factor), 0.5f));
  constexpr float largest = sizeof(Sample) == 1 ? 255.0f : 65535.0f;
  return static_cast<Sample>(sample > 0.0f ? fminf(sample, largest) : 0.0f);
}

extern "C" __global__ void u8_to_tensor(const uint8_t* bytes, float* y, float factor, int64_t count) {
  int64_t i = global_index();
  if (i < count) y[i] = static_cast<float>(bytes[i]) * factor;
}
KERNEL(u8_to_tensor, 256, 1, 1)

extern "C" __global__ void u16_to_tensor(const uint16_t* bytes, float* y, float factor, int64_t count) {
  int64_t i = global_index();
  if (i < count) y[i] = static_cast<float>(bytes[i]) * factor;
}
KERNEL(u16_to_tensor, 256, 1, 1)

extern "C" __global__ void tensor_to_u8(const float* x, uint8_t* bytes, float factor, int64_t count) {
  int64_t i = global_index();
  if (i < count) bytes[i] = rounded<uint8_t>(x[i], factor);
}
KERNEL(tensor_to_u8, 256, 1, 1)

extern "C" __global__ void tensor_to_u16(const float* x, uint16_t* bytes, float factor, int64_t count) {
  int64_t i = global_index();
  if (i < count) bytes[i] = rounded<uint16_t>(x[i], factor);
}
KERNEL(tensor_to_u16, 256, 1, 1)
