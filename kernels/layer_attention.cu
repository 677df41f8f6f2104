// Attention between the layers of a stack: how alike they are over a whole image, and their mixture.
//   x, y, a, b  float[n][pixels][layers * features], gram, attention, matrix  float[n][layers][layers], gamma  float[1]
#include "reduce.cuh"

constexpr int gram_threads = 256;

// gram[i][j] = sum over pixels and features of a's layer i times b's layer j. One block: one entry of one image.
// Items: 256 * n * layers * layers.
extern "C" __global__ void layer_attention_gram(const float* a, const float* b, float* gram, int n, int64_t pixels,
                                                int layers, int features) {
  int64_t entry = blockIdx.x;
  int64_t count = pixels * features, wide = static_cast<int64_t>(layers) * features;
  int64_t image = entry / (layers * layers);
  int i = static_cast<int>(entry / layers % layers), j = static_cast<int>(entry % layers);
  bool inside = image < n;
  float sum = 0.0f;
  for (int64_t first = threadIdx.x; inside && first < count; first += 64 * gram_threads) {
    int64_t last = min(first + 64 * gram_threads, count);
    float run = 0.0f;
    for (int64_t k = first; k < last; k += gram_threads) {
      int64_t at = (image * pixels + k / features) * wide + k % features;
      run += a[at + i * features] * b[at + j * features];
    }
    sum += run;
  }
  sum = block_sum<gram_threads>(sum);
  if (inside && threadIdx.x == 0) gram[entry] = sum;
}
KERNEL(layer_attention_gram, gram_threads, 1, 1)

// matrix = identity + gamma * attention. One thread: one entry. Items: n * layers * layers; block 256.
extern "C" __global__ void layer_attention_matrix(const float* attention, const float* gamma, float* matrix, int n,
                                                  int layers) {
  int64_t entry = global_index();
  if (entry >= static_cast<int64_t>(n) * layers * layers) return;
  int i = static_cast<int>(entry / layers % layers), j = static_cast<int>(entry % layers);
  matrix[entry] = (i == j ? 1.0f : 0.0f) + gamma[0] * attention[entry];
}
KERNEL(layer_attention_matrix, 256, 1, 1)

// dattention = gamma * dmatrix, dgamma (+)= sum of dmatrix * attention. One block for all; dgamma may be null.
// Items: 1.
extern "C" __global__ void layer_attention_backward_matrix(const float* dmatrix, const float* attention,
                                                           const float* gamma, float* dattention, float* dgamma, int n,
                                                           int layers, int accumulate) {
  int64_t count = static_cast<int64_t>(n) * layers * layers;
  float sum = 0.0f;
  for (int64_t i = threadIdx.x; i < count; i += gram_threads) {
    sum += dmatrix[i] * attention[i];
    dattention[i] = gamma[0] * dmatrix[i];
  }
  sum = block_sum<gram_threads>(sum);
  if (threadIdx.x == 0 && dgamma != nullptr) dgamma[0] = accumulate ? dgamma[0] + sum : sum;
}
KERNEL(layer_attention_backward_matrix, gram_threads, 1, 1)

// y's layer i (+)= sum over j of matrix[i][j] (matrix[j][i] when transposed) times x's layer j. One thread: one feature
// of one layer of one pixel. Items: n * pixels * layers * features; block 256.
extern "C" __global__ void layer_attention_mix(const float* matrix, const float* x, float* y, int n, int64_t pixels,
                                               int layers, int features, int transposed, int accumulate) {
  int64_t index = global_index(), wide = static_cast<int64_t>(layers) * features;
  if (index >= n * pixels * wide) return;
  int64_t pixel = index / wide, c = index % features;
  int i = static_cast<int>(index % wide / features);
  const float* m = matrix + pixel / pixels * layers * layers;
  float sum = 0.0f;
  for (int j = 0; j < layers; ++j) {
    sum += m[transposed ? j * layers + i : i * layers + j] * x[pixel * wide + j * features + c];
  }
  y[index] = accumulate ? y[index] + sum : sum;
}
KERNEL(layer_attention_mix, 256, 1, 1)
