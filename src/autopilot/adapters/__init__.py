"""The edges: the network, stored content, and the starter packs that come with Autopilot."""
