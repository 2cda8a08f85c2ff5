"""What castlist costs as its tables grow, for every image, by file format, and with more processes: `make scale`."""
