"""Convert scans to clean numbered pages, straighten the sheet, and place the tile grid."""
