package io.acuity.device.cuda;

import io.acuity.device.DeviceException;
import io.acuity.device.NativeLibrary;
import io.acuity.device.NativeLibrary.Entry;
import io.acuity.device.NativeLibrary.Geometry;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * The kernels' functions on one GPU, loaded at their first launch. A driver of CUDA 13 is given the fatbin, which holds machine code;
 * where there is none for this GPU, or with an older driver, PTX, which the driver compiles at loading and keeps in its own cache.
 */
final class CudaKernels {
    /** Dynamic shared memory that a function may have without asking. */
    private static final int SHARED_WITHOUT_ASKING = 48 << 10;

    /** A kernel ready to be launched. */
    record Function(long address, Geometry geometry) {}

    private final Driver driver;
    private final KernelImages images;
    private final boolean fatbins;
    private final boolean hopper;
    private final NativeLibrary library = NativeLibrary.load();
    private final Map<String, CUmodule> modules = new HashMap<>();
    private final @Nullable Function[] functions =
            new Function[library.kernels().entries().size()];
    private final @Nullable HopperForm[] forms = new HopperForm[functions.length];
    private final @Nullable Function[] formFunctions = new Function[functions.length];

    /** Those for a GPU of this compute capability, 90 for 9.0. */
    CudaKernels(Driver driver, KernelImages images, int driverVersion, int capability) {
        this.driver = driver;
        this.images = images;
        fatbins = driverVersion >= CudaLibraries.DRIVER_OF_13;
        hopper = capability == HopperForm.CAPABILITY
                && !"off".equals(Setting.SM90.value())
                && images.has(HopperForm.FILE + ".ptx");
        if (hopper) {
            library.kernels().entries().forEach(kernel -> forms[kernel.index()] = HopperForm.of(kernel.name()));
        }
    }

    /** Whether kernels that have a form for Hopper are launched in it. */
    boolean hopper() {
        return hopper;
    }

    /** The form for this GPU in which a launch is done, or null: as everywhere. */
    @Nullable
    HopperForm form(Entry kernel, @Nullable Object... arguments) {
        HopperForm form = forms[kernel.index()];
        return form != null && form.fits(arguments) ? form : null;
    }

    /** The function of {@link #form}. */
    Function function(Entry kernel, HopperForm form) {
        Function function = formFunctions[kernel.index()];
        if (function == null) {
            Geometry geometry = new Geometry(HopperForm.FILE, form.threads(), 1, 1, 1, 1, 1, form.shared());
            function = load(kernel, form.function(), geometry);
            formFunctions[kernel.index()] = function;
        }
        return function;
    }

    /** Whether there is GPU code for the kernel. */
    boolean has(Entry kernel) {
        String file = library.geometry(kernel).file();
        return images.has(file + ".ptx") || (fatbins && images.has(file + ".fatbin"));
    }

    Function function(Entry kernel) {
        Function function = functions[kernel.index()];
        if (function == null) {
            function = load(kernel, kernel.name(), library.geometry(kernel));
            functions[kernel.index()] = function;
        }
        return function;
    }

    private Function load(Entry kernel, String name, Geometry geometry) {
        CUmodule module = modules.get(geometry.file());
        if (module == null) {
            module = module(kernel, geometry.file());
            modules.put(geometry.file(), module);
        }
        Handles.Function function = new Handles.Function();
        int status = JCudaDriver.cuModuleGetFunction(function, module, name);
        if (status == CUresult.CUDA_ERROR_NOT_FOUND) {
            throw new DeviceException("kernel " + name + " is not in the GPU code " + geometry.file() + " of "
                    + images.where() + "; build it again with ./acuity build --cuda");
        }
        driver.check("cuModuleGetFunction of " + name, status);
        if (geometry.shared() > SHARED_WITHOUT_ASKING) {
            driver.check(
                    "cuFuncSetAttribute of " + name + " for " + geometry.shared() + " bytes of shared memory",
                    JCudaDriver.cuFuncSetAttribute(
                            function,
                            CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                            geometry.shared()));
        }
        return new Function(function.address(), geometry);
    }

    private CUmodule module(Entry kernel, String file) {
        CUmodule module = new CUmodule();
        byte[] fatbin = fatbins ? images.read(file + ".fatbin") : null;
        if (fatbin != null) {
            int status = JCudaDriver.cuModuleLoadData(module, fatbin);
            if (status != CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU) {
                driver.check("cuModuleLoadData of " + file + ".fatbin", status);
                return module;
            }
        }
        byte[] ptx = images.read(file + ".ptx");
        if (ptx == null) {
            throw new DeviceException("kernel " + kernel.name() + ": " + images.where() + " has no GPU code " + file
                    + (fatbin == null ? ".ptx" : ".ptx, and none in .fatbin for this GPU")
                    + "; build it with ./acuity build --cuda where nvcc is installed");
        }
        // the driver reads a text that ends with a zero
        driver.check(
                "cuModuleLoadData of " + file + ".ptx",
                JCudaDriver.cuModuleLoadData(module, Arrays.copyOf(ptx, ptx.length + 1)));
        return module;
    }

    void close() {
        modules.values().forEach(JCudaDriver::cuModuleUnload);
        modules.clear();
        Arrays.fill(functions, null);
        Arrays.fill(formFunctions, null);
    }
}
