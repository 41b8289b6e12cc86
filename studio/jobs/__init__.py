"""Long work as child processes of the commands that a user would type."""
