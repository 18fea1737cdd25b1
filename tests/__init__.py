import os

# One thread each, before numpy and torch are loaded: their threads wait for one another where tests run side by side, which
# makes learning from small models ten times as slow.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
