"""Access: who is asking, what they can reach, and how people and programs prove who they are."""
