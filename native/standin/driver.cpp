// A stand-in for libcuda.so.1, for tests on machines without a GPU: the calls that this program makes, with the
// driver's rules checked. Device memory is host memory under addresses that only this library can use; launches run the
// emulated kernel of the function's name. Work on the stream is put off until something waits for it, as late as CUDA
// allows, so that host memory which is changed too early shows.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "driver.h"

namespace {

using namespace standin;

struct Event {
  uint64_t position = 0;  // of the work before it on the stream
};
struct Graph {
  std::vector<Work> work;
};

thread_local void* current_context = nullptr;
int context_object, stream_object;

// A call that would wait may not be made while a stream is captured.
int synchronizing() {
  State& s = state();
  if (!s.capturing) return ok;
  s.capture_broken = true;
  return capture_unsupported;
}

}  // namespace

namespace standin {

State& state() {
  static State* s = new State;  // outlives the threads that may still call
  return *s;
}

int64_t setting(const char* name, int64_t otherwise) {
  auto found = state().settings.find(name);
  return found == state().settings.end() ? otherwise : found->second;
}

void* the_stream() { return &stream_object; }

int enter(const char* call, bool wants_context) {
  State& s = state();
  int64_t count = ++s.calls[call];
  auto failure = s.failures.find(call);
  if (failure != s.failures.end() && count > failure->second.after) return failure->second.status;
  if (wants_context && current_context != &context_object) return invalid_context;
  return wants_context ? s.sticky : ok;
}

void run_until(uint64_t position) {
  State& s = state();
  size_t count = 0;
  while (s.done < position && count < s.stream.size()) {
    if (s.sticky == 0) s.sticky = s.stream[count]();
    ++count;
    ++s.done;
  }
  s.stream.erase(s.stream.begin(), s.stream.begin() + static_cast<long>(count));
}

int add(const Work& work) {
  State& s = state();
  if (s.capturing) {
    s.captured.push_back(work);
  } else {
    s.stream.push_back(work);
    ++s.issued;
  }
  return ok;
}

void* host(uint64_t address, uint64_t bytes) {
  if ((address & device_bit) == 0) return nullptr;
  uint64_t wanted = address & ~device_bit;
  auto after = state().memory.upper_bound(wanted);
  if (after == state().memory.begin()) return nullptr;
  auto [start, size] = *std::prev(after);
  return wanted + bytes <= start + size ? reinterpret_cast<void*>(wanted) : nullptr;
}

int stream_add(void* stream, const Work& work) {
  std::lock_guard lock(state().mutex);
  return stream == &stream_object ? add(work) : invalid_value;
}

void* device_memory(const void* address, uint64_t bytes) { return host(reinterpret_cast<uint64_t>(address), bytes); }

int entered(const char* call) {
  std::lock_guard lock(state().mutex);
  return enter(call, false);
}

}  // namespace standin

// What tests say and ask. Names of settings are those used with setting() here.
API void standin_reset() {
  std::lock_guard lock(state().mutex);
  State& s = state();
  s.settings.clear();
  s.calls.clear();
  s.failures.clear();
  s.stream.clear();
  s.captured.clear();
  s.issued = s.done = 0;
  s.capturing = s.capture_broken = false;
  s.sticky = 0;
  for (auto [address, size] : s.memory) std::free(reinterpret_cast<void*>(address));
  s.memory.clear();
  s.log.clear();
}
API void standin_set(const char* name, int64_t value) {
  std::lock_guard lock(state().mutex);
  state().settings[name] = value;
}
// From its next call but `after` on, the function answers this status.
API void standin_fail(const char* call, int status, int64_t after) {
  std::lock_guard lock(state().mutex);
  state().failures[call] = {status, state().calls[call] + after};
}
API void standin_mend(const char* call) {
  std::lock_guard lock(state().mutex);
  state().failures.erase(call);
}
API int64_t standin_calls(const char* call) {
  std::lock_guard lock(state().mutex);
  return state().calls[call];
}
// Bytes of device memory in use.
API int64_t standin_memory() {
  std::lock_guard lock(state().mutex);
  int64_t sum = 0;
  for (auto [address, size] : state().memory) sum += static_cast<int64_t>(size);
  return sum;
}

