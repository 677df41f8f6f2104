// Cases of the kernels that watch over training.
#pragma once

#include "cases.h"

namespace cases {

void add_training(std::vector<Case>& list);

}  // namespace cases
