// Batch normalisation (Ioffe and Szegedy, arXiv 1502.03167) with a leaky ReLU behind it, statistics per set of images.
//   x, y, dy, dx  float[sets][pixels][channels]: pixels are those of one set, plane those of one image
//   statistics    float[sets][2][channels]: mean, 1 / sqrt(variance + epsilon); variance is the mean square deviation
//   partial       float[sets][parts][2][channels]: sums over part p's pixels, [pixels p / parts, pixels (p + 1) /
//   parts) sums          float[sets][2][channels]: sums over a set of g and g n
// where n = (x - mean) * inverse, z = weight n + bias, y = z > 0 ? z : slope z, g = z > 0 ? dy : slope dy. Block 256.
#include "batch_norm.cuh"
#include "bf16.cuh"
#include "reduce.cuh"

// The sums of x - s and (x - s)^2, s being the channel's first value in the set: without it, rounding would grow with
// the mean. One thread: one channel of one part. Items: (channels, parts,
// sets); block 32x8.
extern "C" __global__ void batch_norm_sums(const float* x, float* partial, int64_t pixels,
                                           [[maybe_unused]] int64_t plane, int channels, int sets, int parts) {
  int channel = blockIdx.x * blockDim.x + threadIdx.x, part = blockIdx.y * blockDim.y + threadIdx.y;
  int64_t set = blockIdx.z;
  if (channel >= channels || part >= parts || set >= sets) return;
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
KERNEL(batch_norm_sums, 32, 8, 1)

// Statistics of a set and a channel from the sums of x - shift and its square over the set, and, unless null, the
// moving averages: running = (1 - momentum) running + momentum value, with the unbiased variance.
__device__ static void put_statistics(float shift, float sum, float squares, float* statistics, float* running_mean,
                                      float* running_var, int64_t pixels, int channel, int channels, float epsilon,
                                      float momentum) {
  float d = sum / static_cast<float>(pixels), mean = shift + d;
  float deviation = fmaxf(squares - sum * d, 0.0f);
  float variance = deviation / static_cast<float>(pixels);
  statistics[channel] = mean;
  statistics[channels + channel] = 1.0f / sqrtf(variance + epsilon);
  if (running_mean != nullptr) {
    float unbiased = deviation / static_cast<float>(pixels - 1);
    running_mean[channel] = (1.0f - momentum) * running_mean[channel] + momentum * mean;
    running_var[channel] = (1.0f - momentum) * running_var[channel] + momentum * unbiased;
  }
}

// The thread's channel from its sums, and from first(set, channel), its first value in a set.
template <class First>
__device__ void finish_statistics(const float* partial, float* statistics, float* running_mean, float* running_var,
                                  int64_t pixels, int channels, int sets, int parts, float epsilon, float momentum,
                                  First first) {
  int64_t index = global_index();
  if (index >= channels) return;
  int channel = static_cast<int>(index);
  for (int set = 0; set < sets; ++set) {
    float sum = 0.0f, squares = 0.0f;
    for (int part = 0; part < parts; ++part) {
      const float* from = partial + (static_cast<int64_t>(set) * parts + part) * 2 * channels + channel;
      sum += from[0];
      squares += from[channels];
    }
    put_statistics(first(set, channel), sum, squares, statistics + static_cast<int64_t>(set) * 2 * channels,
                   running_mean, running_var, pixels, channel, channels, epsilon, momentum);
  }
}

// Statistics of each set, and, unless null, the moving averages: set after set, running = (1 - momentum) running +
// momentum value, with the unbiased variance. One thread: one channel. Items: channels.
extern "C" __global__ void batch_norm_statistics(const float* x, const float* partial, float* statistics,
                                                 float* running_mean, float* running_var, int64_t pixels,
                                                 [[maybe_unused]] int64_t plane, int channels, int sets, int parts,
                                                 float epsilon, float momentum) {
  finish_statistics(partial, statistics, running_mean, running_var, pixels, channels, sets, parts, epsilon, momentum,
                    [=](int set, int channel) { return x[set * pixels * channels + channel]; });
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
                                              const float* bias, float* y, int64_t pixels,
                                              [[maybe_unused]] int64_t plane, int channels, int sets, float slope) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(sets) * pixels * channels) return;
  int channel = static_cast<int>(index % channels);
  const float* of_set = statistics + index / channels / pixels * 2 * channels;
  float normal;
  float z = batch_norm_value(of_set, weight, bias, x[index], channel, channels, &normal);
  y[index] = z > 0.0f ? z : slope * z;
}
KERNEL(batch_norm_forward, 256, 1, 1)

