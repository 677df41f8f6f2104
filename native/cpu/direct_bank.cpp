// direct_bank_forward, direct_bank_haar: every image of the result is an image of the batch through a filter of its
// own. A piece of work is a band of rows of one image with all its filters: the image's rows are read from memory once,
// and what filters share (the high-pass part that sharpening scales) is computed once.
#include <algorithm>
#include <atomic>
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

constexpr std::int64_t kStreamed = std::int64_t{4} << 20;  // floats of a result that is written past the caches

enum Kind { kCopy, kSharpen, kBlur, kEnlarge, kLeave, kKinds };

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
  bool streams;  // the result is larger than the caches: written past them, which saves reading what is overwritten
  std::vector<std::vector<int>> users;  // of each image, the rows of the plan made from it

  std::int64_t line() const { return std::int64_t{3} * w; }
};

int reflect(int i, int size) {
  i = i < 0 ? -i : i;
  return i < size ? i : std::max(2 * (size - 1) - i, 0);
}

/// Scratch lines of one thread, each beginning on a cache line where its first pixel does.
struct Lines {
  float* made[2];  // rows of a result on their way to its Haar bands
  float* middle;   // a row with room for kRadius pixels beyond both ends
  float* small;    // a row of LR width
  float* detail;   // what sharpening scales, of each row of a band
  std::int64_t line;
  bool has_detail = false;

  explicit Lines(const Bank& bank) {
    constexpr std::int64_t kEdge = 32;  // floats beyond an end: 3 * kRadius, and the one that vectors may read
    line = ceil16(3 * std::max(bank.w, bank.lw)) + 2 * kEdge;
    float* room = scratch(Scratch::kBlock, (4 + kBand) * line) + kEdge;
    made[0] = room;
    made[1] = room + line;
    middle = room + 2 * line;
    small = room + 3 * line;
    detail = room + 4 * line;
  }
};

/// Rows [first, last) of one image, with what its filters share.
struct Band {
  const Bank& bank;
  int image;
  int first;
  int last;
  Lines lines;

  Band(const Bank& of, int which, int begin, int end) : bank(of), image(which), first(begin), last(end), lines(of) {}

  const float* pixels() const { return bank.hr + image * bank.h * bank.line(); }

  void make_detail() {
    const BankRows& rows = active().bank;
    const std::int64_t line = bank.line();
    for (int y = first; y < last; ++y) {
      float* to = lines.detail + (y - first) * lines.line;
      const float* x = pixels() + y * line;
      if (y == 0 || y == bank.h - 1 || bank.w < 3) {
        std::memset(to, 0, line * sizeof(float));
      } else {
        rows.detail(x - line, x, x + line, lines.middle, to, bank.w);
      }
    }
    lines.has_detail = true;
  }

  void blur(const Row& row, int y, float* to) const {
    const BankRows& rows = active().bank;
    const std::int64_t line = bank.line();
    const float* taps[2 * kRadius + 1] = {pixels() + y * line};
    for (int k = 1; k <= row.radius_y; ++k) {
      taps[2 * k - 1] = pixels() + reflect(y - k, bank.h) * line;
      taps[2 * k] = pixels() + reflect(y + k, bank.h) * line;
    }
    float* middle = lines.middle;
    rows.blur_down(taps, row.weight_y, row.radius_y, middle, line);
    for (int k = 1; k <= row.radius_x; ++k) {
      std::memcpy(middle - 3 * k, middle + 3 * k, 3 * sizeof(float));
      std::memcpy(middle + line + 3 * (k - 1), middle + line - 3 * (k + 1), 3 * sizeof(float));
    }
    rows.blur_across(middle, row.weight_x, row.radius_x, to, line);
  }

  void enlarge(int y, float* to) const {
    const BankRows& rows = active().bank;
    const float* small = bank.lr + std::int64_t{3} * image * bank.lh * bank.lw;
    const float* taps[4];
    for (int k = 0; k < 4; ++k) taps[k] = small + std::int64_t{3} * bank.down.index[4 * y + k] * bank.lw;
    rows.enlarge_down(taps, bank.down.weight + 4 * y, lines.small, 3 * bank.lw);
    rows.enlarge_across(lines.small, bank.across.index, bank.across.weight, to, bank.w);
  }

  /// Row y through a filter.
  void make_row(const Row& row, int y, float* to) const {
    switch (row.kind) {
      case kCopy:
        std::memcpy(to, pixels() + y * bank.line(), bank.line() * sizeof(float));
        return;
      case kSharpen:
        active().bank.sharpen(pixels() + y * bank.line(), lines.detail + (y - first) * lines.line, row.factor - 1, to,
                              bank.line());
        return;
      case kBlur:
        return blur(row, y, to);
      default:
        return enlarge(y, to);
    }
  }

  /// The band through the filter of row `user` of the plan.
  void make(int user) {
    const Row& row = bank.plan[user];
    if (row.kind == kSharpen && !lines.has_detail) make_detail();
    if (!bank.haar) {
      float* to = bank.y + std::int64_t{user} * bank.h * bank.line();
      for (int y = first; y < last; ++y) make_row(row, y, to + y * bank.line());
      return;
    }
    const int width = bank.w / 2;
    float* to = bank.y + std::int64_t{user} * (bank.h / 2) * width * 9;
    for (int y = first; y < last; y += 2) {
      for (int i = 0; i < 2; ++i) make_row(row, y + i, lines.made[i]);
      active().bank.haar(lines.made[0], lines.made[1], to + std::int64_t{y / 2} * width * 9, width, bank.streams);
    }
  }
};

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
  Bank bank = {hr, lr,   reinterpret_cast<const Row*>(plan),
               {}, {},   y,
               h,  w,    lh,
               lw, haar, std::int64_t{9} * rows * (h / 2) * (w / 2) > kStreamed,
               {}};
  bank.users.resize(n);
  const bool enlarges = lr != nullptr && tables != nullptr;
  for (int r = 0; r < rows; ++r) {
    check_row(kernel, bank.plan[r], n, h, w, enlarges);
    if (bank.plan[r].kind != kLeave) bank.users[bank.plan[r].source].push_back(r);
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
    const int image = static_cast<int>(item / bands);
    Band band(bank, image, first, std::min(first + kBand, h));
    for (const int user : bank.users[image]) band.make(user);
    if (bank.streams) std::atomic_thread_fence(std::memory_order_seq_cst);  // streamed stores come before what follows
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
