"""The use cases: require a permission, change, write the audit row, one transaction."""
