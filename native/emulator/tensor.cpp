#include "tensor.h"

#include <cmath>
#include <cstring>

namespace emu {
namespace {

constexpr uint32_t all_lanes = 0xffffffffu;

float bf16_value(uint32_t pair, int half) {
  uint32_t bits = half == 0 ? pair << 16 : pair & 0xffff0000u;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

struct MatrixRow {
  const uint16_t* row;
  bool transposed;
  uint32_t* result;
};

void distribute(void* const operands[32], uint32_t) {
  auto lane = [&](int i) -> MatrixRow& { return *static_cast<MatrixRow*>(operands[i]); };
  for (int i = 0; i < 32; ++i) {
    int group = i / 4, position = i % 4 * 2;
    for (int m = 0; m < 4; ++m) {
      uint16_t low, high;
      if (lane(i).transposed) {
        low = lane(m * 8 + position).row[group];
        high = lane(m * 8 + position + 1).row[group];
      } else {
        low = lane(m * 8 + group).row[position];
        high = lane(m * 8 + group).row[position + 1];
      }
      lane(i).result[m] = low | uint32_t{high} << 16;
    }
  }
}

struct Fragments {
  float* d;
  const uint32_t *a, *b;
};

void multiply(void* const operands[32], uint32_t) {
  float a[16][16], b[16][8];
  for (int i = 0; i < 32; ++i) {
    const auto& lane = *static_cast<Fragments*>(operands[i]);
    int group = i / 4, position = i % 4 * 2;
    for (int half = 0; half < 2; ++half) {
      for (int r = 0; r < 4; ++r) {
        a[group + r % 2 * 8][position + r / 2 * 8 + half] = bf16_value(lane.a[r], half);
      }
      for (int r = 0; r < 2; ++r) b[position + r * 8 + half][group] = bf16_value(lane.b[r], half);
    }
  }
  for (int i = 0; i < 32; ++i) {
    const auto& lane = *static_cast<Fragments*>(operands[i]);
    for (int r = 0; r < 4; ++r) {
      int row = i / 4 + r / 2 * 8, column = i % 4 * 2 + r % 2;
      float sum = lane.d[r];
      for (int k = 0; k < 16; ++k) sum += a[row][k] * b[k][column];
      lane.d[r] = sum;
    }
  }
}

}  // namespace

uint16_t bf16_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (std::isnan(value)) return 0x7fff;
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

void load_matrices(const char* name, uint32_t (&r)[4], const void* row, bool transposed, Site site) {
  check_shared(name, row, 16, site);
  note_read(row, 16);
  MatrixRow operand{static_cast<const uint16_t*>(row), transposed, r};
  collective({name, all_lanes, site, &operand, distribute});
}

void multiply_fragments(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], Site site) {
  Fragments operand{d, a, b};
  collective({"mma.m16n8k16", all_lanes, site, &operand, multiply});
}

}  // namespace emu
