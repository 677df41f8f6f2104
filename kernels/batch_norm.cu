// Batch normalisation (Ioffe and Szegedy, arXiv 1502.03167) with a leaky ReLU behind it, statistics per set of images.
//   x, y, dy, dx  float[sets][pixels][channels]: pixels are those of one set
//   statistics    float[sets][2][channels]: mean, 1 / sqrt(variance + epsilon); variance is the mean square deviation
//   partial       float[sets][parts][2][channels]: sums over part p's pixels, [pixels p / parts, pixels (p + 1) /
//   parts) sums          float[sets][2][channels]: sums over a set of g and g n
// where n = (x - mean) * inverse, z = weight n + bias, y = z > 0 ? z : slope z, g = z > 0 ? dy : slope dy. Block 256.
#include "common.cuh"

__device__ inline float batch_norm_value(const float* statistics, const float* weight, const float* bias, float x,
                                         int channel, int channels, float* normal) {
  *normal = (x - statistics[channel]) * statistics[channels + channel];
  return weight[channel] * *normal + bias[channel];
}

// The sums of x - s and (x - s)^2, s being the channel's first value in the set: without it, rounding would grow with
// the mean. One thread: one channel of one part. Items: sets * parts * channels.
extern "C" __global__ void batch_norm_sums(const float* x, float* partial, int64_t pixels, int channels, int sets,
                                           int parts) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(sets) * parts * channels) return;
  int channel = static_cast<int>(index % channels), part = static_cast<int>(index / channels % parts);
  int64_t set = index / channels / parts;
  const float* values = x + set * pixels * channels + channel;
  float shift = values[0], sum = 0.0f, squares = 0.0f;
  for (int64_t p = pixels * part / parts; p < pixels * (part + 1) / parts; ++p) {
    float d = values[p * channels] - shift;
    sum += d;
    squares += d * d;
  }
  float* to = partial + (set * parts + part) * 2 * channels + channel;
  to[0] = sum;
  to[channels] = squares;
}
KERNEL(batch_norm_sums, 256, 1, 1)

// Statistics of each set, and, unless null, the moving averages: set after set, running = (1 - momentum) running +
// momentum value, with the unbiased variance. One thread: one channel. Items: channels.
extern "C" __global__ void batch_norm_statistics(const float* x, const float* partial, float* statistics,
                                                 float* running_mean, float* running_var, int64_t pixels, int channels,
                                                 int sets, int parts, float epsilon, float momentum) {
  int64_t channel = global_index();
  if (channel >= channels) return;
  for (int set = 0; set < sets; ++set) {
    float sum = 0.0f, squares = 0.0f;
    for (int part = 0; part < parts; ++part) {
      const float* from = partial + (static_cast<int64_t>(set) * parts + part) * 2 * channels + channel;
      sum += from[0];
      squares += from[channels];
    }
    float d = sum / static_cast<float>(pixels);
    float mean = x[set * pixels * channels + channel] + d;
    float deviation = fmaxf(squares - sum * d, 0.0f);
    float variance = deviation / static_cast<float>(pixels);
    float* to = statistics + static_cast<int64_t>(set) * 2 * channels + channel;
    to[0] = mean;
    to[channels] = 1.0f / sqrtf(variance + epsilon);
    if (running_mean != nullptr) {
      float unbiased = deviation / static_cast<float>(pixels - 1);
      running_mean[channel] = (1.0f - momentum) * running_mean[channel] + momentum * mean;
      running_var[channel] = (1.0f - momentum) * running_var[channel] + momentum * unbiased;
    }
  }
}
KERNEL(batch_norm_statistics, 256, 1, 1)

// The moving averages as the statistics of one set. One thread: one channel. Items: channels.
extern "C" __global__ void batch_norm_frozen(const float* running_mean, const float* running_var, float* statistics,
                                             int channels, float epsilon) {
  int64_t channel = global_index();
  if (channel >= channels) return;
  statistics[channel] = running_mean[channel];
  statistics[channels + channel] = 1.0f / sqrtf(running_var[channel] + epsilon);
}
KERNEL(batch_norm_frozen, 256, 1, 1)

