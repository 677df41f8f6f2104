// The C interface as a program outside sees it: errors, memory, settings, and every kernel against its CPU twin.
#include <cmath>
#include <cstring>

#include "acuity.h"
#include "cases.h"
#include "check.h"

namespace {

int kernel_number(const std::string& name) {
  for (int i = 0; i < acuity_kernel_count(); ++i) {
    if (name == acuity_kernel_name(i)) return i;
  }
  return -1;
}

TEST(kernels_are_listed_in_order_of_names) {
  CHECK(acuity_kernel_count() > 30);
  for (int i = 1; i < acuity_kernel_count(); ++i) {
    CHECK(std::strcmp(acuity_kernel_name(i - 1), acuity_kernel_name(i)) < 0);
  }
  int add = kernel_number("add_forward");
  CHECK_EQUAL(std::string(acuity_kernel_signature(add)), "PPPL");
  int block[3];
  acuity_kernel_block(add, block);
  CHECK_EQUAL(block[0], 256);
  CHECK_EQUAL(block[1], 1);
  CHECK_EQUAL(block[2], 1);
  CHECK_EQUAL(acuity_kernel_shared(add), 0);
}

TEST(files_are_named_from_the_source_tree) {
  CHECK(std::string(acuity_kernel_file(kernel_number("add_forward"))) == "kernels/add.cu");
  CHECK(acuity_kernel_file(-1) == nullptr);
}

TEST(numbers_out_of_range_give_nothing) {
  for (int number : {-1, acuity_kernel_count(), 1 << 30}) {
    CHECK(acuity_kernel_name(number) == nullptr);
    CHECK(acuity_kernel_signature(number) == nullptr);
    CHECK_EQUAL(acuity_kernel_has_twin(number), 0);
    int block[3] = {7, 7, 7};
    acuity_kernel_block(number, block);
    CHECK_EQUAL(block[0], 0);
  }
}

TEST(the_list_tells_of_every_kernel) {
  std::string list;
  for (int i = 0; i < acuity_kernel_count(); ++i) {
    list += std::string(acuity_kernel_name(i)) + ' ' + acuity_kernel_signature(i) +
            (acuity_kernel_has_twin(i) ? " 1\n" : " 0\n");
  }
  CHECK_EQUAL(std::string(acuity_kernels()), list);
}

TEST(one_function_stands_for_those_of_a_start) {
  auto call = [](int64_t function, int64_t a = 0, int64_t b = 0, int64_t c = 0, int64_t d = 0, int64_t e = 0,
                 int64_t f = 0, int64_t g = 0) { return acuity_call(function, a, b, c, d, e, f, g); };
  auto text = [](int64_t word) { return reinterpret_cast<const char*>(word); };
  CHECK(text(call(ACUITY_KERNELS)) == acuity_kernels());
  int add = kernel_number("add_forward");
  CHECK_EQUAL(call(ACUITY_THREADS), acuity_threads(0));
  CHECK(text(call(ACUITY_ISA)) == acuity_isa(nullptr));
  int64_t memory = call(ACUITY_ALLOCATE, 64);
  CHECK_EQUAL(call(ACUITY_FILL, memory, 0x40000000, 16), 0);  // sixteen times 2.0
  int64_t count = 4;
  void* args[] = {&memory, &memory, &memory, &count};
  CHECK_EQUAL(call(ACUITY_LAUNCH, add, 0, 4, 1, 1, 1, reinterpret_cast<int64_t>(args)), 0);
  CHECK_EQUAL(reinterpret_cast<const float*>(memory)[3], 4.0f);
  CHECK_EQUAL(reinterpret_cast<const float*>(memory)[4], 2.0f);
  CHECK_EQUAL(call(ACUITY_RELEASE, memory, 64), 0);
  CHECK(call(ACUITY_LAUNCH, -1) != 0);
  CHECK_CONTAINS(text(call(ACUITY_LAST_ERROR)), "want a kernel of 0 to ");
  CHECK_EQUAL(call(ACUITY_ISA + 1), -1);
  CHECK_CONTAINS(acuity_last_error(), "acuity_call: want a function of 0 to ");
}

TEST(bad_launches_are_refused) {
  int add = kernel_number("add_forward");
  float values[4] = {};
  float* pointer = values;
  int64_t count = 4;
  void* args[] = {&pointer, &pointer, &pointer, &count};
  CHECK(acuity_launch(acuity_kernel_count(), 1, 4, 1, 1, 1, args) != 0);
  CHECK_CONTAINS(acuity_last_error(), "want a kernel of 0 to ");
  CHECK(acuity_launch(add, 1, -1, 1, 1, 1, args) != 0);
  CHECK_CONTAINS(acuity_last_error(), "add_forward: want 0 to ");
  CHECK_CONTAINS(acuity_last_error(), "items along x, have -1");
  CHECK(acuity_launch(add, 1, int64_t{1} << 60, 1, 1, 1, args) != 0);
  CHECK(acuity_launch(add, 1, 4, 100000, 1, 1, args) != 0);
  CHECK_CONTAINS(acuity_last_error(), "65535");
  CHECK(acuity_launch(add, 1, 4, 1, 1, 1, nullptr) != 0);
  CHECK_CONTAINS(acuity_last_error(), "add_forward: want arguments, have null");
  CHECK_EQUAL(acuity_launch(add, 1, 0, 1, 1, 1, args), 0);
  CHECK_EQUAL(acuity_launch(add, 1, 4, 1, 1, 1, args), 0);
}

TEST(a_twin_refuses_bad_arguments_without_throwing_across) {
  int add = kernel_number("add_forward");
  if (!acuity_kernel_has_twin(add)) return;
  float* pointer = nullptr;
  int64_t count = -5;
  void* args[] = {&pointer, &pointer, &pointer, &count};
  CHECK(acuity_launch(add, 0, 4, 1, 1, 1, args) != 0);
  CHECK_CONTAINS(acuity_last_error(), "add_forward");
}

TEST(order_is_checked) {
  CHECK(acuity_emulator_order(4, 0) != 0);
  CHECK_CONTAINS(acuity_last_error(), "want 0 to 3, have 4");
  CHECK_EQUAL(acuity_emulator_order(2, 5), 0);
  CHECK_EQUAL(acuity_emulator_order(0, 0), 0);
}

TEST(memory_is_aligned_and_filled) {
  for (int64_t bytes : {int64_t{0}, int64_t{100}, int64_t{1} << 20, int64_t{5} << 20}) {
    void* memory = acuity_allocate(bytes);
    CHECK(memory != nullptr);
    CHECK_EQUAL(reinterpret_cast<uintptr_t>(memory) % (bytes >= 1 << 20 ? 2 << 20 : 64), 0u);
    CHECK_EQUAL(acuity_fill(memory, 0x3f800000, bytes / 4), 0);
    for (int64_t i = 0; i < bytes / 4; i += 1000) CHECK_EQUAL(static_cast<float*>(memory)[i], 1.0f);
    acuity_release(memory, bytes);
  }
  CHECK(acuity_allocate(-1) == nullptr);
  CHECK_CONTAINS(acuity_last_error(), "want 0 or more bytes, have -1");
  CHECK(acuity_fill(nullptr, 0, 4) != 0);
  CHECK(acuity_fill(nullptr, 0, -4) != 0);
}

TEST(threads_and_instruction_set_are_set) {
  int before = acuity_threads(0);
  CHECK(before >= 1);
  CHECK_EQUAL(acuity_threads(3), 3);
  CHECK_EQUAL(acuity_threads(0), 3);
  CHECK_EQUAL(acuity_threads(-1), 3);
  acuity_threads(before);
  CHECK(acuity_isa("mmx") == nullptr);
  CHECK_CONTAINS(acuity_last_error(), "mmx");
  std::string isa = acuity_isa(nullptr);
  CHECK_EQUAL(std::string(acuity_isa("plain")), "plain");
  CHECK_EQUAL(std::string(acuity_isa(isa.c_str())), isa);
}

TEST(peak_is_measured) {
  double gflops = 0, copy = 0;
  CHECK_EQUAL(acuity_measure_peak(1, &gflops, &copy), 0);
  std::printf("  1 thread: %.0f GFLOP/s fp32, copy %.1f GB/s\n", gflops, copy);
  CHECK(gflops > 0.01 && std::isfinite(gflops));
  CHECK(copy > 0.01 && std::isfinite(copy));
  CHECK(acuity_measure_peak(0, &gflops, &copy) != 0);
}

// Buffers as Java allocates them, each with sentinels behind.
class Memory {
 public:
  explicit Memory(const cases::Case& c) : case_(c) {
    for (const auto& bytes : c.buffers) {
      void* memory = acuity_allocate(static_cast<int64_t>(bytes.size() + sizeof sentinel_));
      if (memory == nullptr) throw std::bad_alloc();
      if (!bytes.empty()) std::memcpy(memory, bytes.data(), bytes.size());
      std::memcpy(static_cast<char*>(memory) + bytes.size(), sentinel_, sizeof sentinel_);
      addresses_.push_back(memory);
    }
    cases::link(c, addresses_);
  }
  ~Memory() {
    for (void* memory : addresses_) acuity_release(memory, 0);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // The report of the first launch that fails, or of a sentinel that was overwritten.
  std::string run(bool emulate) {
    for (const auto& launch : case_.launches) {
      cases::Arguments arguments(launch, addresses_);
      const auto& items = launch.items;
      if (acuity_launch(kernel_number(launch.kernel), emulate, items[0], items[1], items[2], launch.batch,
                        arguments.pointers()) != 0) {
        return acuity_last_error();
      }
    }
    for (size_t i = 0; i < addresses_.size(); ++i) {
      const char* end = static_cast<char*>(addresses_[i]) + case_.buffers[i].size();
      if (std::memcmp(end, sentinel_, sizeof sentinel_) != 0)
        return "wrote past the end of buffer " + std::to_string(i);
    }
    return {};
  }
  std::vector<char> contents(int buffer) const {
    auto number = static_cast<size_t>(buffer);
    const char* begin = static_cast<char*>(addresses_[number]);
    return {begin, begin + case_.buffers[number].size()};
  }

 private:
  static constexpr char sentinel_[] = "nothing may write here, past the end of a buffer; 64 bytes long";
  const cases::Case& case_;
  std::vector<void*> addresses_;
};

TEST(kernels_agree_with_their_twins) {
  int compared = 0;
  std::string best = acuity_isa(nullptr);
  for (const char* isa : {"plain", "avx2", "avx512"}) {
    if (acuity_isa(isa) == nullptr) {
      std::printf("  %s: not to be had here\n", isa);
      continue;
    }
    for (const auto& c : cases::all()) {
      bool twins = true;
      for (const auto& launch : c.launches) twins = twins && acuity_kernel_has_twin(kernel_number(launch.kernel));
      if (!twins) continue;
      ++compared;
      Memory emulated(c), fast(c);
      std::string report = emulated.run(true);
      if (report.empty()) report = fast.run(false);
      for (const auto& output : c.outputs) {
        if (!report.empty()) break;
        report = difference(output, fast.contents(output.buffer), emulated.contents(output.buffer));
      }
      if (!report.empty()) check::fail(__FILE__, __LINE__, std::string(isa) + " " + c.name + ": " + report);
    }
  }
  acuity_isa(best.c_str());
  std::printf("  %d comparisons\n", compared);
}

}  // namespace

int main() { return check::run_all(); }
