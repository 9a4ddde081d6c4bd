"""The manual in the product: its pages in the reader's language, and which of them belongs to a page of the office."""
