// Compiled by avx512.cpp, avx2.cpp and plain.cpp: the functions of one instruction set.
#pragma once

#include "bank.h"
#include "fft.h"
#include "narrow.h"
#include "norm.h"
#include "similarity.h"
#include "strided.h"
#include "winograd_weight.h"

namespace acuity::cpu::ACUITY_SET {

static void product_rows(const float* a, long lda, const float* b, float* c, int rows, int depth, int width) {
  for (int r = 0; r < rows; r += ROWS) {
    multiply_some_rows<false, false>(smaller(ROWS, rows - r), a + r * lda, lda, b, width,
                                     c + static_cast<long>(r) * width, width, depth, width, b);
  }
}

static void product_outer(const float* a, long lda, const float* b, float* c, int rows, int depth, int width) {
  for (int r = 0; r < rows; r += ROWS) {
    multiply_some_rows<true, true>(smaller(ROWS, rows - r), a + r, lda, b, width, c + static_cast<long>(r) * width,
                                   width, depth, width, b);
  }
}

constexpr Similarity similarity() { return {&cosines, &distances, &cosine_gradient, &distance_gradient}; }

static int same_point(int weight) { return weight; }
static int one_point(int) { return 1; }
static int first_of_weight(int weight) { return weight_points_first(weight); }
static int points_of_weight(int weight) { return weight_points_count(weight); }

template <int k>
constexpr Winograd winograd() {
  return {7 - k,
          TILES,
          &pack<k>,
          &block_scratch,
          &block<k>,
          {7 - k, POINTS, POINTS, &same_point, &one_point, &weight_points_of_tiles<k>, &weight_products,
           &weight_finish<k>}};
}

constexpr Strided strided() {
  return {TILES,
          &strided_pack,
          &strided_scratch,
          &strided_block<false>,
          &strided_block<true>,
          {3, STRIDED_POINTS, STRIDED_WEIGHTS, &first_of_weight, &points_of_weight, &strided_points_of_tiles,
           &weight_products, &strided_finish}};
}

constexpr Narrow narrow() {
  return {&few_in_rows,        &few_in_scratch, &few_out_rows,         &few_out_scratch,
          &narrow_weight_part, &narrow_partial, &narrow_weight_scratch};
}

constexpr Fft fft() {
  return {W, &fft_scratch, &fft_rows_forward, &fft_rows_inverse, &fft_columns_forward, &fft_columns_inverse};
}

constexpr BankRows bank() {
  return {&detail_row, &levels_row, &sharpen_row, &blur_down, &blur_across, &enlarge_down, &enlarge_across, &haar_row};
}

constexpr Norm norm() { return {&norm_sums, &norm_forward, &norm_backward_sums, &norm_backward_input}; }

constexpr Isa table(const char* name) {
  return {name,   winograd<3>(), winograd<5>(), narrow(), {&product_rows, &product_outer},
          bank(), similarity(),  norm(),        fft(),    strided()};
}

}  // namespace acuity::cpu::ACUITY_SET
