"""One file for each group of addresses: read, call one verb of the service, show what it says."""
