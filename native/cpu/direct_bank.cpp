// direct_bank_forward, direct_bank_haar: every image of the result is an image of the batch through a filter of its
// own. A piece of work is a band of rows of one image with all its filters: the image's rows are read from memory once,
// and what filters share (the high-pass part that sharpening scales) is computed once.
#include <algorithm>
#include <cstring>
#include <vector>

#include "check.h"
#include "isa.h"
#include "pool.h"
#include "scratch.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

constexpr int kRadius = 5;
constexpr int kBand = 16;  // rows of a piece of work; even, for the pairs of the Haar transform

enum Kind { kCopy, kSharpen, kBlur, kEnlarge, kKinds };

/// As in kernels/direct_bank.cu.
struct Row {
  int kind;
  int source;
  float factor;
  int radius_y;
  int radius_x;
  float weight_y[kRadius + 1];
  float weight_x[kRadius + 1];
  int unused[3];
};

/// Taps of the enlargement along one axis.
struct Taps {
  const int* index;
  const float* weight;
};

struct Bank {
  const float* hr;
  const float* lr;
  const Row* plan;
  Taps down;
  Taps across;
  float* y;
  int h, w, lh, lw;
  bool haar;
  std::vector<std::vector<int>> users;  // of each image, the rows of the plan made from it

  std::int64_t line() const { return std::int64_t{3} * w; }
};

int reflect(int i, int size) {
  i = i < 0 ? -i : i;
  return i < size ? i : std::max(2 * (size - 1) - i, 0);
}

/// Scratch lines of one thread.
struct Lines {
  float* detail[2];
  bool has_detail[2];
  float* made[2];  // rows of a result on their way to its Haar bands
  float* across;   // a row with kRadius pixels beyond both ends
  float* small;    // a row of LR width

  explicit Lines(const Bank& bank) {
    const std::int64_t line = bank.line() + 6 * kRadius + 64;
    float* room = scratch(Scratch::kBlock, 5 * line + 3 * bank.lw + 64);
    for (int i = 0; i < 2; ++i) {
      detail[i] = room + i * line;
      made[i] = room + (2 + i) * line;
    }
    across = room + 4 * line + 16;
    small = room + 5 * line;
  }
};

/// Row `y` of image `image` through filter `row`, to `to`; `pair` numbers the rows computed together.
void make_row(const Bank& bank, const Row& row, int y, int pair, Lines& lines, float* to) {
  const BankRows& rows = active().bank;
  const std::int64_t line = bank.line();
  const float* image = bank.hr + row.source * bank.h * line;
  const float* x = image + y * line;
  switch (row.kind) {
    case kCopy:
      std::memcpy(to, x, line * sizeof(float));
      return;
    case kSharpen: {
      float* detail = lines.detail[pair];
      if (!lines.has_detail[pair]) {
        if (y == 0 || y == bank.h - 1 || bank.w < 3) {
          std::memset(detail, 0, line * sizeof(float));
        } else {
          rows.detail(x - line, x, x + line, detail, bank.w);
        }
        lines.has_detail[pair] = true;
      }
      rows.sharpen(x, detail, row.factor - 1, to, line);
      return;
    }
    case kBlur: {
      const float* taps[2 * kRadius + 1] = {x};
      for (int k = 1; k <= row.radius_y; ++k) {
        taps[2 * k - 1] = image + reflect(y - k, bank.h) * line;
        taps[2 * k] = image + reflect(y + k, bank.h) * line;
      }
      float* middle = lines.across + 3 * kRadius;
      rows.blur_down(taps, row.weight_y, row.radius_y, middle, line);
      for (int k = 1; k <= row.radius_x; ++k) {
        std::memcpy(middle - 3 * k, middle + 3 * k, 3 * sizeof(float));
        std::memcpy(middle + line + 3 * (k - 1), middle + line - 3 * (k + 1), 3 * sizeof(float));
      }
      rows.blur_across(middle, row.weight_x, row.radius_x, to, line);
      return;
    }
    default: {
      const float* small = bank.lr + std::int64_t{3} * row.source * bank.lh * bank.lw;
      const float* taps[4];
      for (int k = 0; k < 4; ++k) taps[k] = small + std::int64_t{3} * bank.down.index[4 * y + k] * bank.lw;
      rows.enlarge_down(taps, bank.down.weight + 4 * y, lines.small, 3 * bank.lw);
      rows.enlarge_across(lines.small, bank.across.index, bank.across.weight, to, bank.w);
    }
  }
}