API int cuGetErrorName(int status, const char** name) {
  static const std::map<int, const char*> names = {
      {ok, "CUDA_SUCCESS"},
      {invalid_value, "CUDA_ERROR_INVALID_VALUE"},
      {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {not_initialized, "CUDA_ERROR_NOT_INITIALIZED"},
      {100, "CUDA_ERROR_NO_DEVICE"},
      {invalid_device, "CUDA_ERROR_INVALID_DEVICE"},
      {invalid_image, "CUDA_ERROR_INVALID_IMAGE"},
      {invalid_context, "CUDA_ERROR_INVALID_CONTEXT"},
      {no_binary, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
      {unsupported_ptx, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"},
      {not_found, "CUDA_ERROR_NOT_FOUND"},
      {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS"},
      {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"},
      {719, "CUDA_ERROR_LAUNCH_FAILED"},
      {not_permitted, "CUDA_ERROR_NOT_PERMITTED"},
      {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"},
      {capture_unsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
      {999, "CUDA_ERROR_UNKNOWN"},
  };
  auto found = names.find(status);
  *name = found == names.end() ? nullptr : found->second;
  return found == names.end() ? invalid_value : ok;
}
API int cuGetExportTable(const void** table, const void*) {
  *table = nullptr;
  return not_found;
}

API int cuInit(unsigned) {
  std::lock_guard lock(state().mutex);
  if (int status = enter("cuInit", false)) return status;
  // for processes, whose tests cannot call standin_fail
  const char* status = std::getenv("ACUITY_STANDIN_INIT");
  return status == nullptr ? ok : std::atoi(status);
}
API int cuDriverGetVersion(int* version) {
  ENTER("cuDriverGetVersion", false);
  *version = static_cast<int>(setting("driver", 13000));
  return ok;
}
API int cuDeviceGetCount(int* count) {
  ENTER("cuDeviceGetCount", false);
  *count = static_cast<int>(setting("devices", 1));
  return ok;
}
API int cuDeviceGet(int* device, int ordinal) {
  ENTER("cuDeviceGet", false);
  *device = ordinal;
  return ordinal >= 0 && ordinal < setting("devices", 1) ? ok : invalid_device;
}
API int cuDeviceGetName(char* name, int length, int) {
  ENTER("cuDeviceGetName", false);
  std::strncpy(name, "Stand-in GPU", static_cast<size_t>(length));
  return ok;
}
API int cuDeviceTotalMem_v2(uint64_t* bytes, int) {
  ENTER("cuDeviceTotalMem", false);
  *bytes = static_cast<uint64_t>(setting("memory", int64_t{1} << 34));
  return ok;
}
API int cuDeviceGetAttribute(int* value, int attribute, int) {
  ENTER("cuDeviceGetAttribute", false);
  int capability = static_cast<int>(setting("capability", 90));
  *value = attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : attribute == 16 ? 132 : 0;
  return ok;
}

API int cuDevicePrimaryCtxRetain(void** context, int) {
  ENTER("cuDevicePrimaryCtxRetain", false);
  *context = &context_object;
  return ok;
}
API int cuDevicePrimaryCtxRelease_v2(int) {
  ENTER("cuDevicePrimaryCtxRelease", false);
  return ok;
}
API int cuCtxSetCurrent(void* context) {
  ENTER("cuCtxSetCurrent", false);
  if (context != nullptr && context != &context_object) return invalid_context;
  current_context = context;
  return ok;
}

API int cuCtxSynchronize() {
  ENTER("cuCtxSynchronize");
  if (int status = synchronizing()) return status;
  run_until(state().issued);
  return state().sticky;
}

API int cuMemAlloc_v2(uint64_t* address, uint64_t bytes) {
  ENTER("cuMemAlloc");
  int64_t used = 0;
  for (auto [start, size] : state().memory) used += static_cast<int64_t>(size);
  if (bytes == 0) return invalid_value;
  if (bytes > static_cast<uint64_t>(setting("memory", int64_t{1} << 34) - used)) return out_of_memory;
  void* memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (memory == nullptr) return out_of_memory;
  std::memset(memory, 0xcd, bytes);
  state().memory[reinterpret_cast<uint64_t>(memory)] = bytes;
  *address = reinterpret_cast<uint64_t>(memory) | device_bit;
  return ok;
}
API int cuMemFree_v2(uint64_t address) {
  ENTER("cuMemFree");
  if (int status = synchronizing()) return status;
  run_until(state().issued);
  auto block = state().memory.find(address & ~device_bit);
  if (block == state().memory.end()) return invalid_value;
  std::free(reinterpret_cast<void*>(block->first));
  state().memory.erase(block);
  return ok;
}
API int cuMemHostAlloc(void** memory, uint64_t bytes, unsigned) {
  ENTER("cuMemHostAlloc");
  *memory = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  return *memory == nullptr ? out_of_memory : ok;
}
API int cuMemFreeHost(void* memory) {
  ENTER("cuMemFreeHost");
  run_until(state().issued);
  std::free(memory);
  return ok;
}
API int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, uint64_t bytes, void* stream) {
  ENTER("cuMemcpyHtoDAsync");
  void* target = host(to, bytes);
  if (stream != &stream_object || target == nullptr) return invalid_value;
  return add([=] {
    std::memcpy(target, from, bytes);
    return ok;
  });
}
API int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, uint64_t bytes, void* stream) {
  ENTER("cuMemcpyDtoHAsync");
  void* source = host(from, bytes);
  if (stream != &stream_object || source == nullptr) return invalid_value;
  return add([=] {
    std::memcpy(to, source, bytes);
    return ok;
  });
}
API int cuMemsetD32Async(uint64_t to, unsigned word, uint64_t count, void* stream) {
  ENTER("cuMemsetD32Async");
  auto* target = static_cast<unsigned*>(host(to, 4 * count));
  if (stream != &stream_object || target == nullptr || to % 4 != 0) return invalid_value;
  return add([=] {
    std::fill(target, target + count, word);
    return ok;
  });
}

API int cuStreamCreate(void** stream, unsigned flags) {
  ENTER("cuStreamCreate");
  *stream = &stream_object;
  return flags == 1 ? ok : invalid_value;  // CU_STREAM_NON_BLOCKING, as wanted here
}
API int cuStreamDestroy_v2(void*) {
  ENTER("cuStreamDestroy");
  run_until(state().issued);
  return ok;
}
API int cuStreamSynchronize(void* stream) {
  ENTER("cuStreamSynchronize");
  if (stream != &stream_object) return invalid_value;
  if (int status = synchronizing()) return status;
  run_until(state().issued);
  return state().sticky;
}

API int cuEventCreate(void** event, unsigned) {
  ENTER("cuEventCreate");
  *event = new Event;
  return ok;
}
API int cuEventDestroy_v2(void* event) {
  ENTER("cuEventDestroy");
  delete static_cast<Event*>(event);
  return ok;
}
API int cuEventRecord(void* event, void* stream) {
  ENTER("cuEventRecord");
  if (stream != &stream_object) return invalid_value;
  static_cast<Event*>(event)->position = state().issued;
  return ok;
}
API int cuEventSynchronize(void* event) {
  ENTER("cuEventSynchronize");
  if (int status = synchronizing()) return status;
  run_until(static_cast<Event*>(event)->position);
  return state().sticky;
}

API int cuStreamBeginCapture_v2(void* stream, int) {
  ENTER("cuStreamBeginCapture");
  if (stream != &stream_object || state().capturing) return invalid_value;
  state().capturing = true;
  state().capture_broken = false;
  state().captured.clear();
  return ok;
}
API int cuStreamEndCapture(void* stream, void** graph) {
  ENTER("cuStreamEndCapture");
  if (stream != &stream_object || !state().capturing) return invalid_value;
  state().capturing = false;
  *graph = nullptr;
  if (state().capture_broken) return 901;  // CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
  *graph = new Graph{state().captured};
  return ok;
}
API int cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long) {
  ENTER("cuGraphInstantiate");
  if (graph == nullptr) return invalid_value;
  *executable = new Graph(*static_cast<Graph*>(graph));
  return ok;
}
API int cuGraphDestroy(void* graph) {
  ENTER("cuGraphDestroy");
  delete static_cast<Graph*>(graph);
  return ok;
}
API int cuGraphExecDestroy(void* executable) {
  ENTER("cuGraphExecDestroy");
  delete static_cast<Graph*>(executable);
  return ok;
}
API int cuGraphLaunch(void* executable, void* stream) {
  ENTER("cuGraphLaunch");
  if (stream != &stream_object) return invalid_value;
  for (const Work& work : static_cast<Graph*>(executable)->work) add(work);
  return ok;
}
