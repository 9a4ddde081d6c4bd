"""The machinery of the use cases: claim, status, record, the published calendar object."""
