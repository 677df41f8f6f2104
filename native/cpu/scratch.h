// Working memory of the twins, kept from call to call.
#pragma once

#include <cstddef>

namespace acuity::cpu {

/// Memory aligned to 2 MB (64 bytes below that size) that asks for huge pages. Throws std::bad_alloc. Freed with
/// std::free.
void* allocate_pages(std::size_t bytes);

/// What a buffer of scratch memory is for. Buffers of one thread with different uses live side by side.
enum class Scratch { kBlock, kPartials, kPoints, kBias, kZeros, kUses };

/// At least `count` floats, owned by the calling thread and valid until it asks for the same use again. Contents are
/// what was left there.
float* scratch(Scratch use, std::size_t count);

}  // namespace acuity::cpu
