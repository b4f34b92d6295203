# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
import os
import sys

# Read when the libraries are loaded: small systems of equations are solved by one thread, and
# matrix products on a GPU come out the same every time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

from .cli import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
