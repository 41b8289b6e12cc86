"""The commands of the fill room, one file each."""
