/** How close a picture is to its reference: PSNR and SSIM under a named protocol. */
@NullMarked
package io.acuity.metric;

import org.jspecify.annotations.NullMarked;
