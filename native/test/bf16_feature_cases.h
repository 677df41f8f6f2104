// Cases of what is not a convolution and not pointwise in the bf16 mode.
#pragma once

#include "cases.h"

namespace cases {

void add_bf16_features(std::vector<Case>& list);

}  // namespace cases
