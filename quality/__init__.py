"""Adapters through which public data sets score the pipeline."""
