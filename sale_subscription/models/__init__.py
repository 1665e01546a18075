# Catalog.
# Contract.
# Sales.
# Accounting.
