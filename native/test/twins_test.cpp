// Tests of the CPU twins: every one against plain double-precision loops at odd shapes, on every instruction set this
// CPU has. Prints what failed; the exit code is 1 if anything did.
#include "twins_check.h"

namespace twins {

void test_registry() {
  const struct {
    const char *name, *signature;
  } contract[] = {
      {"adam_corrections", "PPP"},
      {"adam_step", "PPPPPPL"},
      {"add_backward", "PPLI"},
      {"add_forward", "PPPL"},
      {"bicubic_columns", "PPPPIIIIII"},
      {"bicubic_rows", "PPPPIIIIII"},
      {"conv1x1_backward_input", "PPPIIIIII"},
      {"conv1x1_backward_weight", "PPPPIIIIII"},
      {"conv1x1_forward", "PPPPIIIII"},
      {"conv3x3_backward_input", "PPPPIIIIIIFI"},
      {"conv3x3_backward_weight", "PPPPIIIIIIFI"},
      {"conv3x3_forward", "PPPPPIIIIIIIF"},
      {"conv3x3_pack_backward", "PPIII"},
      {"conv3x3_pack_forward", "PPIII"},
      {"conv5x5_backward_input", "PPPPIIIIIIFI"},
      {"conv5x5_backward_weight", "PPPPIIIIIIFI"},
      {"conv5x5_forward", "PPPPIIIIII"},
      {"conv5x5_pack_backward", "PPIII"},
      {"conv5x5_pack_forward", "PPIII"},
      {"direct_bank_forward", "PPPPPIIIIII"},
      {"direct_bank_haar", "PPPPPIIIIII"},
      {"dual_contrastive_loss_backward", "PPPPIII"},
      {"dual_contrastive_loss_forward", "PPPPII"},
      {"ema_step", "PPPPL"},
      {"finite_check", "PPLI"},
      {"gradient_norm_parts", "PPL"},
      {"gradient_norm_reduce", "PPI"},
      {"haar_transform_backward", "PPIIIII"},
      {"haar_transform_forward", "PPIIII"},
      {"info_nce_cosine_backward", "PPPPPPIIIII"},
      {"info_nce_cosine_forward", "PPPPIIII"},
      {"info_nce_distance_backward", "PPPPPIIIII"},
      {"info_nce_distance_forward", "PPPIIII"},
      {"info_nce_mean", "PPIIIF"},
      {"info_nce_weigh", "PPPPIIIIIFF"},
      {"l1_loss_backward", "PPPPFLI"},
      {"l1_loss_forward", "PPPL"},
      {"l1_loss_reduce", "PPIF"},
      {"leaky_relu_backward", "PPPFLI"},
      {"leaky_relu_forward", "PPFL"},
      {"mean_shift_forward", "PPFFFL"},
      {"patch_crop_forward", "PPPIII"},
      {"pixel_shuffle_backward", "PPIIIIII"},
      {"pixel_shuffle_forward", "PPIIIII"},
      {"region_copy", "PPIIIIIIIIIIIII"},
      {"relu_backward", "PPPLI"},
      {"relu_forward", "PPL"},
      {"scale_backward", "PPFLI"},
      {"scale_forward", "PPFL"},
      {"spectral_bank_finish", "PPPIII"},
      {"spectral_bank_forward", "PPPPIIII"},
      {"spectral_bank_planes", "PPIII"},
      {"sum_parts", "PPPLIIFI"},
      {"tensor_to_u16", "PPFL"},
      {"tensor_to_u8", "PPFL"},
      {"u16_to_tensor", "PPFL"},
      {"u8_to_tensor", "PPFL"},
  };
  for (const auto& kernel : contract) {
    const acuity::cpu::Twin* twin = acuity::cpu::find_twin(kernel.name);
    expect(twin != nullptr, std::string(kernel.name) + " is registered");
    if (twin)
      expect(std::string(twin->signature) == kernel.signature, std::string(kernel.name) + " takes " + twin->signature);
  }
  expect(acuity::cpu::find_twin("no_such_kernel") == nullptr, "an unknown name has no twin");
}

}  // namespace twins

int main() {
  for (const char* set : {"avx512", "avx2", "plain"}) {
    try {
      acuity::cpu::set_isa(set);
    } catch (const std::exception& missing) {
      std::printf("NOT TESTED: %s\n", missing.what());
    }
  }
  acuity::cpu::set_threads(2);
  twins::test_registry();
  twins::test_pool();
  twins::test_elementwise();
  twins::test_contrast();
  twins::test_images();
  twins::test_bank();
  twins::test_fft();
  twins::test_conv1x1();
  twins::test_convolutions();
  twins::test_convolution_bits();
  twins::test_embedding_bits();
  std::printf(twins::failures == 0 ? "all passed\n" : "%d failed\n", twins::failures);
  return twins::failures == 0 ? 0 : 1;
}
