// Cases of the contrastive losses.
#pragma once

#include "cases.h"

namespace cases {

void add_contrast(std::vector<Case>& list);

}  // namespace cases
