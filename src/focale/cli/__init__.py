"""The command line: arguments in, exit codes out; the only floor that prints."""
