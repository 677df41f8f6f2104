// conv3x3_*, conv5x5_* and conv1x1_* against plain double-precision loops, and their promises about bits.
#include <algorithm>

#include "twins_check.h"

namespace twins {
namespace {

struct Shape {
  int k, n, h, w, in, out, shuffle;

  std::string text() const {
    const auto s = [](int value) { return std::to_string(value); };
    return "conv" + s(k) + "x" + s(k) + " " + s(in) + ">" + s(out) + " shuffle " + s(shuffle) + " " + s(n) + "x" +
           s(h) + "x" + s(w);
  }
  std::string op(const char* pass) const { return "conv" + std::to_string(k) + "x" + std::to_string(k) + "_" + pass; }
  std::size_t inputs() const { return std::size_t(n) * h * w * in; }
  std::size_t outputs() const { return std::size_t(n) * h * w * out; }
  std::size_t weights() const { return std::size_t(in) * out * k * k; }
  std::size_t packed() const { return std::size_t(36) * ((in + 15) / 16 * 16) * ((out + 15) / 16 * 16); }
  /// Where output channel o of pixel (y, x) lies, pixel shuffle included.
  std::size_t output(int image, int y, int x, int o) const {
    const int r = shuffle, c = o / (r * r), i = o / r % r, j = o % r;
    return ((std::size_t(image) * h * r + y * r + i) * w * r + x * r + j) * (out / (r * r)) + c;
  }
};

/// f(input index, output index, weight index) for every product of the convolution.
template <class F>
void products(const Shape& s, const F& f) {
  const int pad = s.k / 2;
  for (int image = 0; image < s.n; ++image) {
    for (int y = 0; y < s.h; ++y) {
      for (int x = 0; x < s.w; ++x) {
        for (int o = 0; o < s.out; ++o) {
          const std::size_t output = s.output(image, y, x, o);
          for (int u = std::max(0, pad - y); u < std::min(s.k, s.h + pad - y); ++u) {
            for (int v = std::max(0, pad - x); v < std::min(s.k, s.w + pad - x); ++v) {
              const std::size_t input = ((std::size_t(image) * s.h + y + u - pad) * s.w + x + v - pad) * s.in;
              const std::size_t weight = std::size_t(o) * s.in * s.k * s.k + u * s.k + v;
              for (int i = 0; i < s.in; ++i) f(input + i, output, weight + std::size_t(i) * s.k * s.k);
            }
          }
        }
      }
    }
  }
}

struct Truth {
  Floats x, dy, weight, bias, residual, dx_before, dweight_before, dbias_before;
  std::vector<double> y, dx, dweight, dbias;

