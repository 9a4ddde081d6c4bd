"""What a practice asks its customers: the questions, and the check of what was answered."""
