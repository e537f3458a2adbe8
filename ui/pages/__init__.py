"""Layout and wiring of the pages, one file each."""