  explicit Truth(const Shape& s)
      : x(random_floats(s.inputs(), 1)),
        dy(random_floats(s.outputs(), 2)),
        weight(random_floats(s.weights(), 3)),
        bias(random_floats(s.out, 4)),
        residual(random_floats(s.outputs(), 5)),
        dx_before(random_floats(s.inputs(), 6)),
        dweight_before(random_floats(s.weights(), 7)),
        dbias_before(random_floats(s.out, 8)),
        y(s.outputs()),
        dx(s.inputs()),
        dweight(s.weights()),
        dbias(s.out) {
    products(s, [&](std::size_t i, std::size_t o, std::size_t w) {
      y[o] += double(x[i]) * weight[w];
      dx[i] += double(dy[o]) * weight[w];
      dweight[w] += double(dy[o]) * x[i];
    });
    for (int image = 0; image < s.n; ++image) {
      for (int row = 0; row < s.h; ++row) {
        for (int column = 0; column < s.w; ++column) {
          for (int o = 0; o < s.out; ++o) dbias[o] += dy[s.output(image, row, column, o)];
        }
      }
    }
  }
};

const float* maybe(bool given, const Floats& numbers) { return given ? numbers.data() : nullptr; }

constexpr double kLimit = 3e-6;

void forward(const Shape& s, const Truth& truth, const std::string& what) {
  Floats packed(s.packed());
  call(s.op("pack_forward"), truth.weight.data(), packed.data(), s.in, s.out, s.shuffle);
  expect(packed.guards_stand(), what + ": pack_forward wrote outside");
  const int modes = s.k == 3 ? 8 : 2;  // bias, residual, ReLU
  for (int mode = 0; mode < modes; ++mode) {
    const bool bias = mode & 1, residual = mode & 2, relu = mode & 4;
    const float scale = mode >= 2 ? 0.1f + 0.3f * mode : 1.0f;
    std::vector<double> want(truth.y);
    for (int image = 0; image < s.n; ++image) {
      for (int y = 0; y < s.h; ++y) {
        for (int x = 0; x < s.w; ++x) {
          for (int o = 0; o < s.out; ++o) {
            const std::size_t at = s.output(image, y, x, o);
            double v = want[at] + (bias ? truth.bias[o] : 0);
            if (relu) v = std::max(v, 0.0);
            want[at] = scale * v + (residual ? truth.residual[at] : 0);
          }
        }
      }
    }
    Floats y(s.outputs(), NAN);
    if (s.k == 3) {
      call(s.op("forward"), truth.x.data(), packed.data(), maybe(bias, truth.bias), maybe(residual, truth.residual),
           y.data(), s.n, s.h, s.w, s.in, s.out, s.shuffle, int(relu), scale);
    } else {
      for (std::size_t i = 0; i < want.size(); ++i) want[i] = truth.y[i];
      if (bias) {
        for (int image = 0; image < s.n; ++image)
          for (int row = 0; row < s.h; ++row)
            for (int x = 0; x < s.w; ++x)
              for (int o = 0; o < s.out; ++o) want[s.output(image, row, x, o)] += truth.bias[o];
      }
      call(s.op("forward"), truth.x.data(), packed.data(), maybe(bias, truth.bias), y.data(), s.n, s.h, s.w, s.in,
           s.out, s.shuffle);
    }
    expect_near(y, want, kLimit, what + " forward mode " + std::to_string(mode));
  }
}

void backward_input(const Shape& s, const Truth& truth, const std::string& what) {
  Floats packed(s.packed());
  call(s.op("pack_backward"), truth.weight.data(), packed.data(), s.in, s.out, s.shuffle);
  expect(packed.guards_stand(), what + ": pack_backward wrote outside");
  for (int mode = 0; mode < 4; ++mode) {
    const bool masked = mode & 1, accumulate = mode & 2;
    const float scale = masked ? 0.7f : 1.0f;
    std::vector<double> want(truth.dx);
    Floats dx(s.inputs(), NAN);
    for (std::size_t i = 0; i < want.size(); ++i) {
      want[i] = scale * (masked && !(truth.x[i] > 0) ? 0 : want[i]) + (accumulate ? truth.dx_before[i] : 0);
      if (accumulate) dx[i] = truth.dx_before[i];
    }
    call(s.op("backward_input"), truth.dy.data(), packed.data(), maybe(masked, truth.x), dx.data(), s.n, s.h, s.w, s.in,
         s.out, s.shuffle, scale, int(accumulate));
    expect_near(dx, want, kLimit, what + " backward_input mode " + std::to_string(mode));
  }
}

void backward_weight(const Shape& s, const Truth& truth, const std::string& what) {
  for (int mode = 0; mode < 4; ++mode) {
    const bool biased = mode & 1, accumulate = mode & 2;
    const float scale = mode ? 0.6f : 1.0f;
    std::vector<double> want(truth.dweight), want_bias(truth.dbias);
    Floats dweight(s.weights(), NAN), dbias(s.out, NAN);
    for (std::size_t i = 0; i < want.size(); ++i) {
      want[i] = scale * want[i] + (accumulate ? truth.dweight_before[i] : 0);
      if (accumulate) dweight[i] = truth.dweight_before[i];
    }
    for (int o = 0; o < s.out; ++o) {
      want_bias[o] = scale * want_bias[o] + (accumulate ? truth.dbias_before[o] : 0);
      if (accumulate) dbias[o] = truth.dbias_before[o];
    }
    call(s.op("backward_weight"), truth.x.data(), truth.dy.data(), dweight.data(),
         biased ? dbias.data() : static_cast<float*>(nullptr), s.n, s.h, s.w, s.in, s.out, s.shuffle, scale,
         int(accumulate));
    expect_near(dweight, want, kLimit, what + " backward_weight mode " + std::to_string(mode));
    if (biased) expect_near(dbias, want_bias, kLimit, what + " dbias mode " + std::to_string(mode));
  }
}

std::vector<Shape> shapes() {
  std::vector<Shape> all = {
      {3, 1, 1, 1, 1, 1, 1},    {3, 2, 1, 7, 3, 64, 1},    {3, 1, 5, 1, 64, 3, 1},   {3, 2, 3, 4, 5, 7, 1},
      {3, 1, 4, 8, 16, 16, 1},  {3, 2, 13, 11, 64, 64, 1}, {3, 1, 9, 37, 17, 31, 1}, {3, 1, 5, 6, 64, 256, 2},
      {3, 2, 7, 5, 24, 36, 3},  {3, 1, 6, 5, 3, 12, 2},    {3, 1, 4, 5, 7, 9, 3},    {3, 1, 3, 9, 128, 70, 1},
      {3, 1, 5, 5, 80, 128, 2}, {3, 1, 23, 19, 3, 64, 1},  {3, 2, 21, 17, 64, 3, 1}, {3, 1, 8, 8, 256, 48, 1},
      {3, 1, 41, 53, 8, 8, 1},  {3, 1, 6, 7, 1, 33, 1},    {3, 1, 7, 6, 2, 4, 2},    {3, 1, 9, 9, 33, 1, 1},
  };
  const std::vector<Shape> five = {
      {5, 1, 1, 1, 1, 1, 1},   {5, 2, 5, 3, 64, 48, 4}, {5, 1, 9, 11, 3, 7, 1},   {5, 1, 6, 4, 20, 32, 4},
      {5, 1, 7, 8, 16, 27, 3}, {5, 2, 4, 9, 64, 12, 2}, {5, 1, 13, 6, 70, 80, 1}, {5, 1, 3, 2, 5, 64, 2},
  };
  all.insert(all.end(), five.begin(), five.end());
  return all;
}

}  // namespace

void test_convolutions() {
  for (const Shape& shape : shapes()) {
    const Truth truth(shape);
    for (const char* set : {"avx512", "avx2", "plain"}) {
      try {
        acuity::cpu::set_isa(set);
      } catch (const std::exception&) {
        continue;  // this CPU lacks it; main has said so
      }
      const std::string what = std::string(set) + " " + shape.text();
      forward(shape, truth, what);
      backward_input(shape, truth, what);
      backward_weight(shape, truth, what);
    }
  }
}

namespace {

Floats run_forward(const Shape& s, const Floats& x, const Floats& weight) {
  Floats packed(s.packed()), y(s.outputs());
  call(s.op("pack_forward"), weight.data(), packed.data(), s.in, s.out, s.shuffle);
  if (s.k == 3) {
    const float* none = nullptr;
    call(s.op("forward"), x.data(), packed.data(), none, none, y.data(), s.n, s.h, s.w, s.in, s.out, s.shuffle, 0,
         1.0f);
  } else {
    const float* none = nullptr;
    call(s.op("forward"), x.data(), packed.data(), none, y.data(), s.n, s.h, s.w, s.in, s.out, s.shuffle);
  }
  return y;
}

/// A crop that begins on the tile grid has the bits of the whole image, except where its border shows.
void crop_has_same_bits(const Shape& whole, const std::string& set) {
  const int step = 7 - whole.k;
  const Floats x = random_floats(whole.inputs(), 21), weight = random_floats(whole.weights(), 22);
  const Floats y = run_forward(whole, x, weight);
  Shape crop = whole;
  const int top = 2 * step, left = 3 * step;
  crop.n = 1;
  crop.h = whole.h - top - 3;
  crop.w = whole.w - left - 5;
  Floats part(crop.inputs());
  for (int row = 0; row < crop.h; ++row) {
    const std::size_t from = (std::size_t(whole.h) + top + row) * whole.w + left;  // of the second image
    std::memcpy(part.data() + std::size_t(row) * crop.w * crop.in, x.data() + from * whole.in,
                crop.w * crop.in * sizeof(float));
  }
  const Floats cropped = run_forward(crop, part, weight);
  for (int row = step; row + step + whole.k <= crop.h; ++row) {
    for (int column = step; column + step + whole.k <= crop.w; ++column) {
      for (int o = 0; o < whole.out; ++o) {
        const float have = cropped[crop.output(0, row, column, o)],
                    want = y[whole.output(1, top + row, left + column, o)];
        if (std::memcmp(&have, &want, sizeof have) != 0) {
          return fail(set + " " + whole.text() + ": a crop has other bits at row " + std::to_string(row) + ", column " +
                      std::to_string(column));
        }
      }
    }
  }
}

void threads_keep_bits(const Shape& s, const std::string& set) {
  const Floats x = random_floats(s.inputs(), 31), dy = random_floats(s.outputs(), 32),
               weight = random_floats(s.weights(), 33);
  Floats packed(s.packed()), y1(0), dx1(0), dw1(0), db1(0);
  for (const int threads : {1, 2, 5}) {
    acuity::cpu::set_threads(threads);
    const Floats y = run_forward(s, x, weight);
    Floats dx(s.inputs()), dweight(s.weights()), dbias(s.out);
    call(s.op("pack_backward"), weight.data(), packed.data(), s.in, s.out, s.shuffle);
    call(s.op("backward_input"), dy.data(), packed.data(), static_cast<const float*>(nullptr), dx.data(), s.n, s.h, s.w,
         s.in, s.out, s.shuffle, 1.0f, 0);
    call(s.op("backward_weight"), x.data(), dy.data(), dweight.data(), dbias.data(), s.n, s.h, s.w, s.in, s.out,
         s.shuffle, 1.0f, 0);
    if (threads == 1) {
      y1 = y;
      dx1 = dx;
      dw1 = dweight;
      db1 = dbias;
    } else {
      expect(y.same_bits(y1) && dx.same_bits(dx1) && dweight.same_bits(dw1) && dbias.same_bits(db1),
             set + " " + s.text() + ": other bits with " + std::to_string(threads) + " threads");
    }
  }
  acuity::cpu::set_threads(2);
}

}  // namespace

void test_convolution_bits() {
  for (const char* set : {"avx512", "avx2", "plain"}) {
    try {
      acuity::cpu::set_isa(set);
    } catch (const std::exception&) {
      continue;
    }
    for (const Shape& shape :
         {Shape{3, 2, 47, 61, 64, 64, 1}, Shape{3, 2, 33, 40, 64, 36, 2}, Shape{3, 2, 31, 37, 3, 64, 1},
          Shape{3, 2, 40, 33, 64, 3, 1}, Shape{3, 2, 29, 31, 20, 256, 2}, Shape{5, 2, 25, 31, 64, 48, 4},
          Shape{5, 2, 25, 31, 9, 7, 1}}) {
      crop_has_same_bits(shape, set);
      threads_keep_bits(shape, set);
    }
  }
}

void test_conv1x1() {
  struct Case {
    int pixels, in, out;
  };
  for (const Case& c :
       {Case{1, 1, 1}, Case{5, 64, 4}, Case{3, 4, 64}, Case{47, 17, 33}, Case{149, 64, 64}, Case{600, 3, 128}}) {
    const Floats x = random_floats(c.pixels * c.in, 41), dy = random_floats(c.pixels * c.out, 42),
                 weight = random_floats(c.in * c.out, 43), bias = random_floats(c.out, 44);
    std::vector<double> want_y(dy.size()), want_dx(x.size()), want_dw(weight.size()), want_db(c.out);
    for (int p = 0; p < c.pixels; ++p) {
      for (int o = 0; o < c.out; ++o) {
        want_y[p * c.out + o] = bias[o];
        want_db[o] += dy[p * c.out + o];
        for (int i = 0; i < c.in; ++i) {
          want_y[p * c.out + o] += double(x[p * c.in + i]) * weight[o * c.in + i];
          want_dx[p * c.in + i] += double(dy[p * c.out + o]) * weight[o * c.in + i];
          want_dw[o * c.in + i] += double(dy[p * c.out + o]) * x[p * c.in + i];
        }
      }
    }
    for (const char* set : {"avx512", "avx2", "plain"}) {
      try {
        acuity::cpu::set_isa(set);
      } catch (const std::exception&) {
        continue;
      }
      const std::string what = std::string(set) + " conv1x1 " + std::to_string(c.in) + ">" + std::to_string(c.out);
      Floats y(want_y.size(), NAN), dx(want_dx.size(), NAN), dw(want_dw.size(), NAN), db(c.out, NAN);
      call("conv1x1_forward", x.data(), weight.data(), bias.data(), y.data(), 1, 1, c.pixels, c.in, c.out);
      expect_near(y, want_y, 2e-6, what + " forward");
      call("conv1x1_backward_input", dy.data(), weight.data(), dx.data(), 1, 1, c.pixels, c.in, c.out, 0);
      expect_near(dx, want_dx, 2e-6, what + " backward_input");
      call("conv1x1_backward_weight", x.data(), dy.data(), dw.data(), db.data(), 1, 1, c.pixels, c.in, c.out, 0);
      expect_near(dw, want_dw, 2e-6, what + " backward_weight");
      expect_near(db, want_db, 2e-6, what + " dbias");
      auto twice = [](std::vector<double> v) {
        for (double& value : v) value *= 2;
        return v;
      };
      call("conv1x1_backward_input", dy.data(), weight.data(), dx.data(), 1, 1, c.pixels, c.in, c.out, 1);
      expect_near(dx, twice(want_dx), 2e-6, what + " backward_input, accumulated");
      call("conv1x1_backward_weight", x.data(), dy.data(), dw.data(), db.data(), 1, 1, c.pixels, c.in, c.out, 1);
      expect_near(dw, twice(want_dw), 2e-6, what + " backward_weight, accumulated");
      expect_near(db, twice(want_db), 2e-6, what + " dbias, accumulated");
    }
  }
}

}  // namespace twins
