"""The command line. Modules here import little at the top: a command that only asks the hub starts in 0.2 s."""
