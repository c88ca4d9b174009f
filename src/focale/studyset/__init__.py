"""The evidence: studies, experiments and foci."""
