// Launches of every shipped kernel at odd shapes, with deterministic inputs: run by the emulator in all orders, by the
// race check, and by the CPU twins, which must agree.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace cases {

// One argument of a launch: a buffer of the case by number, null, or a scalar.
struct Argument {
  char kind;        // 'P', 'H', 'I', 'L', 'F' as in signatures
  int buffer = -1;  // -1: null
  int64_t integer = 0;
  float real = 0;
};

inline Argument at(int buffer) { return {'P', buffer}; }
inline Argument null() { return {'P'}; }
inline Argument half(int buffer) { return {'H', buffer}; }  // of bf16 numbers
inline Argument no_half() { return {'H'}; }
inline Argument i32(int value) { return {'I', -1, value}; }
inline Argument i64(int64_t value) { return {'L', -1, value}; }
inline Argument f32(float value) { return {'F', -1, 0, value}; }

// The upper half of the float: a bf16 number; and back.
inline uint16_t bf16_upper(float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  return static_cast<uint16_t>(word >> 16);
}
inline float bf16_value(uint16_t bits) {
  uint32_t word = uint32_t{bits} << 16;
  float value;
  std::memcpy(&value, &word, sizeof value);
  return value;
}

struct Launch {
  std::string kernel;
  int64_t items[3];
  std::vector<Argument> arguments;
  int64_t batch = 1;
};

struct Output {
  int buffer;
  // Difference allowed to another device, relative to the largest value; 0: the same bits. Negative: bytes, the same.
  double tolerance;
  std::vector<double> truth;  // or empty; of a buffer half as long as floats: bf16 numbers
};

// A word of a table of places: where `target` begins, in bytes from the beginning of `base` on.
struct Link {
  int buffer;
  size_t word;
  int target, base;
};

struct Case {
  std::string name;
  std::vector<std::vector<char>> buffers;  // initial contents
  std::vector<Launch> launches;
  std::vector<Output> outputs;
  std::vector<Link> links = {};  // words of 64 bits, that are 0 in the initial contents

  template <class T>
  int add(const std::vector<T>& values) {
    std::vector<char> bytes(values.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    buffers.push_back(std::move(bytes));
    return static_cast<int>(buffers.size()) - 1;
  }
  // Uninitialised room: NaN bits.
  int room(size_t floats) {
    buffers.emplace_back(floats * sizeof(float), static_cast<char>(0xff));
    return static_cast<int>(buffers.size()) - 1;
  }
  std::vector<float> floats(int buffer) const;
};

// Every shipped kernel occurs.
std::vector<Case> all();

// The case's arguments as a launch takes them, with buffers at the given addresses.
class Arguments {
 public:
  Arguments(const Launch& launch, const std::vector<void*>& addresses);
  void** pointers() { return pointers_.data(); }

 private:
  std::vector<int64_t> values_;
  std::vector<void*> pointers_;
};

// Sets the linked words of buffers that lie at these addresses, and after a run sets what became of them to 0 again.
void link(const Case& c, const std::vector<void*>& addresses);
void unlink(const Case& c, std::vector<std::vector<char>>& buffers);

// What an output of one device has against the wanted values, or an empty string.
std::string difference(const Output& output, const std::vector<char>& have, const std::vector<char>& want);
std::string difference_from_truth(const Output& output, const std::vector<char>& have);

}  // namespace cases
