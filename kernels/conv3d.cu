// 3x3x3 convolution of one volume: an image's channels are its depth; stride 1, zero padding 1, one filter.
//   x, y, dx, dy  float[n][h][w][depth], weight  float[3 (depth)][3 (rows)][3 (columns)], bias  float[1]
#include "reduce.cuh"

constexpr int conv3d_threads = 256;

struct Volume {
  int n, h, w, depth;
  __device__ int64_t count() const { return static_cast<int64_t>(n) * h * w * depth; }
};

// The sum over the neighbours of number `index` of weight (from the other side when flipped) times x.
__device__ float conv3d_sum(const float* x, const float* weight, Volume v, int64_t index, bool flipped) {
  int d = static_cast<int>(index % v.depth), column = static_cast<int>(index / v.depth % v.w);
  int row = static_cast<int>(index / v.depth / v.w % v.h);
  float sum = 0.0f;
  for (int a = -1; a <= 1; ++a) {
    for (int b = -1; b <= 1; ++b) {
      for (int c = -1; c <= 1; ++c) {
        bool inside =
            d + a >= 0 && d + a < v.depth && row + b >= 0 && row + b < v.h && column + c >= 0 && column + c < v.w;
        int tap = (a + 1) * 9 + (b + 1) * 3 + c + 1;
        if (inside)
          sum += weight[flipped ? 26 - tap : tap] * x[index + (static_cast<int64_t>(b) * v.w + c) * v.depth + a];
      }
    }
  }
  return sum;
}

// y = conv(x) + bias. One thread: one number. Items: n * h * w * depth; block 256.
extern "C" __global__ void conv3d_forward(const float* x, const float* weight, const float* bias, float* y, int n,
                                          int h, int w, int depth) {
  Volume v{n, h, w, depth};
  int64_t i = global_index();
  if (i < v.count()) y[i] = conv3d_sum(x, weight, v, i, false) + bias[0];
}
KERNEL(conv3d_forward, conv3d_threads, 1, 1)

// dx (+)= conv^T(dy). One thread: one number. Items: n * h * w * depth; block 256.
extern "C" __global__ void conv3d_backward_input(const float* dy, const float* weight, float* dx, int n, int h, int w,
                                                 int depth, int accumulate) {
  Volume v{n, h, w, depth};
  int64_t i = global_index();
  if (i >= v.count()) return;
  float value = conv3d_sum(dy, weight, v, i, true);
  dx[i] = accumulate ? dx[i] + value : value;
}
KERNEL(conv3d_backward_input, conv3d_threads, 1, 1)

// dweight (+)= sum of dy times shifted x, dbias (+)= sum of dy. One block: one tap, the 28th the bias. Items: 256 * 28.
extern "C" __global__ void conv3d_backward_weight(const float* x, const float* dy, float* dweight, float* dbias, int n,
                                                  int h, int w, int depth, int accumulate) {
  Volume v{n, h, w, depth};
  int tap = static_cast<int>(blockIdx.x);
  int a = tap / 9 - 1, b = tap / 3 % 3 - 1, c = tap % 3 - 1;
  float sum = 0.0f;
  for (int64_t first = threadIdx.x; first < v.count(); first += 64 * conv3d_threads) {
    int64_t last = min(first + 64 * conv3d_threads, v.count());
    float run = 0.0f;
    for (int64_t i = first; i < last; i += conv3d_threads) {
      int d = static_cast<int>(i % depth) + a, column = static_cast<int>(i / depth % w) + c;
      int row = static_cast<int>(i / depth / w % h) + b;
      if (tap == 27) {
        run += dy[i];
      } else if (d >= 0 && d < depth && row >= 0 && row < h && column >= 0 && column < w) {
        run += dy[i] * x[i + (static_cast<int64_t>(b) * w + c) * depth + a];
      }
    }
    sum += run;
  }
  sum = block_sum<conv3d_threads>(sum);
  if (threadIdx.x == 0 && tap < 28) {
    float& to = tap == 27 ? dbias[0] : dweight[tap];
    to = accumulate ? to + sum : sum;
  }
}
KERNEL(conv3d_backward_weight, conv3d_threads, 1, 1)