/// Rows [first, last) of all results made from image `image`.
void make_band(const Bank& bank, int image, int first, int last) {
  Lines lines(bank);
  const std::int64_t line = bank.line();
  const int step = bank.haar ? 2 : 1;
  for (int y = first; y < last; y += step) {
    lines.has_detail[0] = lines.has_detail[1] = false;
    for (const int user : bank.users[image]) {
      const Row& row = bank.plan[user];
      if (!bank.haar) {
        make_row(bank, row, y, 0, lines, bank.y + (std::int64_t{user} * bank.h + y) * line);
        continue;
      }
      const float* pair[2];
      for (int i = 0; i < 2; ++i) {
        pair[i] = lines.made[i];
        make_row(bank, row, y + i, i, lines, lines.made[i]);
      }
      active().bank.haar(pair[0], pair[1], bank.y + (std::int64_t{user} * (bank.h / 2) + y / 2) * (bank.w / 2) * 9,
                         bank.w / 2);
    }
  }
}

void check_row(const std::string& kernel, const Row& row, int n, int h, int w, bool enlarges) {
  const auto in = [&](const char* what, int have, int most) {
    if (have < 0 || have > most) reject(kernel + " " + what, "0 to " + std::to_string(most), std::to_string(have));
  };
  in("kind", row.kind, kKinds - 1);
  in("source", row.source, n - 1);
  if (row.kind == kBlur) {
    in("radius down the rows", row.radius_y, std::min(kRadius, h - 1));
    in("radius along the columns", row.radius_x, std::min(kRadius, w - 1));
  }
  if (row.kind == kEnlarge && !enlarges) reject(kernel + " lr and tables", "pointers", "null");
}

void run(const char* kernel, const float* hr, const float* lr, const int* plan, const int* tables, float* y, int rows,
         int n, int h, int w, int lh, int lw, bool haar) {
  want_at_least(kernel, "rows", 1, rows);
  want_at_least(kernel, "n", 1, n);
  want_at_least(kernel, "h", 1, h);
  want_at_least(kernel, "w", 1, w);
  if (haar && (h % 2 != 0 || w % 2 != 0)) {
    reject(std::string(kernel) + " h and w", "even sizes", std::to_string(h) + " and " + std::to_string(w));
  }
  Bank bank = {hr, lr, reinterpret_cast<const Row*>(plan), {}, {}, y, h, w, lh, lw, haar, {}};
  bank.users.resize(n);
  const bool enlarges = lr != nullptr && tables != nullptr;
  for (int r = 0; r < rows; ++r) {
    check_row(kernel, bank.plan[r], n, h, w, enlarges);
    bank.users[bank.plan[r].source].push_back(r);
  }
  if (enlarges) {
    want_at_least(kernel, "lh", 1, lh);
    want_at_least(kernel, "lw", 1, lw);
    bank.down = {tables, reinterpret_cast<const float*>(tables + 4 * h)};
    bank.across = {tables + 8 * h, reinterpret_cast<const float*>(tables + 8 * h + 4 * w)};
  }
  const int bands = (h + kBand - 1) / kBand;
  parallel_for(static_cast<std::int64_t>(n) * bands, [&](std::int64_t item) {
    const int first = static_cast<int>(item % bands) * kBand;
    make_band(bank, static_cast<int>(item / bands), first, std::min(first + kBand, h));
  });
}

}  // namespace

void direct_bank_forward(const float* hr, const float* lr, const int* plan, const int* tables, float* y, int rows,
                         int n, int h, int w, int lh, int lw) {
  run("direct_bank_forward", hr, lr, plan, tables, y, rows, n, h, w, lh, lw, false);
}
TWIN(direct_bank_forward)

void direct_bank_haar(const float* hr, const float* lr, const int* plan, const int* tables, float* y, int rows, int n,
                      int h, int w, int lh, int lw) {
  run("direct_bank_haar", hr, lr, plan, tables, y, rows, n, h, w, lh, lw, true);
}
TWIN(direct_bank_haar)

}  // namespace acuity::cpu
