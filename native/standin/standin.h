// What the stand-ins of cuBLAS and cuFFT ask of the stand-in driver.
#pragma once

#include <cstdint>
#include <functional>

#define STANDIN __attribute__((visibility("default")))

namespace standin {

// Answers a status of the driver, 0 when all is well.
using Work = std::function<int()>;

// Puts work on the stream, or into the graph that is being captured.
STANDIN int stream_add(void* stream, const Work& work);
// The host's address of device memory, or null if it is no such memory.
STANDIN void* device_memory(const void* address, uint64_t bytes);
// Counts a call; the status it was told to answer, or 0.
STANDIN int entered(const char* call);

}  // namespace standin
