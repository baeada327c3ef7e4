"""Fourier transforms, whole and of short windows, and complex numbers: each part goes its own way. Knows nothing of their sizes."""

import torch

from whylight.decomposition.decomposed import rule
from whylight.decomposition.torch_functions import attributes, each, functions, words

TRANSFORMS = words("""fft ifft rfft irfft hfft ihfft fft2 ifft2 rfft2 irfft2 hfft2 ihfft2 fftn ifftn rfftn irfftn hfftn ihfftn
fftshift ifftshift""")
COMPLEX = words(
    "stft istft view_as_real view_as_complex real imag conj conj_physical resolve_conj adjoint cfloat cdouble"
)

rule(*(getattr(torch.fft, name) for name in TRANSFORMS))(each)
rule(*functions(*COMPLEX))(each)
rule(*attributes("real", "imag"))(each)
