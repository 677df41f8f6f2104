// What the probes share: errors, times by events, one line of CSV a figure.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(status));
  std::exit(1);
}
#define CHECK(call) check(call, #call)

inline void say(const char* figure, double value, const char* unit) {
  std::printf("%s,%.4g,%s\n", figure, value, unit);
  std::fflush(stdout);
}

// Median milliseconds of 11 runs after 3 that warm up.
template <class F>
double milliseconds(cudaStream_t stream, F&& run) {
  cudaEvent_t begin, end;
  CHECK(cudaEventCreate(&begin));
  CHECK(cudaEventCreate(&end));
  std::vector<float> times;
  for (int i = 0; i < 14; ++i) {
    CHECK(cudaEventRecord(begin, stream));
    run();
    CHECK(cudaEventRecord(end, stream));
    CHECK(cudaEventSynchronize(end));
    float time = 0;
    CHECK(cudaEventElapsedTime(&time, begin, end));
    if (i >= 3) times.push_back(time);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}
