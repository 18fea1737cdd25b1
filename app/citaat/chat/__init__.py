"""Conversations: what is asked in view of the turns before, and the answer as the text of a chat window."""
