// How like an image's features are to those of its samples, the losses made of that, and the gradient to the image. A
// feature map is read twice: by a forward kernel, which leaves a few numbers a pixel and set, and by a backward kernel.
//   sr, dsr [N, C, H, W]; samples [sets * N, C, H, W], set k being images k N .. k N + N - 1; pixels = H * W
//   terms float[N * pixels][2 * sets + 1]: for each pixel 1 / |sr|, then 1 / |sample| of each set, then their cosines,
//     where |e| is not below 1e-12
//   partial float[N][parts][sets]: sums over parts of 32 pixels; similarity, slope float[layers][sets][N]
// Kinds: 0 InfoNCE, 1 cosine, 2 L1, 3 L2, 4 LMCL. Block 256. In bf16 a lane is a pixel and a warp every 8th block of
// channels, so that a warp reads neighbouring pixels.
#include "bf16.cuh"
#include "reduce.cuh"

constexpr int nce_threads = 256;
constexpr int nce_warps = nce_threads / 32;
constexpr int nce_part = 32;
constexpr float nce_least = 1e-12f;
constexpr float nce_ratio = 3e-7f;

enum nce_kind { nce_info, nce_cosine, nce_l1, nce_l2, nce_lmcl };

// 1 / |e|, e not below the least length; equal to 1 / least exactly where it was below.
__device__ __forceinline__ float nce_inverse(float squares) { return 1.0f / fmaxf(sqrtf(squares), nce_least); }

// partial[block][set] = sum over the block's warps of sum. Called by all threads; sum is the same in a warp's lanes.
__device__ void nce_store_partial(float sum, float* partial, int set, int sets) {
  __shared__ float sums[nce_warps];
  __syncthreads();  // the call before this one may still be reading sums
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    float total = 0.0f;
    for (int warp = 0; warp < nce_warps; ++warp) total += sums[warp];
    partial[static_cast<int64_t>(blockIdx.x) * sets + set] = total;
  }
}

// Cosines of every pixel with its samples. One block: one part of one image; one warp: every 8th of its pixels; a lane:
// every 32nd channel. Items: N * parts * 256.
extern "C" __global__ void info_nce_cosine_forward(const float* sr, const float* samples, float* terms, float* partial,
                                                   int n, int pixels, int channels, int sets) {
  int parts = (pixels + nce_part - 1) / nce_part;
  int image = blockIdx.x / parts;
  if (image >= n) return;
  int first = blockIdx.x % parts * nce_part, last = min(first + nce_part, pixels);
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int set = 0; set < sets; ++set) {
    float sum = 0.0f;
    for (int p = first + warp; p < last; p += nce_warps) {
      int64_t pixel = static_cast<int64_t>(image) * pixels + p;
      const float* x = sr + pixel * channels;
      const float* y = samples + (static_cast<int64_t>(set) * n * pixels + pixel) * channels;
      float xx = 0.0f, yy = 0.0f, xy = 0.0f;
      for (int c = lane; c < channels; c += 32) {
        xx += x[c] * x[c];
        yy += y[c] * y[c];
        xy += x[c] * y[c];
      }
      float of_x = nce_inverse(warp_sum(xx)), of_y = nce_inverse(warp_sum(yy));
      float cosine = warp_sum(xy) * of_x * of_y;
      sum += cosine;
      if (lane == 0) {
        float* to = terms + pixel * (2 * sets + 1);
        to[0] = of_x;
        to[1 + set] = of_y;
        to[1 + sets + set] = cosine;
      }
    }
    nce_store_partial(sum, partial, set, sets);
  }
}
KERNEL(info_nce_cosine_forward, nce_threads, 1, 1)

