// The state of the stand-in driver and what its files share.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "standin.h"

#define API extern "C" __attribute__((visibility("default")))
#define ENTER(...)                              \
  std::lock_guard lock(standin::state().mutex); \
  if (int status = standin::enter(__VA_ARGS__)) return status

namespace standin {

constexpr int ok = 0, invalid_value = 1, out_of_memory = 2, not_initialized = 3, invalid_device = 101,
              invalid_image = 200, invalid_context = 201, no_binary = 209, unsupported_ptx = 222, not_found = 500,
              illegal_address = 700, not_permitted = 800, capture_unsupported = 900;

// Bit 60 is set in no address of a host's memory: reading such an address outside this library ends the process.
constexpr uint64_t device_bit = uint64_t{1} << 60;

struct State {
  std::mutex mutex;
  std::map<std::string, int64_t> settings;
  std::map<std::string, int64_t> calls;
  struct Failure {
    int status;
    int64_t after;
  };
  std::map<std::string, Failure> failures;
  std::map<uint64_t, uint64_t> memory;  // host address to size
  std::vector<Work> stream;             // not done yet
  uint64_t issued = 0, done = 0;
  bool capturing = false, capture_broken = false;
  std::vector<Work> captured;
  int sticky = 0;  // what went wrong in work on the stream; every later call answers it
  std::string log;
};

State& state();
int64_t setting(const char* name, int64_t otherwise);
// The one stream there is.
void* the_stream();
// Counts the call; what it is to answer: a planned failure, an earlier failure of work, or 0.
int enter(const char* call, bool wants_context = true);
// Does the work before a position.
void run_until(uint64_t position);
// Puts work on the stream or into the graph that is captured.
int add(const Work& work);
// The host's address of device memory if all its bytes lie in one block, else null.
void* host(uint64_t address, uint64_t bytes);

}  // namespace standin
