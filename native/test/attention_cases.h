// Cases of the kernels of channel, layer and sparse attention.
#pragma once

#include "cases.h"

namespace cases {

void add_attention(std::vector<Case>& list);

}  // namespace cases
