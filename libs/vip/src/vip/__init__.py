"""The `vip` command: the whole house on one machine, and what one does with it."""
