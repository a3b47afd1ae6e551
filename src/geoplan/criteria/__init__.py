"""Numbers to verdicts: dated rulebooks, targets, readiness. Knows no geometry."""
