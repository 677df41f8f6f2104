#define ACUITY_AVX2
#define ACUITY_SET avx2
#include "table.h"

namespace acuity::cpu {

const Isa isa_avx2 = avx2::table("avx2");

}  // namespace acuity::cpu