// The sums of g and g n over parts. One thread: one channel of one part. Items: (channels, parts,
// sets); block 32x8.
extern "C" __global__ void batch_norm_backward_sums(const float* x, const float* dy, const float* statistics,
                                                    const float* weight, const float* bias, float* partial,
                                                    int64_t pixels, [[maybe_unused]] int64_t plane, int channels,
                                                    int sets, int parts, float slope) {
  int channel = blockIdx.x * blockDim.x + threadIdx.x, part = blockIdx.y * blockDim.y + threadIdx.y;
  int64_t set = blockIdx.z;
  if (channel >= channels || part >= parts || set >= sets) return;
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
KERNEL(batch_norm_backward_sums, 32, 8, 1)

// What becomes of a channel's sums of g and g n over all sets.
__device__ static void put_weight_gradients(float* dweight, float* dbias, int channel, float sum, float product,
                                            int accumulate) {
  if (dbias != nullptr) dbias[channel] = accumulate ? dbias[channel] + sum : sum;
  if (dweight != nullptr) dweight[channel] = accumulate ? dweight[channel] + product : product;
}

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
  put_weight_gradients(dweight, dbias, static_cast<int>(channel), all, all_products, accumulate);
}
KERNEL(batch_norm_backward_weight, 256, 1, 1)

