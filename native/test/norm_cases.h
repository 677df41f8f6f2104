// Launches of the convolutions between two batch normalisations: results against the definition on the rounded inputs.
#pragma once

#include "cases.h"

namespace cases {

void add_norm_convolutions(std::vector<Case>& list);

}  // namespace cases
