package io.acuity.device.cuda;

import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;

/** JCuda's handles with their addresses, which FFM's calls take. JCuda shows an address to subclasses only. */
final class Handles {
    private Handles() {}

    static final class Context extends CUcontext {
        long address() {
            return getNativePointer();
        }
    }

    static final class Stream extends CUstream {
        long address() {
            return getNativePointer();
        }
    }

    static final class Event extends CUevent {
        long address() {
            return getNativePointer();
        }
    }

    static final class Function extends CUfunction {
        long address() {
            return getNativePointer();
        }
    }

    static final class Executable extends CUgraphExec {
        long address() {
            return getNativePointer();
        }
    }

    /** Device memory. */
    static final class Memory extends CUdeviceptr {
        long address() {
            return getNativePointer() + getByteOffset();
        }
    }

    /** A plain address: device memory for cuBLAS and cuFFT, or pinned host memory. */
    static final class Address extends Pointer {
        Address() {}

        Address(long address) {
            super(address);
        }

        long address() {
            return getNativePointer() + getByteOffset();
        }
    }
}
