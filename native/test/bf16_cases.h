// Launches of the kernels' bf16 forms: results against the definition on the rounded inputs.
#pragma once

#include "cases.h"
#include "convolution_cases.h"

namespace cases {

// Random numbers in blocks of 8 channels, those beyond `channels` zero.
std::vector<uint16_t> blocked(Numbers& numbers, int n, int channels, int pixels);

void add_bf16(std::vector<Case>& list);

}  // namespace cases