// Sums of absolute differences, divided as the cosines are. Items: N * parts * 256.
extern "C" __global__ void info_nce_distance_forward(const float* sr, const float* samples, float* partial, int n,
                                                     int pixels, int channels, int sets) {
  int parts = (pixels + nce_part - 1) / nce_part;
  int image = blockIdx.x / parts;
  if (image >= n) return;
  int first = blockIdx.x % parts * nce_part, last = min(first + nce_part, pixels);
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int set = 0; set < sets; ++set) {
    float sum = 0.0f;
    for (int p = first + warp; p < last; p += nce_warps) {
      int64_t pixel = static_cast<int64_t>(image) * pixels + p;
      const float* x = sr + pixel * channels;
      const float* y = samples + (static_cast<int64_t>(set) * n * pixels + pixel) * channels;
      for (int c = lane; c < channels; c += 32) sum += fabsf(x[c] - y[c]);
    }
    nce_store_partial(warp_sum(sum), partial, set, sets);
  }
}
KERNEL(info_nce_distance_forward, nce_threads, 1, 1)

// similarity[set][image] = factor * sum of the parts, in order. One thread: one of sets * N. Items: sets * N.
extern "C" __global__ void info_nce_mean(const float* partial, float* similarity, int n, int parts, int sets,
                                         float factor) {
  int64_t index = global_index();
  if (index >= static_cast<int64_t>(sets) * n) return;
  int64_t set = index / n, image = index % n;
  float sum = 0.0f;
  for (int part = 0; part < parts; ++part) sum += partial[(image * parts + part) * sets + set];
  similarity[index] = factor * sum;
}
KERNEL(info_nce_mean, nce_threads, 1, 1)

// The losses of one image and layer that compare exponentials, and their slopes. s, slope: [sets] with stride n.
// Returns the sum over positives p of -s_p/t + log(exp(s_p/t) + E) (LMCL: log E), E the sum of exp(s_k/t) over
// negatives.
__device__ float nce_image(const float* s, float* slope, int n, int sets, int positives, bool lmcl, float inverse_tau,
                           float factor) {
  float largest = s[static_cast<int64_t>(positives) * n];
  for (int k = positives; k < sets; ++k) largest = fmaxf(largest, s[static_cast<int64_t>(k) * n]);
  float sum = 0.0f;
  for (int k = positives; k < sets; ++k) sum += expf((s[static_cast<int64_t>(k) * n] - largest) * inverse_tau);
  float log_sum = logf(sum);
  float loss = 0.0f, pull = 0.0f;
  for (int k = 0; k < positives; ++k) {
    // How far the negatives are ahead; the loss is log(1 + exp(ahead)), its slope 1 / (1 + exp(-ahead)).
    float ahead = (largest - s[static_cast<int64_t>(k) * n]) * inverse_tau + log_sum;
    float weight = lmcl ? 1.0f : 1.0f / (1.0f + expf(-ahead));
    loss += lmcl ? ahead : fmaxf(ahead, 0.0f) + log1pf(expf(-fabsf(ahead)));
    slope[static_cast<int64_t>(k) * n] = -weight * factor * inverse_tau;
    pull += weight;
  }
  for (int k = positives; k < sets; ++k) {
    float share = expf((s[static_cast<int64_t>(k) * n] - largest) * inverse_tau) / sum;
    slope[static_cast<int64_t>(k) * n] = pull * share * factor * inverse_tau;
  }
  return loss * factor;
}

