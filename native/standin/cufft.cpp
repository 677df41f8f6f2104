// A stand-in for libcufft.so.12: batched real transforms in two dimensions by their definition, one dimension after the
// other, in double precision.
#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

#include "standin.h"

#define API extern "C" __attribute__((visibility("default")))

namespace {

constexpr int ok = 0, invalid_plan = 1, invalid_type = 3, invalid_value = 4, execution_failed = 6, setup_failed = 7;
constexpr int real_to_complex = 0x2a, complex_to_real = 0x2c;

struct Plan {
  bool made = false, allocates = true;
  int height = 0, width = 0, batch = 0, type = 0;
  uint64_t work_bytes = 0;
  void* work_area = nullptr;
  void* stream = nullptr;

  int columns() const { return width / 2 + 1; }
  uint64_t planes() const { return uint64_t(batch) * uint64_t(height) * uint64_t(width) * 4; }
  uint64_t spectra() const { return uint64_t(batch) * uint64_t(height) * uint64_t(columns()) * 8; }
};

std::vector<Plan>& plans() {
  static auto* list = new std::vector<Plan>;
  return *list;
}

Plan* plan_at(int number) {
  return number < 0 || number >= static_cast<int>(plans().size()) ? nullptr : &plans()[static_cast<size_t>(number)];
}

using Numbers = std::vector<std::complex<double>>;

// exp(sign 2 pi i j / n)
Numbers roots(int n, int sign) {
  Numbers table;
  for (int j = 0; j < n; ++j) table.push_back(std::polar(1.0, sign * 2 * M_PI * j / n));
  return table;
}

// The transform along n numbers that lie `step` apart.
void transform(std::complex<double>* data, int n, int step, const Numbers& root) {
  Numbers out(static_cast<size_t>(n));
  for (int u = 0; u < n; ++u) {
    for (int j = 0; j < n; ++j) out[size_t(u)] += data[j * step] * root[size_t(int64_t{u} * j % n)];
  }
  for (int u = 0; u < n; ++u) data[u * step] = out[size_t(u)];
}

void forward(const Plan& p, const float* from, float* to) {
  Numbers rows = roots(p.width, -1), columns = roots(p.height, -1), plane(size_t(p.height) * size_t(p.width));
  for (int b = 0; b < p.batch; ++b) {
    for (auto& value : plane) value = *from++;
    for (int i = 0; i < p.height; ++i) transform(&plane[size_t(i) * size_t(p.width)], p.width, 1, rows);
    for (int v = 0; v < p.columns(); ++v) transform(&plane[size_t(v)], p.height, p.width, columns);
    for (int i = 0; i < p.height; ++i) {
      for (int v = 0; v < p.columns(); ++v) {
        const auto& value = plane[size_t(i) * size_t(p.width) + size_t(v)];
        *to++ = static_cast<float>(value.real());
        *to++ = static_cast<float>(value.imag());
      }
    }
  }
}

void inverse(const Plan& p, const float* from, float* to) {
  Numbers rows = roots(p.width, 1), columns = roots(p.height, 1), half(size_t(p.height) * size_t(p.columns()));
  Numbers row(static_cast<size_t>(p.width));
  for (int b = 0; b < p.batch; ++b) {
    for (auto& value : half) {
      value = {from[0], from[1]};
      from += 2;
    }
    for (int v = 0; v < p.columns(); ++v) transform(&half[size_t(v)], p.height, p.columns(), columns);
    for (int i = 0; i < p.height; ++i) {
      for (int v = 0; v < p.width; ++v) {
        bool left = v < p.columns();
        auto value = half[size_t(i) * size_t(p.columns()) + size_t(left ? v : p.width - v)];
        if (v == 0 || 2 * v == p.width) value = value.real();
        row[size_t(v)] = left ? value : std::conj(value);
      }
      transform(row.data(), p.width, 1, rows);
      for (const auto& value : row) *to++ = static_cast<float>(value.real());
    }
  }
}

int run(int number, int type, const float* from, float* to) {
  if (int status = standin::entered(type == real_to_complex ? "cufftExecR2C" : "cufftExecC2R")) return status;
  Plan* plan = plan_at(number);
  if (plan == nullptr || !plan->made) return invalid_plan;
  if (plan->type != type) return invalid_type;
  if (plan->allocates || plan->work_area == nullptr) return setup_failed;
  bool there = type == real_to_complex;
  auto* source = static_cast<float*>(standin::device_memory(from, there ? plan->planes() : plan->spectra()));
  auto* target = static_cast<float*>(standin::device_memory(to, there ? plan->spectra() : plan->planes()));
  if (source == nullptr || target == nullptr) return invalid_value;
  Plan size = *plan;
  int status = standin::stream_add(plan->stream, [=] {
    (there ? forward : inverse)(size, source, target);
    return 0;
  });
  return status == 0 ? ok : execution_failed;
}

}  // namespace

API int cufftGetVersion(int* version) {
  *version = 12000;
  return ok;
}
API int cufftCreate(int* plan) {
  if (int status = standin::entered("cufftCreate")) return status;
  plans().emplace_back();
  *plan = static_cast<int>(plans().size()) - 1;
  return ok;
}
API int cufftDestroy(int plan) {
  Plan* p = plan_at(plan);
  if (p == nullptr) return invalid_plan;
  *p = {};
  return ok;
}
API int cufftSetAutoAllocation(int plan, int on) {
  Plan* p = plan_at(plan);
  if (p == nullptr) return invalid_plan;
  p->allocates = on != 0;
  return ok;
}
API int cufftMakePlanMany(int plan, int rank, const int* n, const int*, int, int, const int*, int, int, int type,
                          int batch, uint64_t* work_bytes) {
  if (int status = standin::entered("cufftMakePlanMany")) return status;
  Plan* p = plan_at(plan);
  if (p == nullptr) return invalid_plan;
  if (rank != 2 || (type != real_to_complex && type != complex_to_real)) return invalid_value;
  p->height = n[0];
  p->width = n[1];
  p->batch = batch;
  p->type = type;
  p->work_bytes = p->spectra();
  p->made = true;
  *work_bytes = p->work_bytes;
  return ok;
}
API int cufftSetWorkArea(int plan, void* memory) {
  Plan* p = plan_at(plan);
  if (p == nullptr || !p->made) return invalid_plan;
  if (standin::device_memory(memory, p->work_bytes) == nullptr) return invalid_value;
  p->work_area = memory;
  return ok;
}
API int cufftSetStream(int plan, void* stream) {
  Plan* p = plan_at(plan);
  if (p == nullptr || !p->made) return invalid_plan;
  p->stream = stream;
  return ok;
}
API int cufftExecR2C(int plan, float* from, float* to) { return run(plan, real_to_complex, from, to); }
API int cufftExecC2R(int plan, float* from, float* to) { return run(plan, complex_to_real, from, to); }
