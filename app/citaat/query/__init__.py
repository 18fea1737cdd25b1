"""A question as it was understood, and the steps that make one."""