// y from x; y may be x. One thread: one element. Items: elements of x.
extern "C" __global__ void batch_norm_forward(const float* x, const float* statistics, const float* weight,
                                              const float* bias, float* y, int64_t pixels, int channels, int sets,
                                              float slope) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(sets) * pixels * channels) return;
  int channel = static_cast<int>(index % channels);
  const float* of_set = statistics + index / channels / pixels * 2 * channels;
  float normal;
  float z = batch_norm_value(of_set, weight, bias, x[index], channel, channels, &normal);
  y[index] = z > 0.0f ? z : slope * z;
}
KERNEL(batch_norm_forward, 256, 1, 1)

// The sums of g and g n over parts. One thread: one channel of one part. Items: sets * parts * channels.
extern "C" __global__ void batch_norm_backward_sums(const float* x, const float* dy, const float* statistics,
                                                    const float* weight, const float* bias, float* partial,
                                                    int64_t pixels, int channels, int sets, int parts, float slope) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(sets) * parts * channels) return;
  int channel = static_cast<int>(index % channels), part = static_cast<int>(index / channels % parts);
  int64_t set = index / channels / parts;
  const float* of_set = statistics + set * 2 * channels;
  float sum = 0.0f, product = 0.0f;
  for (int64_t p = pixels * part / parts; p < pixels * (part + 1) / parts; ++p) {
    int64_t at = (set * pixels + p) * channels + channel;
    float normal;
    float z = batch_norm_value(of_set, weight, bias, x[at], channel, channels, &normal);
    float g = z > 0.0f ? dy[at] : slope * dy[at];
    sum += g;
    product += g * normal;
  }
  float* to = partial + (set * parts + part) * 2 * channels + channel;
  to[0] = sum;
  to[channels] = product;
}
KERNEL(batch_norm_backward_sums, 256, 1, 1)

// sums of each set; dbias (+)= all sets' sums of g, dweight (+)= of g n; both may be null. One thread: one channel.
// Items: channels.
extern "C" __global__ void batch_norm_backward_weight(const float* partial, float* sums, float* dweight, float* dbias,
                                                      int channels, int sets, int parts, int accumulate) {
  int64_t channel = global_index();
  if (channel >= channels) return;
  float all = 0.0f, all_products = 0.0f;
  for (int set = 0; set < sets; ++set) {
    float sum = 0.0f, product = 0.0f;
    for (int part = 0; part < parts; ++part) {
      const float* from = partial + (static_cast<int64_t>(set) * parts + part) * 2 * channels + channel;
      sum += from[0];
      product += from[channels];
    }
    float* to = sums + static_cast<int64_t>(set) * 2 * channels + channel;
    to[0] = sum;
    to[channels] = product;
    all += sum;
    all_products += product;
  }
  if (dbias != nullptr) dbias[channel] = accumulate ? dbias[channel] + all : all;
  if (dweight != nullptr) dweight[channel] = accumulate ? dweight[channel] + all_products : all_products;
}
KERNEL(batch_norm_backward_weight, 256, 1, 1)

// dx (+)= weight * inverse * (g - sum of g / pixels - n * sum of g n / pixels); with frozen statistics, which do not
// depend on x, weight * inverse * g, and sums is not read. dx may be dy. One thread: one element. Items: elements of x.
extern "C" __global__ void batch_norm_backward_input(const float* x, const float* dy, const float* statistics,
                                                     const float* sums, const float* weight, const float* bias,
                                                     float* dx, int64_t pixels, int channels, int sets, float slope,
                                                     int frozen, int accumulate) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(sets) * pixels * channels) return;
  int channel = static_cast<int>(index % channels);
  int64_t of_set = index / channels / pixels * 2 * channels;
  float normal;
  float z = batch_norm_value(statistics + of_set, weight, bias, x[index], channel, channels, &normal);
  float g = z > 0.0f ? dy[index] : slope * dy[index];
  if (!frozen) {
    float count = static_cast<float>(pixels);
    g -= sums[of_set + channel] / count + normal * (sums[of_set + channels + channel] / count);
  }
  float value = weight[channel] * statistics[of_set + channels + channel] * g;
  dx[index] = accumulate ? dx[index] + value : value;
}
KERNEL(batch_norm_backward_input, 256, 1, 1)
