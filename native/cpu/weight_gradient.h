// The gradient of a convolution's weights from the points of its tiles.
#pragma once

#include "isa.h"

namespace acuity::cpu {

/// dweight (+)= scale * the gradient; dbias, unless null, (+)= scale * the sums of dy. job.tiles_x and tiles_y are set
/// here.
void weight_gradient(const WeightScheme& scheme, WeightJob job, int images, int shuffle, float scale, bool accumulate,
                     float* dweight, float* dbias);

}  // namespace acuity::cpu