// loss from all similarities (L1: distances), slope = its derivative by each, report = {mean of positives, of
// negatives} over sets, images and layers. Layer l weighs decay^l; InfoNCE and LMCL are divided by the layers, too.
// One block for all. Items: 1.
extern "C" __global__ void info_nce_weigh(const float* similarity, float* slope, float* loss, float* report, int n,
                                          int sets, int positives, int layers, int kind, float inverse_tau,
                                          float decay) {
  if (blockIdx.x > 0) return;
  bool exponential = kind == nce_info || kind == nce_lmcl;
  float images = static_cast<float>(n), negatives = static_cast<float>(sets - positives);
  float losses = 0.0f, plus = 0.0f, minus = 0.0f, weighted_plus = 0.0f, weighted_minus = 0.0f;
  for (int i = threadIdx.x; i < layers * n; i += nce_threads) {
    int layer = i / n;
    int64_t at = static_cast<int64_t>(layer) * sets * n + i % n;
    float weight = powf(decay, static_cast<float>(layer));
    if (exponential) {
      losses += nce_image(similarity + at, slope + at, n, sets, positives, kind == nce_lmcl, inverse_tau,
                          weight / (images * static_cast<float>(positives) * static_cast<float>(layers)));
    }
    float p = 0.0f, m = 0.0f;
    for (int k = 0; k < positives; ++k) p += similarity[at + static_cast<int64_t>(k) * n];
    for (int k = positives; k < sets; ++k) m += similarity[at + static_cast<int64_t>(k) * n];
    plus += p;
    minus += m;
    weighted_plus += weight * p;
    weighted_minus += weight * m;
  }
  losses = block_sum<nce_threads>(losses);
  float of_positive = 1.0f / (images * static_cast<float>(positives)), of_negative = 1.0f / (images * negatives);
  plus = block_sum<nce_threads>(plus) * of_positive / static_cast<float>(layers);
  minus = block_sum<nce_threads>(minus) * of_negative / static_cast<float>(layers);
  weighted_plus = block_sum<nce_threads>(weighted_plus) * of_positive;
  weighted_minus = block_sum<nce_threads>(weighted_minus) * of_negative;
  float by_positive = -1.0f, by_negative = 1.0f;
  if (kind == nce_cosine) losses = weighted_minus - weighted_plus;
  if (kind == nce_l1) {
    float below = weighted_minus + nce_ratio;
    losses = weighted_plus / below;
    by_positive = 1.0f / below;
    by_negative = -losses / below;
  }
  if (kind == nce_l2) {
    float below = 1.0f - weighted_minus + nce_ratio;
    losses = (1.0f - weighted_plus) / below;
    by_positive = -1.0f / below;
    by_negative = losses / below;
  }
  if (!exponential) {
    for (int i = threadIdx.x; i < layers * sets * n; i += nce_threads) {
      float weight = powf(decay, static_cast<float>(i / (sets * n)));
      slope[i] = weight * (i / n % sets < positives ? by_positive * of_positive : by_negative * of_negative);
    }
  }
  if (threadIdx.x == 0) {
    loss[0] = losses;
    report[0] = plus;
    report[1] = minus;
  }
}
KERNEL(info_nce_weigh, nce_threads, 1, 1)

// dsr (+)= dloss / pixels * sum over sets of slope * (u_y - cosine u_x) / |x|, u = e / |e|; where |x| is below the
// least length, without the term in u_x. One warp: one pixel, a lane: every 32nd channel. Items: N * pixels * 32.
extern "C" __global__ void info_nce_cosine_backward(const float* sr, const float* samples, const float* terms,
                                                    const float* slope, const float* dloss, float* dsr, int n,
                                                    int pixels, int channels, int sets, int accumulate) {
  int64_t pixel = global_index() / 32;
  if (pixel >= static_cast<int64_t>(n) * pixels) return;
  int64_t image = pixel / pixels;
  const float* own = terms + pixel * (2 * sets + 1);
  float scale = dloss[0] / static_cast<float>(pixels) * own[0];
  float along = 0.0f;
  for (int set = 0; set < sets; ++set) along += slope[static_cast<int64_t>(set) * n + image] * own[1 + sets + set];
  along *= own[0] < 1.0f / nce_least ? -scale * own[0] : 0.0f;
  for (int c = threadIdx.x % 32; c < channels; c += 32) {
    float value = along * sr[pixel * channels + c];
    for (int set = 0; set < sets; ++set) {
      float factor = scale * slope[static_cast<int64_t>(set) * n + image] * own[1 + set];
      value += factor * samples[(static_cast<int64_t>(set) * n * pixels + pixel) * channels + c];
    }
    float* to = dsr + pixel * channels + c;
    *to = accumulate ? *to + value : value;
  }
}
KERNEL(info_nce_cosine_backward, nce_threads, 1, 1)

