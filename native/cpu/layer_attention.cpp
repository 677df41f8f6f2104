// layer_attention_*: products between the layers of a stack [n][pixels][layers][features], and their mixture.
#include "channels.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

constexpr int kLanes = 16;

void want_stack(const char* kernel, int n, std::int64_t pixels, int layers, int features) {
  want_planes(kernel, n, pixels, features);
  want_at_least(kernel, "layers", 1, layers);
}

/// Adds the products of one pixel's layers to lanes of sums.
void add_products(const float* a, const float* b, float* __restrict sums, int layers, int features) {
  const int whole = features / kLanes * kLanes;
  for (int i = 0; i < layers; ++i) {
    for (int j = 0; j < layers; ++j) {
      float* __restrict sum = sums + (i * layers + j) * kLanes;
      const float* x = a + i * features;
      const float* y = b + j * features;
      for (int c = 0; c < whole; c += kLanes) {
        for (int lane = 0; lane < kLanes; ++lane) sum[lane] += x[c + lane] * y[c + lane];
      }
      for (int c = whole; c < features; ++c) sum[c - whole] += x[c] * y[c];
    }
  }
}

}  // namespace

void layer_attention_gram(const float* a, const float* b, float* gram, int n, std::int64_t pixels, int layers,
                          int features) {
  want_stack("layer_attention_gram", n, pixels, layers, features);
  const std::int64_t parts = std::min<std::int64_t>(64, (pixels + 255) / 256), entries = layers * layers;
  float* const partials = scratch(Scratch::kPartials, n * parts * entries * kLanes);
  const std::int64_t wide = static_cast<std::int64_t>(layers) * features;
  parallel_for(n * parts, [=](std::int64_t item) {
    const std::int64_t image = item / parts, part = item % parts;
    float* sums = partials + item * entries * kLanes;
    std::memset(sums, 0, entries * kLanes * sizeof(float));
    for (std::int64_t p = pixels * part / parts; p < pixels * (part + 1) / parts; ++p) {
      const std::int64_t at = (image * pixels + p) * wide;
      add_products(a + at, b + at, sums, layers, features);
    }
  });
  for (std::int64_t entry = 0; entry < n * entries; ++entry) {
    double sum = 0;
    for (std::int64_t part = 0; part < parts; ++part) {
      const float* lanes = partials + ((entry / entries * parts + part) * entries + entry % entries) * kLanes;
      for (int lane = 0; lane < kLanes; ++lane) sum += lanes[lane];
    }
    gram[entry] = static_cast<float>(sum);
  }
}
TWIN(layer_attention_gram)

void layer_attention_matrix(const float* attention, const float* gamma, float* matrix, int n, int layers) {
  want_stack("layer_attention_matrix", n, 1, layers, 1);
  for (std::int64_t entry = 0; entry < std::int64_t{n} * layers * layers; ++entry) {
    matrix[entry] = (entry / layers % layers == entry % layers ? 1.0f : 0.0f) + gamma[0] * attention[entry];
  }
}
TWIN(layer_attention_matrix)

void layer_attention_backward_matrix(const float* dmatrix, const float* attention, const float* gamma,
                                     float* dattention, float* dgamma, int n, int layers, int accumulate) {
  want_stack("layer_attention_backward_matrix", n, 1, layers, 1);
  double sum = 0;
  for (std::int64_t entry = 0; entry < std::int64_t{n} * layers * layers; ++entry) {
    sum += double{dmatrix[entry]} * attention[entry];
    dattention[entry] = gamma[0] * dmatrix[entry];
  }
  if (dgamma) dgamma[0] = (accumulate ? dgamma[0] : 0.0f) + static_cast<float>(sum);
}
TWIN(layer_attention_backward_matrix)

void layer_attention_mix(const float* matrix, const float* x, float* y, int n, std::int64_t pixels, int layers,
                         int features, int transposed, int accumulate) {
  want_stack("layer_attention_mix", n, pixels, layers, features);
  const int wide = layers * features;
  over_pixels(n, pixels, wide, [=](std::int64_t image, std::int64_t at, std::int64_t count) {
    const float* m = matrix + image * layers * layers;
    const int row = transposed ? 1 : layers, column = transposed ? layers : 1;
    for (std::int64_t p = at; p < at + count * wide; p += wide) {
      for (int i = 0; i < layers; ++i) {
        float* __restrict to = y + p + i * features;
        for (int j = 0; j < layers; ++j) {
          const float factor = m[i * row + j * column];
          const float* from = x + p + j * features;
          if (j == 0 && !accumulate) {
            for (int c = 0; c < features; ++c) to[c] = factor * from[c];
          } else {
            for (int c = 0; c < features; ++c) to[c] += factor * from[c];
          }
        }
      }
    }
  });
}
TWIN(layer_attention_mix)

}  // namespace acuity::cpu
