// strided_conv3x3_* and batch_norm_*: the same bits on any number of threads, and nothing written beside the results.
// Their values are checked against double precision by embedding_cases.cpp.
#include <exception>
#include <tuple>

#include "twins_check.h"

namespace twins {
namespace {

struct Results {
  Floats y, dx, dweight, normal, gradient;

  explicit Results(int n, int h, int w, int in, int out)
      : y(std::size_t(n) * ((h + 1) / 2) * ((w + 1) / 2) * out),
        dx(std::size_t(n) * h * w * in),
        dweight(std::size_t(9) * in * out),
        normal(y.size()),
        gradient(y.size()) {}

  bool same_bits(const Results& o) const {
    return y.same_bits(o.y) && dx.same_bits(o.dx) && dweight.same_bits(o.dweight) && normal.same_bits(o.normal) &&
           gradient.same_bits(o.gradient);
  }
  bool guards_stand() const {
    return y.guards_stand() && dx.guards_stand() && dweight.guards_stand() && normal.guards_stand() &&
           gradient.guards_stand();
  }
};

Results run(int n, int h, int w, int in, int out) {
  Results r(n, h, w, in, out);
  const Floats x = random_floats(r.dx.size(), 1), dy = random_floats(r.y.size(), 2),
               weight = random_floats(r.dweight.size(), 3), scale = random_floats(out, 4),
               shift = random_floats(out, 5);
  Floats packed(std::size_t(49) * ((in + 15) / 16 * 16) * ((out + 15) / 16 * 16));
  call("strided_conv3x3_pack_forward", weight.data(), packed.data(), in, out);
  call("strided_conv3x3_forward", x.data(), packed.data(), r.y.data(), n, h, w, in, out);
  call("strided_conv3x3_pack_backward", weight.data(), packed.data(), in, out);
  call("strided_conv3x3_backward_input", dy.data(), packed.data(), r.dx.data(), n, h, w, in, out, 0);
  call("strided_conv3x3_backward_weight", x.data(), dy.data(), r.dweight.data(), n, h, w, in, out, 0);
  const int sets = n, parts = 5;
  const auto pixels = static_cast<std::int64_t>(r.y.size()) / out / sets;
  Floats partial(std::size_t(2) * sets * parts * out), statistics(std::size_t(2) * sets * out), sums(statistics.size());
  float* none = nullptr;
  call("batch_norm_sums", r.y.data(), partial.data(), pixels, pixels, out, sets, parts);
  call("batch_norm_statistics", r.y.data(), partial.data(), statistics.data(), none, none, pixels, pixels, out, sets,
       parts, 1e-5f, 0.1f);
  call("batch_norm_forward", r.y.data(), statistics.data(), scale.data(), shift.data(), r.normal.data(), pixels, pixels,
       out, sets, 0.2f);
  call("batch_norm_backward_sums", r.y.data(), dy.data(), statistics.data(), scale.data(), shift.data(), partial.data(),
       pixels, pixels, out, sets, parts, 0.2f);
  call("batch_norm_backward_weight", partial.data(), sums.data(), none, none, out, sets, parts, 0);
  call("batch_norm_backward_input", r.y.data(), dy.data(), statistics.data(), sums.data(), scale.data(), shift.data(),
       r.gradient.data(), pixels, pixels, out, sets, 0.2f, 0, 0);
  expect(partial.guards_stand() && statistics.guards_stand() && sums.guards_stand(), "batch_norm: sums' guards");
  return r;
}

}  // namespace

void test_embedding_bits() {
  for (const char* set : {"avx512", "avx2", "plain"}) {
    try {
      acuity::cpu::set_isa(set);
    } catch (const std::exception&) {
      continue;
    }
    for (const auto& [h, w, in, out] : {std::tuple{47, 61, 64, 64}, {24, 25, 17, 130}, {13, 12, 100, 33}}) {
      acuity::cpu::set_threads(1);
      const Results one = run(2, h, w, in, out);
      for (const int threads : {2, 5}) {
        acuity::cpu::set_threads(threads);
        const Results many = run(2, h, w, in, out);
        const std::string what = std::string(set) + " strided_conv3x3 and batch_norm " + std::to_string(in) + ">" +
                                 std::to_string(out) + ", " + std::to_string(threads) + " threads";
        expect(many.same_bits(one), what + ": other bits than with one");
        expect(many.guards_stand(), what + ": wrote beside its results");
      }
    }
  }
  acuity::cpu::set_threads(2);
}

}  // namespace twins