// dsr (+)= dloss / (pixels C) * sum over sets of slope * sign(sr - sample), sign(0) = 0. One thread: one element.
// Items: N * pixels * C.
extern "C" __global__ void info_nce_distance_backward(const float* sr, const float* samples, const float* slope,
                                                      const float* dloss, float* dsr, int n, int pixels, int channels,
                                                      int sets, int accumulate) {
  int64_t index = global_index(), image_size = static_cast<int64_t>(pixels) * channels;
  if (index >= n * image_size) return;
  int64_t image = index / image_size;
  float value = 0.0f;
  for (int set = 0; set < sets; ++set) {
    float difference = sr[index] - samples[set * n * image_size + index];
    float rate = slope[static_cast<int64_t>(set) * n + image];
    value += difference > 0.0f ? rate : difference < 0.0f ? -rate : 0.0f;
  }
  value *= dloss[0] / static_cast<float>(image_size);
  dsr[index] = accumulate ? dsr[index] + value : value;
}
KERNEL(info_nce_distance_backward, nce_threads, 1, 1)

// What a thread of the bf16 forms works at: a pixel among all, and blocks of channels from `warp` on.
struct NcePixel {
  int64_t image, pixel;
  bool inside;
  int warp = threadIdx.x / 32;

  // The block of channels b of this pixel in set `set` of n images each.
  __device__ int64_t at(int64_t set, int n, int blocks, int b, int64_t pixels) const {
    return block8_index(set * n + image, blocks, b, pixels, pixel);
  }
};

// The pixel of a part of an image, as the forward kernels divide it.
__device__ __forceinline__ NcePixel nce_pixel_of_part(int pixels) {
  int parts = (pixels + nce_part - 1) / nce_part;
  int pixel = static_cast<int>(blockIdx.x % parts) * nce_part + threadIdx.x % 32;
  return {blockIdx.x / parts, pixel, pixel < pixels};
}

