"""The commands, one file each. Heavy modules are imported when a command runs, not before."""
