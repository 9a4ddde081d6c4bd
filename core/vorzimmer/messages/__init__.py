"""The outbox, written in the transaction of an act, and the worker that delivers after it."""