// dx (+)= weight * inverse * (g - sum of g / pixels - n * sum of g n / pixels); with frozen statistics, which do not
// depend on x, weight * inverse * g, and sums is not read. dx may be dy. One thread: one element. Items: elements of x.
extern "C" __global__ void batch_norm_backward_input(const float* x, const float* dy, const float* statistics,
                                                     const float* sums, const float* weight, const float* bias,
                                                     float* dx, int64_t pixels, [[maybe_unused]] int64_t plane,
                                                     int channels, int sets, float slope, int frozen, int accumulate) {
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

// The bf16 mode: x, y, dy, dx bf16[sets][images][channels / 8][plane][8], plane pixels an image and pixels = images *
// plane; weight, bias and all sums stay float, and partial, statistics and sums are laid out as above.

constexpr int norm_threads = 256, norm_items = norm_threads * lanes8;

// Where a thread's 8 numbers belong.
struct NormPlace {
  int channel;     // the first
  int64_t of_set;  // of statistics and sums
};

__device__ static NormPlace norm_place(int64_t first, int64_t pixels, int64_t plane, int channels) {
  int64_t rest = first / lanes8 / plane;
  int blocks = blocks8(channels);
  return {static_cast<int>(rest % blocks) * lanes8, rest / blocks / (pixels / plane) * 2 * channels};
}

// The sums over the pixels of one part, block of channels and set of two values each: term(first number of a pixel's
// block, a[8], b[8]) adds to them. One block of threads; items (channels, parts, sets).
template <class Term>
__device__ void norm_sums(float* partial, int64_t pixels, int64_t plane, int channels, int parts, Term term) {
  constexpr int warps = norm_threads / 32;
  __shared__ float shared[warps][2 * lanes8];
  int blocks = blocks8(channels), block = blockIdx.x, part = blockIdx.y, lane = threadIdx.x % 32;
  int64_t set = blockIdx.z, images = pixels / plane;
  float sums[2 * lanes8] = {};
  for (int64_t p = pixels * part / parts + threadIdx.x; p < pixels * (part + 1) / parts; p += norm_threads) {
    term(block8_index(set * images + p / plane, blocks, block, plane, p % plane), sums, sums + lanes8);
  }
  for (int i = 0; i < 2 * lanes8; ++i) {
    float sum = warp_sum(sums[i]);
    if (lane == 0) shared[threadIdx.x / 32][i] = sum;
  }
  __syncthreads();
  int channel = block * lanes8 + static_cast<int>(threadIdx.x) % lanes8;
  if (threadIdx.x < 2 * lanes8 && channel < channels) {
    float sum = 0.0f;
    for (int warp = 0; warp < warps; ++warp) sum += shared[warp][threadIdx.x];
    partial[((set * parts + part) * 2 + threadIdx.x / lanes8) * channels + channel] = sum;
  }
}

// The first values of a block of channels in a set.
__device__ static int64_t norm_shift(int64_t set, int64_t pixels, int64_t plane, int channels, int block) {
  return block8_index(set * (pixels / plane), blocks8(channels), block, plane, 0);
}

// As batch_norm_sums.
extern "C" __global__ void batch_norm_sums_bf16(const bf16* x, float* partial, int64_t pixels, int64_t plane,
                                                int channels, [[maybe_unused]] int sets, int parts) {
  float shift[lanes8];
  load8(x + norm_shift(blockIdx.z, pixels, plane, channels, blockIdx.x), shift);
  norm_sums(partial, pixels, plane, channels, parts, [&](int64_t at, float* sums, float* squares) {
    float values[lanes8];
    load8(x + at, values);
    for (int i = 0; i < lanes8; ++i) {
      float d = values[i] - shift[i];
      sums[i] += d;
      squares[i] += d * d;
    }
  });
}
TILED_KERNEL(batch_norm_sums_bf16, norm_threads, 1, 1, lanes8, 1, 1)

// As batch_norm_statistics.
extern "C" __global__ void batch_norm_statistics_bf16(const bf16* x, const float* partial, float* statistics,
                                                      float* running_mean, float* running_var, int64_t pixels,
                                                      int64_t plane, int channels, int sets, int parts, float epsilon,
                                                      float momentum) {
  finish_statistics(partial, statistics, running_mean, running_var, pixels, channels, sets, parts, epsilon, momentum,
                    [=](int set, int channel) {
                      int64_t first = norm_shift(set, pixels, plane, channels, channel / lanes8) + channel % lanes8;
                      return __uint_as_float(static_cast<uint32_t>(x[first].bits) << 16);
                    });
}
KERNEL(batch_norm_statistics_bf16, 256, 1, 1)

// As batch_norm_forward; channels that fill up a block stay zero. One thread: 8 channels of a pixel. Items: numbers.
extern "C" __global__ void batch_norm_forward_bf16(const bf16* x, const float* statistics, const float* weight,
                                                   const float* bias, bf16* y, int64_t pixels, int64_t plane,
                                                   int channels, int sets, float slope) {
  int64_t at = global_index() * lanes8;
  if (at >= sets * pixels * blocks8(channels) * lanes8) return;
  NormPlace place = norm_place(at, pixels, plane, channels);
  float values[lanes8], normal;
  load8(x + at, values);
  for (int i = 0; i < lanes8; ++i) {
    int channel = place.channel + i;
    float z = 0.0f;
    if (channel < channels) {
      z = batch_norm_value(statistics + place.of_set, weight, bias, values[i], channel, channels, &normal);
    }
    values[i] = z > 0.0f ? z : slope * z;
  }
  store8(y + at, values);
}
TILED_KERNEL(batch_norm_forward_bf16, norm_threads, 1, 1, norm_items, 1, 1)

// As batch_norm_backward_sums.
extern "C" __global__ void batch_norm_backward_sums_bf16(const bf16* x, const bf16* dy, const float* statistics,
                                                         const float* weight, const float* bias, float* partial,
                                                         int64_t pixels, int64_t plane, int channels,
                                                         [[maybe_unused]] int sets, int parts, float slope) {
  const float* of_set = statistics + static_cast<int64_t>(blockIdx.z) * 2 * channels;
  norm_sums(partial, pixels, plane, channels, parts, [=](int64_t at, float* sums, float* products) {
    float values[lanes8], gradients[lanes8], normal;
    load8(x + at, values);
    load8(dy + at, gradients);
    for (int i = 0; i < lanes8; ++i) {
      int channel = blockIdx.x * lanes8 + i;
      if (channel >= channels) break;
      float z = batch_norm_value(of_set, weight, bias, values[i], channel, channels, &normal);
      float g = z > 0.0f ? gradients[i] : slope * gradients[i];
      sums[i] += g;
      products[i] += g * normal;
    }
  });
}
TILED_KERNEL(batch_norm_backward_sums_bf16, norm_threads, 1, 1, lanes8, 1, 1)

// As batch_norm_backward_input. One thread: 8 channels of a pixel. Items: numbers.
extern "C" __global__ void batch_norm_backward_input_bf16(const bf16* x, const bf16* dy, const float* statistics,
                                                          const float* sums, const float* weight, const float* bias,
                                                          bf16* dx, int64_t pixels, int64_t plane, int channels,
                                                          int sets, float slope, int frozen, int accumulate) {
  int64_t at = global_index() * lanes8;
  if (at >= sets * pixels * blocks8(channels) * lanes8) return;
  NormPlace place = norm_place(at, pixels, plane, channels);
  const float* of_set = statistics + place.of_set;
  float values[lanes8], gradients[lanes8], before[lanes8] = {}, normal, count = static_cast<float>(pixels);
  load8(x + at, values);
  load8(dy + at, gradients);
  if (accumulate) load8(dx + at, before);
  for (int i = 0; i < lanes8; ++i) {
    int channel = place.channel + i;
    if (channel < channels) {
      float z = batch_norm_value(of_set, weight, bias, values[i], channel, channels, &normal);
      float g = z > 0.0f ? gradients[i] : slope * gradients[i];
      if (!frozen) {
        const float* all = sums + place.of_set + channel;
        g -= all[0] / count + normal * (all[channels] / count);
      }
      before[i] += weight[channel] * of_set[channels + channel] * g;
    }
  }
  store8(dx + at, before);
}
TILED_KERNEL(batch_norm_backward_input_bf16, norm_threads, 1, 1, norm_items, 1, 1)

// Sums over the tiles of a convolution (include/norm_gemm.cuh), in a fixed order. One block of threads: 8 channels, set
// after set, since the moving averages go so.

// Two sums over the tiles of each set: term(set, tile, channel, a, b) adds to them, finish(set, channel, a, b) takes
// them.
template <class Term, class Finish>
__device__ void merge_tiles(int tiles, int channels, int sets, Term term, Finish finish) {
  constexpr int merged = norm_threads / lanes8;
  __shared__ float shared[2][merged][lanes8];
  int column = threadIdx.x % lanes8, line = threadIdx.x / lanes8, channel = blockIdx.x * lanes8 + column;
  for (int set = 0; set < sets; ++set) {
    float a = 0.0f, b = 0.0f;
    for (int tile = line; channel < channels && tile < tiles; tile += merged) term(set, tile, channel, &a, &b);
    shared[0][line][column] = a;
    shared[1][line][column] = b;
    __syncthreads();
    if (line == 0 && channel < channels) {
      for (int other = 1; other < merged; ++other) {
        a += shared[0][other][column];
        b += shared[1][other][column];
      }
      finish(set, channel, a, b);
    }
    __syncthreads();
  }
}

// As batch_norm_statistics, from the moments of tiles of tile_rows x 16 pixels of images h x w: sums about the mean of
// a set's first tile, so that rounding does not grow with the mean. Items: channels; block 256 for 8 of them.
//   moments float[sets][images][tiles][2][channels]: mean and sum of squares of what lies off it
extern "C" __global__ void batch_norm_moments(const float* moments, float* statistics, float* running_mean,
                                              float* running_var, int images, int h, int w, int tile_rows, int channels,
                                              int sets, float epsilon, float momentum) {
  constexpr int tile_columns = 16;
  int bands = (h + tile_rows - 1) / tile_rows, columns = (w + tile_columns - 1) / tile_columns;
  int tiles = images * bands * columns;
  auto of = [=](int set, int tile, int channel) {
    return moments + (static_cast<int64_t>(set) * tiles + tile) * 2 * channels + channel;
  };
  merge_tiles(
      tiles, channels, sets,
      [=](int set, int tile, int channel, float* sum, float* squares) {
        int rows = min(tile_rows, h - tile / columns % bands * tile_rows);
        float count = static_cast<float>(rows * min(tile_columns, w - tile % columns * tile_columns));
        const float* values = of(set, tile, channel);
        float d = values[0] - of(set, 0, channel)[0];
        *sum += count * d;
        *squares += values[channels] + count * d * d;
      },
      [=](int set, int channel, float sum, float squares) {
        put_statistics(of(set, 0, channel)[0], sum, squares, statistics + static_cast<int64_t>(set) * 2 * channels,
                       running_mean, running_var, static_cast<int64_t>(images) * h * w, channel, channels, epsilon,
                       momentum);
      });
}
TILED_KERNEL(batch_norm_moments, norm_threads, 1, 1, lanes8, 1, 1)

// As batch_norm_backward_weight, from the sums over a set's tiles, of which there are many more than parts. Items:
// channels; block 256 for 8 of them.
extern "C" __global__ void batch_norm_backward_tiles(const float* partial, float* sums, float* dweight, float* dbias,
                                                     int channels, int sets, int tiles, int accumulate) {
  float all = 0.0f, all_products = 0.0f;
  merge_tiles(
      tiles, channels, sets,
      [=](int set, int tile, int channel, float* sum, float* product) {
        const float* from = partial + (static_cast<int64_t>(set) * tiles + tile) * 2 * channels + channel;
        *sum += from[0];
        *product += from[channels];
      },
      [&](int set, int channel, float sum, float product) {
        float* to = sums + static_cast<int64_t>(set) * 2 * channels + channel;
        to[0] = sum;
        to[channels] = product;
        all += sum;
        all_products += product;
        if (set == sets - 1) put_weight_gradients(dweight, dbias, channel, all, all_products, accumulate);
      });
}
TILED_KERNEL(batch_norm_backward_tiles, norm_threads, 1, 1, lanes8, 1, 1)
