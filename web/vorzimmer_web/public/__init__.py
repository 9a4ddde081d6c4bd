"""The pages that customers see: what is offered, booking, one's own appointment."""
