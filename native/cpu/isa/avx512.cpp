#define ACUITY_AVX512
#define ACUITY_SET avx512
#include "table.h"

namespace acuity::cpu {

const Isa isa_avx512 = avx512::table("avx512");

}  // namespace acuity::cpu
