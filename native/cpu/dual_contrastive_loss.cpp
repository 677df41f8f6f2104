// dual_contrastive_loss_*: some hundred logits, summed in order by the calling thread.
#include <algorithm>
#include <cmath>

#include "check.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

double log_sum(const float* x, int count, double sign) {
  double largest = sign * x[0], sum = 0;
  for (int i = 1; i < count; ++i) largest = std::max(largest, sign * x[i]);
  for (int i = 0; i < count; ++i) sum += std::exp(sign * x[i] - largest);
  return largest + std::log(sum);
}

double sigmoid(double v) { return 1 / (1 + std::exp(-v)); }
double softplus(double v) { return std::max(v, 0.0) + std::log1p(std::exp(-std::fabs(v))); }

}  // namespace

void dual_contrastive_loss_forward(const float* real, const float* fake, float* loss, float* terms, int count_real,
                                   int count_fake) {
  want_at_least("dual_contrastive_loss_forward", "count_real", 1, count_real);
  want_at_least("dual_contrastive_loss_forward", "count_fake", 1, count_fake);
  const double of_fake = log_sum(fake, count_fake, 1), of_real = log_sum(real, count_real, -1);
  double real_loss = 0, real_slope = 0, fake_loss = 0, fake_slope = 0;
  for (int i = 0; i < count_real; ++i) {
    real_loss += softplus(of_fake - real[i]);
    real_slope += sigmoid(of_fake - real[i]);
  }
  for (int j = 0; j < count_fake; ++j) {
    fake_loss += softplus(of_real + fake[j]);
    fake_slope += sigmoid(of_real + fake[j]);
  }
  loss[0] = static_cast<float>(real_loss / count_real + fake_loss / count_fake);
  terms[0] = static_cast<float>(of_fake);
  terms[1] = static_cast<float>(of_real);
  terms[2] = static_cast<float>(real_slope / count_real);
  terms[3] = static_cast<float>(fake_slope / count_fake);
}
TWIN(dual_contrastive_loss_forward)

void dual_contrastive_loss_backward(const float* logits, const float* terms, const float* dloss, float* dlogits,
                                    int count, int fake, int accumulate) {
  want_at_least("dual_contrastive_loss_backward", "count", 1, count);
  const double sign = fake ? -1 : 1;
  const double other = terms[fake ? 1 : 0], own = terms[fake ? 0 : 1], slope = terms[fake ? 2 : 3];
  for (int i = 0; i < count; ++i) {
    const double x = sign * logits[i];
    const auto value = static_cast<float>(-sign * dloss[0] * (sigmoid(other - x) / count + std::exp(-x - own) * slope));
    dlogits[i] = accumulate ? dlogits[i] + value : value;
  }
}
TWIN(dual_contrastive_loss_backward)

}  // namespace acuity::cpu
