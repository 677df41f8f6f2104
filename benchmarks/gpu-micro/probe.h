// What the probes share: errors, times by events, one line of JSON a figure. Beside PROGRAM --dry names what it would
// measure and touches no GPU.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(status));
  std::exit(1);
}
#define CHECK(call) check(call, #call)

inline void say(const std::string& figure, double value, const char* unit) {
  std::printf("{\"figure\":\"%s\",\"value\":%.5g,\"unit\":\"%s\"}\n", figure.c_str(), value, unit);
  std::fflush(stdout);
}

inline bool is_dry(int count, char** arguments) { return count > 1 && std::strcmp(arguments[1], "--dry") == 0; }

inline int processors() {
  int count = 0;
  CHECK(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, 0));
  return count;
}

// Device memory for so many T, each byte set to fill.
template <class T>
T* device(size_t count, int fill = 0) {
  T* memory = nullptr;
  CHECK(cudaMalloc(&memory, count * sizeof(T)));
  CHECK(cudaMemset(memory, fill, count * sizeof(T)));
  return memory;
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
