// The three Haar bands of a picture and where they lie: [n, 9, h/2, w/2] as float[n][h/2][w/2][9], or in blocks of 8
// channels as bf16.cuh says. See haar_transform.cu for the bands.
#pragma once

#include "bf16.cuh"

constexpr int haar_bands = 9;

// Of two pixels of three channels and the two below them: all channels of LH, of HL, of HH.
__device__ __forceinline__ void haar_forward(const float* upper, const float* lower, float (&bands)[haar_bands]) {
  for (int c = 0; c < 3; ++c) {
    float left_sum = upper[c] + lower[c], right_sum = upper[3 + c] + lower[3 + c];
    float left_difference = upper[c] - lower[c], right_difference = upper[3 + c] - lower[3 + c];
    bands[c] = 0.5f * (left_difference + right_difference);
    bands[3 + c] = 0.5f * (left_sum - right_sum);
    bands[6 + c] = 0.5f * (left_difference - right_difference);
  }
}

// Pixel `pixel` of the `pixels` of an image's bands.
__device__ __forceinline__ void store_bands(float* y, int64_t image, int64_t pixels, int64_t pixel,
                                            const float (&bands)[haar_bands]) {
  float* to = y + (image * pixels + pixel) * haar_bands;
  for (int c = 0; c < haar_bands; ++c) to[c] = bands[c];
}

__device__ __forceinline__ void store_bands(bf16* y, int64_t image, int64_t pixels, int64_t pixel,
                                            const float (&bands)[haar_bands]) {
  float low[lanes8], high[lanes8] = {bands[lanes8]};
  for (int c = 0; c < lanes8; ++c) low[c] = bands[c];
  store8(y + block8_index(image, blocks8(haar_bands), 0, pixels, pixel), low);
  store8(y + block8_index(image, blocks8(haar_bands), 1, pixels, pixel), high);
}
