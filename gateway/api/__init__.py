"""The HTTP API under /api/v1, and beside it /healthz, /readyz and /metrics. One file a group of resources."""
