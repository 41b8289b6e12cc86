"""Pages: scans made into clean numbered pages, the sheet straightened, the tile grid laid over them."""