// The sum over the block's warps of each lane's values, in warp 0. Called by all threads.
template <int count>
__device__ void nce_over_warps(float (&values)[count]) {
  __shared__ float sums[count][nce_warps][32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  __syncthreads();  // the call before this one may still be reading sums
  for (int i = 0; i < count; ++i) sums[i][warp][lane] = values[i];
  __syncthreads();
  if (warp > 0) return;
  for (int i = 0; i < count; ++i) {
    for (int other = 1; other < nce_warps; ++other) values[i] += sums[i][other][lane];
  }
}

extern "C" __global__ void info_nce_cosine_forward_bf16(const bf16* sr, const bf16* samples, float* terms,
                                                        float* partial, int n, int pixels, int channels, int sets) {
  NcePixel own = nce_pixel_of_part(pixels);
  if (own.image >= n) return;  // all threads of a block, or none
  int blocks = blocks8(channels);
  for (int set = 0; set < sets; ++set) {
    float sums[3] = {};  // |x|^2, |y|^2, <x, y>
    for (int b = own.warp; own.inside && b < blocks; b += nce_warps) {
      float x[lanes8], y[lanes8];
      load8(sr + own.at(0, n, blocks, b, pixels), x);
      load8(samples + own.at(set, n, blocks, b, pixels), y);
      for (int c = 0; c < lanes8; ++c) {
        sums[0] += x[c] * x[c];
        sums[1] += y[c] * y[c];
        sums[2] += x[c] * y[c];
      }
    }
    nce_over_warps(sums);
    if (own.warp > 0) continue;
    float of_x = nce_inverse(sums[0]), of_y = nce_inverse(sums[1]);
    float cosine = own.inside ? sums[2] * of_x * of_y : 0.0f;
    if (own.inside) {
      float* to = terms + (own.image * pixels + own.pixel) * (2 * sets + 1);
      to[0] = of_x;
      to[1 + set] = of_y;
      to[1 + sets + set] = cosine;
    }
    float sum = warp_sum(cosine);
    if (threadIdx.x == 0) partial[static_cast<int64_t>(blockIdx.x) * sets + set] = sum;
  }
}
KERNEL(info_nce_cosine_forward_bf16, nce_threads, 1, 1)

extern "C" __global__ void info_nce_distance_forward_bf16(const bf16* sr, const bf16* samples, float* partial, int n,
                                                          int pixels, int channels, int sets) {
  NcePixel own = nce_pixel_of_part(pixels);
  if (own.image >= n) return;  // all threads of a block, or none
  int blocks = blocks8(channels);
  for (int set = 0; set < sets; ++set) {
    float sum[1] = {};
    for (int b = own.warp; own.inside && b < blocks; b += nce_warps) {
      float x[lanes8], y[lanes8];
      load8(sr + own.at(0, n, blocks, b, pixels), x);
      load8(samples + own.at(set, n, blocks, b, pixels), y);
      for (int c = 0; c < lanes8; ++c) sum[0] += fabsf(x[c] - y[c]);
    }
    nce_over_warps(sum);
    if (own.warp > 0) continue;
    float total = warp_sum(sum[0]);
    if (threadIdx.x == 0) partial[static_cast<int64_t>(blockIdx.x) * sets + set] = total;
  }
}
KERNEL(info_nce_distance_forward_bf16, nce_threads, 1, 1)

// One block: 32 pixels, of one image or two.
extern "C" __global__ void info_nce_cosine_backward_bf16(const bf16* sr, const bf16* samples, const float* terms,
                                                         const float* slope, const float* dloss, bf16* dsr, int n,
                                                         int pixels, int channels, int sets, int accumulate) {
  int64_t pixel = static_cast<int64_t>(blockIdx.x) * nce_part + threadIdx.x % 32;
  if (pixel >= static_cast<int64_t>(n) * pixels) return;
  NcePixel own{pixel / pixels, pixel % pixels, true};
  const float* known = terms + pixel * (2 * sets + 1);
  float scale = dloss[0] / static_cast<float>(pixels) * known[0];
  float along = 0.0f;
  for (int set = 0; set < sets; ++set) {
    along += slope[static_cast<int64_t>(set) * n + own.image] * known[1 + sets + set];
  }
  along *= known[0] < 1.0f / nce_least ? -scale * known[0] : 0.0f;
  int blocks = blocks8(channels);
  for (int b = own.warp; b < blocks; b += nce_warps) {
    int64_t at = own.at(0, n, blocks, b, pixels);
    float value[lanes8] = {}, x[lanes8];
    if (accumulate) load8(dsr + at, value);
    load8(sr + at, x);
    for (int c = 0; c < lanes8; ++c) value[c] += along * x[c];
    for (int set = 0; set < sets; ++set) {
      float factor = scale * slope[static_cast<int64_t>(set) * n + own.image] * known[1 + set], y[lanes8];
      load8(samples + own.at(set, n, blocks, b, pixels), y);
      for (int c = 0; c < lanes8; ++c) value[c] += factor * y[c];
    }
    store8(dsr + at, value);
  }
}
TILED_KERNEL(info_nce_cosine_backward_bf16, nce_threads, 1, 1, 32 * nce_part, 1, 1)

// Items: numbers of sr in memory; a thread has eight.
extern "C" __global__ void info_nce_distance_backward_bf16(const bf16* sr, const bf16* samples, const float* slope,
                                                           const float* dloss, bf16* dsr, int n, int pixels,
                                                           int channels, int sets, int accumulate) {
  int64_t image_size = static_cast<int64_t>(blocks8(channels)) * pixels * lanes8, index = global_index() * lanes8;
  if (index >= n * image_size) return;
  int64_t image = index / image_size;
  float scale = dloss[0] / (static_cast<float>(pixels) * static_cast<float>(channels));
  float value[lanes8] = {}, x[lanes8];
  if (accumulate) load8(dsr + index, value);
  load8(sr + index, x);
  for (int set = 0; set < sets; ++set) {
    float rate = scale * slope[static_cast<int64_t>(set) * n + image], y[lanes8];
    load8(samples + set * n * image_size + index, y);
    for (int c = 0; c < lanes8; ++c) value[c] += x[c] > y[c] ? rate : x[c] < y[c] ? -rate : 0.0f;
  }
  store8(dsr + index, value);
}
TILED_KERNEL(info_nce_distance_backward_bf16, nce_threads, 1, 1, nce_threads* lanes8, 1, 1)
