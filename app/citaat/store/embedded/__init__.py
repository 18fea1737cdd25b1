"""The store that needs no server: one folder, written whole or not at all, read by memory map.

STORE/
  CURRENT             the name of the generation that is served; replaced by one atomic rename
  write.lock          held by whoever builds
  generations/NAME/
    in-use            readers hold a lease on it while they read
    manifest.json     written last: what the other files must be
    *.npy             columns, memory-mapped, shared by all processes that read them
"""
