// Judges a training step by its numbers where they are, so that a step that went wrong moves nothing and no host has to
// look at it in between. Three looks, in this order: at the loss on pixels, at what an embedding network learns, at the
// whole loss and its gradient. The first that finds something wrong decides.
//   state   int32[4]: finding, good losses remembered (0 .. 50), where the next one goes (0 .. 49), unused
//   recent  float[50]: losses on pixels of the last good steps, a ring
//   finding 0 good; 1 the loss on pixels is not finite; 2 it is a spike; 3 the embedding's loss or gradient is not
//   finite;
//           4 the loss is not finite; 5 its gradient is not finite
#include "common.cuh"

constexpr int watch_window = 50;
constexpr int watch_least = 10;  // fewer losses have no median that means something

__device__ __forceinline__ bool watch_finite(float x) { return fabsf(x) <= 3.402823466e38f; }

// finding = 0, 1 or 2 by one loss: a spike is more than `spike` times the median of the remembered ones (spike 0: none
// is). One block for all; a thread ranks one remembered loss. Items: 1.
extern "C" __global__ void step_watch_pixels(int* state, const float* recent, const float* pixels, float spike) {
  __shared__ float losses[watch_window];
  __shared__ float middle[2];
  int filled = state[1], k = threadIdx.x;
  if (k < filled) losses[k] = recent[k];
  __syncthreads();
  if (k < filled) {
    int rank = 0;  // equal losses rank by their place
    for (int j = 0; j < filled; ++j) rank += losses[j] < losses[k] || (losses[j] == losses[k] && j < k);
    if (rank == (filled - 1) / 2) middle[0] = losses[k];
    if (rank == filled / 2) middle[1] = losses[k];
  }
  __syncthreads();
  if (k > 0 || blockIdx.x > 0) return;
  float loss = pixels[0];
  int finding = watch_finite(loss) ? 0 : 1;
  if (finding == 0 && spike > 0.0f && filled >= watch_least) {
    double median = (static_cast<double>(middle[0]) + middle[1]) / 2;
    if (loss > spike * median) finding = 2;
  }
  state[0] = finding;
}
KERNEL(step_watch_pixels, 64, 1, 1)

// finding = 3 if a step that was good so far has a loss or a gradient norm of the embedding that is not finite.
// Items: 1.
extern "C" __global__ void step_watch_embedding(int* state, const float* loss, const float* norm) {
  if (global_index() > 0) return;
  if (state[0] == 0 && !(watch_finite(loss[0]) && watch_finite(norm[0]))) state[0] = 3;
}
KERNEL(step_watch_embedding, 64, 1, 1)

// finding = 4 or 5 if a step that was good so far has a loss or a gradient norm that is not finite; a good step's loss
// on pixels is remembered. report  float[10] = finding, pixels, loss, norm, then a to f, of which any may be null (0).
// Items: 1.
extern "C" __global__ void step_watch_gradient(int* state, float* recent, const float* pixels, const float* loss,
                                               const float* norm, const float* a, const float* b, const float* c,
                                               const float* d, const float* e, const float* f, float* report) {
  if (global_index() > 0) return;
  int finding = state[0];
  if (finding == 0 && !watch_finite(loss[0])) finding = 4;
  if (finding == 0 && !watch_finite(norm[0])) finding = 5;
  state[0] = finding;
  if (finding == 0) {
    int next = state[2];
    recent[next] = pixels[0];
    state[1] = min(state[1] + 1, watch_window);
    state[2] = (next + 1) % watch_window;
  }
  const float* terms[6] = {a, b, c, d, e, f};
  report[0] = static_cast<float>(finding);
  report[1] = pixels[0];
  report[2] = loss[0];
  report[3] = norm[0];
  for (int i = 0; i < 6; ++i) report[4 + i] = terms[i] == nullptr ? 0.0f : terms[i][0];
}
KERNEL(step_watch_gradient, 64, 1, 1)

// values = kept if the step is not good so far. One thread: one number. Items: count.
//   values, kept  float[count]
extern "C" __global__ void step_watch_revert(float* values, const float* kept, const int* state, int64_t count) {
  int64_t i = global_index();
  if (i < count && state[0] != 0) values[i] = kept[i];
}
KERNEL(step_watch_revert, 256, 1, 1)
